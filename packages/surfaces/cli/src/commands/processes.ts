/** `reborn processes`: what goes on by itself, and telling one of it to stop. */
import { EXIT } from '../exit-code.ts';
import { findProcess, notFound } from '../find-subject.ts';
import type { Machine } from '../machine.ts';
import { scopeOf, withReader } from '../opened-host.ts';
import { processLine } from '../render/work-lines.ts';
import { createReporter } from '../reporter.ts';
import { readSettings, type HomeFlags } from '../settings.ts';
import { processEndedWire, processesWire } from '../work-wire.ts';

export interface ThreadFlags extends HomeFlags {
  readonly thread?: string;
}

export async function listProcessesCommand(machine: Machine, flags: ThreadFlags): Promise<number> {
  const scope = scopeOf(machine, flags.thread);
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const processes = await host.processes.list(scope);
    reporter.value(processesWire(processes));
    for (const process of processes) reporter.line(processLine(process));
    if (processes.length === 0) reporter.remark('There are none.');
    return EXIT.done;
  });
}

export async function endProcessCommand(machine: Machine, typed: string, flags: ThreadFlags): Promise<number> {
  const scope = scopeOf(machine, flags.thread);
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const processId = await findProcess(host, scope, typed);
    const outcome = await host.processes.end(scope, processId, 'user_requested');
    if (outcome.kind === 'unknown') throw notFound('process');
    reporter.value(processEndedWire(processId, outcome));
    if (outcome.kind === 'ending') {
      reporter.line({ label: 'asked', text: `process ${processId} to stop`, tone: 'ask' });
      return EXIT.done;
    }
    const text = `process ${processId} is over already; nothing is changed`;
    reporter.line({ label: outcome.status, text, tone: 'faint' });
    return outcome.status === 'cancelled' ? EXIT.done : EXIT.refused;
  });
}
