/**
 * The commands for work that goes on by itself and for budgets, with their arguments, options and help.
 *
 * Not here: what each command does (`commands/processes.ts`, `commands/budgets.ts`).
 */
import type { Command } from 'commander';
import { budgetsCommand } from './commands/budgets.ts';
import { endProcessCommand, listProcessesCommand } from './commands/processes.ts';
import type { End } from './event-program.ts';
import type { Machine } from './machine.ts';

const THREAD = 'of this thread; without it, of none';

export function addWork(program: Command, placed: (command: Command) => Command, machine: Machine, end: End): void {
  const processes = program
    .command('processes')
    .description('calls that go on by themselves; list them, or end one')
    .addHelpText('after', '\nWithout a command: list, with its options.');
  const list = processes
    .command('list', { isDefault: true })
    .description('processes of this person, newest first, running or over')
    .option('--thread <id>', THREAD);
  placed(list).action(async (flags) => end(await listProcessesCommand(machine, flags)));
  const ending = processes
    .command('end')
    .description('tell a process to stop; what it did until then stays done')
    .argument('<process>', 'its id; 6 or more characters of its beginning or end will do')
    .option('--thread <id>', THREAD);
  placed(ending).action(async (id, flags) => end(await endProcessCommand(machine, id, flags)));
  const budgets = program
    .command('budgets')
    .description('what is used up of each budget of the configuration that reaches this person')
    .option('--thread <id>', 'those of this thread too');
  placed(budgets).action(async (flags) => end(await budgetsCommand(machine, flags)));
}
