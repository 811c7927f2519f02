/** `reborn budgets`: what is used up of each budget that the configuration sets. */
import { EXIT } from '../exit-code.ts';
import type { Machine } from '../machine.ts';
import { scopeOf, withReader } from '../opened-host.ts';
import { budgetLines } from '../render/work-lines.ts';
import { createReporter } from '../reporter.ts';
import { readSettings } from '../settings.ts';
import { budgetsWire } from '../work-wire.ts';
import type { ThreadFlags } from './processes.ts';

export async function budgetsCommand(machine: Machine, flags: ThreadFlags): Promise<number> {
  const scope = scopeOf(machine, flags.thread);
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const accounts = await host.budgets(scope);
    reporter.value(budgetsWire(accounts));
    for (const line of accounts.flatMap(budgetLines)) reporter.line(line);
    if (accounts.length === 0) reporter.remark('The configuration limits nothing here.');
    return EXIT.done;
  });
}
