/**
 * The commands for secrets, with their arguments, options and help.
 *
 * Not here: what each command does (`commands/secrets.ts`).
 */
import type { Command } from 'commander';
import { listSecretsCommand, makeKeyCommand, removeSecretCommand, setSecretCommand } from './commands/secrets.ts';
import type { End } from './event-program.ts';
import { CliError } from './errors.ts';
import type { Machine } from './machine.ts';

const NAME = 'its name: lower-case letters, digits, "_", "-" and "."';

export function addSecrets(program: Command, placed: (command: Command) => Command, machine: Machine, end: End): void {
  const secrets = program
    .command('secrets')
    .description('keys and tokens that tools use, sealed; list, set or remove one')
    .addHelpText('after', '\nWithout a command: list, with its options.');
  placed(
    secrets
      .command('list', { isDefault: true })
      .description('names of the secrets that there are; values are never shown'),
  ).action(async (flags) => end(await listSecretsCommand(machine, flags)));
  const set = secrets
    .command('set')
    .description('store a secret; its value is asked for, or piped in, and never an argument')
    .argument('<name>', NAME)
    .option('--shared', 'for everybody of the tenant')
    // A value that was typed all the same is refused without repeating it.
    .allowExcessArguments();
  placed(set).action(async (name, flags, { args }) => {
    if (args.length > 1) throw typedValue();
    end(await setSecretCommand(machine, name, flags));
  });
  const remove = secrets
    .command('remove')
    .description('remove a secret')
    .argument('<name>', NAME)
    .option('--shared', 'that of everybody of the tenant');
  placed(remove).action(async (name, flags) => end(await removeSecretCommand(machine, name, flags)));
  const init = secrets
    .command('init')
    .description('make a new key for secrets, in a file that only you can read')
    .requiredOption('--key-file <file>', 'where: outside of the home folder and of the workspace');
  placed(init).action(async (flags) => end(await makeKeyCommand(machine, flags)));
}

function typedValue(): CliError {
  const rule = 'must stand alone: the value is asked for, or piped in, where other processes do not see it';
  return new CliError('cli/invalid_option', { detail: { field: '<name>', rule } });
}
