/** `reborn runs`: what there is, one of them, going on with one, cancelling one. */
import { isTerminal } from '@reborn/turns';
import { EXIT } from '../exit-code.ts';
import { findRun, notFound } from '../find-subject.ts';
import type { Machine } from '../machine.ts';
import { ownerScope, partsOfThread, withHost, withReader } from '../opened-host.ts';
import { createReporter } from '../reporter.ts';
import { startFeed } from '../run-feed.ts';
import { gateLines, runLines, textLines, widthOf } from '../render/run-lines.ts';
import { readSettings, type HomeFlags } from '../settings.ts';
import { runWire, WIRE_VERSION } from '../wire.ts';
import { gatesOfRun } from '../work.ts';
import { followToEnd, replyOf } from './follow.ts';

const RUNS_SHOWN_MAX = 50;

export async function listRunsCommand(machine: Machine, flags: HomeFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const scope = ownerScope(machine);
    const [runs, gates] = await Promise.all([host.turns.listRuns(scope, RUNS_SHOWN_MAX), host.openGates(scope)]);
    const listed = runs.map((run) => ({ run, gates: gates.filter((gate) => gate.receipt.runId === run.runId) }));
    reporter.value({ v: WIRE_VERSION, kind: 'runs', runs: listed.map(({ run, gates: open }) => runWire(run, open)) });
    for (const { run, gates: open } of listed) for (const line of runLines(run, open)) reporter.line(line);
    if (listed.length === 0) reporter.remark('There are no runs yet.');
    return EXIT.done;
  });
}

export async function showRunCommand(machine: Machine, typed: string, flags: HomeFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  const json = flags.json === true;
  const reporter = createReporter(machine.io, json);
  return withReader(machine, settings, async (host) => {
    const run = await findRun(host, ownerScope(machine), typed);
    const gates = await gatesOfRun(host, run.scope, run.runId);
    const reply = await replyOf(host, run);
    reporter.value(runWire(run, gates, reply));
    if (json) return EXIT.done;
    for (const line of runLines(run, [])) reporter.line(line);
    for (const gate of gates) machine.io.out(`\n${gateLines(gate, { columns: widthOf(machine.io) }).join('\n')}\n`);
    if (reply !== undefined) machine.io.out(`\n${textLines(reply, machine.io).join('\n')}\n`);
    return EXIT.done;
  });
}

export async function resumeRunCommand(
  machine: Machine,
  typed: string,
  flags: HomeFlags & { readonly wait?: boolean },
): Promise<number> {
  const settings = await readSettings(machine, flags);
  const run = await withReader(machine, settings, (host) => findRun(host, ownerScope(machine), typed));
  const parts = await partsOfThread(machine, settings, flags, run.scope.threadId);
  const json = flags.json === true;
  const reporter = createReporter(machine.io, json);
  const { scope, runId } = run;
  return withHost(machine, settings, parts, async (host) => {
    const feed = await startFeed(host, scope, runId);
    return followToEnd({ machine, host, settings, scope, runId, feed, reporter, wait: flags.wait === true, json });
  });
}

export async function cancelRunCommand(machine: Machine, typed: string, flags: HomeFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const { scope, runId, status } = await findRun(host, ownerScope(machine), typed);
    const outcome = await host.turns.cancelRun({ scope, actor: machine.user, runId, reason: 'user_requested' });
    if (outcome.kind === 'unknown_run') throw notFound('run');
    reporter.value({
      v: WIRE_VERSION,
      kind: 'cancelled',
      runId,
      outcome: outcome.kind,
      status: outcome.kind === 'already_over' ? outcome.status : status,
    });
    switch (outcome.kind) {
      case 'cancelled':
        reporter.line({ label: 'cancelled', text: `run ${runId}; its open gates are closed`, tone: 'ask' });
        return EXIT.done;
      case 'cancel_requested':
        reporter.line({ label: 'asked', text: `the process that works on ${runId} to stop`, tone: 'ask' });
        return EXIT.done;
      case 'already_over':
        reporter.line({
          label: outcome.status,
          text: `run ${runId} is over already; nothing is changed`,
          tone: 'faint',
        });
        return isTerminal(outcome.status) && outcome.status === 'cancelled' ? EXIT.done : EXIT.refused;
    }
  });
}
