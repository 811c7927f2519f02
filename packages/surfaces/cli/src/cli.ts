/**
 * The command line as a function: words in, exit code out.
 *
 * Not here: what each command does (`commands/`).
 */
import { Command, CommanderError, Option } from 'commander';
import { isFault, type Fault } from '@reborn/host-api';
import { answerCommand } from './commands/answer.ts';
import { doctorCommand } from './commands/doctor.ts';
import { showEventCommand, tailEventsCommand } from './commands/events.ts';
import { explainCommand } from './commands/explain.ts';
import { runCommand } from './commands/run.ts';
import { cancelRunCommand, listRunsCommand, resumeRunCommand, showRunCommand } from './commands/runs.ts';
import { EXIT, EXIT_CODES_TEXT, exitCodeOf } from './exit-code.ts';
import type { CliIo, Machine } from './machine.ts';
import { oneLine } from './render/style.ts';
import { WIRE_VERSION } from './wire.ts';

const VERSION = '0.1.0';

/** Never rejects. What goes wrong is said on the error output, as JSON where JSON was asked for. */
export async function runCli(argv: readonly string[], machine: Machine): Promise<number> {
  let code: number = EXIT.done;
  const json = argv.includes('--json');
  const program = createProgram(machine, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return endOfUsage(error, machine.io, json);
    return tellFailure(error, machine.io, json);
  }
}

function createProgram(machine: Machine, end: (code: number) => void): Command {
  const program = new Command('reborn')
    .description('An agent host: agents decide what to do next, the host owns authority, durability and side effects.')
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({ writeOut: (text) => machine.io.out(text), writeErr: () => undefined })
    .addHelpText('after', `\n${EXIT_CODES_TEXT}\n\nEvery command takes --json. Docs: docs/guides/cli.md`);
  addRun(program, machine, end);
  addAnswers(program, machine, end);
  addRuns(program, machine, end);
  addEvents(program, machine, end);
  home(program.command('explain'))
    .description('tell the ordered story of a run or of one call')
    .argument('<run|invocation>', 'id of a run (6 or more characters of its beginning or end will do) or of a call')
    .option('--full', 'every step, also those that always go alike')
    .action(async (subject, flags) => end(await explainCommand(machine, subject, flags)));
  host(home(program.command('doctor')))
    .description('name each part with its durability, and say whether these settings are fine')
    .option('--model-check', 'also ask the model for one word')
    .action(async (flags) => end(await doctorCommand(machine, flags)));
  return program;
}

type End = (code: number) => void;

function addRun(program: Command, machine: Machine, end: End): void {
  host(home(program.command('run')))
    .description('give an agent one message, and watch what it does')
    .argument('<message>')
    .option('--thread <id>', 'go on in this thread (default: a new one)')
    .option('--wait', 'stay until the run ends, also while it waits for an answer from elsewhere')
    .addHelpText(
      'after',
      `\nAt a terminal you are asked about each gate; elsewhere the command ends with 3 when the run is parked.\nFiles are written below digests/ and nowhere else, each time somebody approves.\n\n${EXIT_CODES_TEXT}`,
    )
    .action(async (message, flags) => end(await runCommand(machine, message, flags)));
}

function addAnswers(program: Command, machine: Machine, end: End): void {
  home(program.command('approve'))
    .description('approve an open gate, and go on with the run that waits for it')
    .argument('<gate>', 'id of the gate; 6 or more characters of its beginning or end will do')
    .option('--edit <json>', 'approve this input instead: JSON, or @file')
    .option('--reason <text>', 'why; kept with the gate')
    .option('--no-follow', 'only answer; leave the run to another process')
    .action(async (gate, flags) => end(await answerCommand(machine, 'approve', gate, flags)));
  home(program.command('deny'))
    .description('deny an open gate, and go on with the run that waits for it')
    .argument('<gate>', 'id of the gate; 6 or more characters of its beginning or end will do')
    .option('--reason <text>', 'why; kept with the gate')
    .option('--no-follow', 'only answer; leave the run to another process')
    .action(async (gate, flags) => end(await answerCommand(machine, 'deny', gate, flags)));
}

function addRuns(program: Command, machine: Machine, end: End): void {
  const runs = program.command('runs').description('list runs and their open gates; show, resume or cancel one');
  const subject = 'id of the run; 6 or more characters of its beginning or end will do';
  home(runs.command('list', { isDefault: true }))
    .description('runs of this person, newest first, with their open gates')
    .action(async (flags) => end(await listRunsCommand(machine, flags)));
  home(runs.command('show'))
    .description('one run, with the whole input of each open gate')
    .argument('<run>', subject)
    .action(async (run, flags) => end(await showRunCommand(machine, run, flags)));
  home(runs.command('resume'))
    .description('go on with a run from where it stands')
    .argument('<run>', subject)
    .option('--wait', 'stay until the run ends, also while it waits for an answer from elsewhere')
    .action(async (run, flags) => end(await resumeRunCommand(machine, run, flags)));
  home(runs.command('cancel'))
    .description('cancel a run; its open gates close')
    .argument('<run>', subject)
    .action(async (run, flags) => end(await cancelRunCommand(machine, run, flags)));
}

function addEvents(program: Command, machine: Machine, end: End): void {
  const events = program.command('events').description('read the log of record');
  const family = (): Option =>
    new Option('--family <family>', 'runtime (what happened), journal (why), audit (who)').default('runtime');
  home(events.command('tail'))
    .description('the newest events, one a line')
    .addOption(family())
    .option('--after <cursor>', 'begin behind this cursor; 0 is the beginning')
    .option('--run <run>', 'of this run only, from its beginning')
    .option('--follow', 'stay, and show what comes')
    .action(async (flags) => end(await tailEventsCommand(machine, flags)));
  home(events.command('show'))
    .description('one event in full')
    .argument('<cursor>')
    .addOption(family())
    .action(async (cursor, flags) => end(await showEventCommand(machine, cursor, flags)));
}

function home(command: Command): Command {
  return command
    .option('--home <folder>', 'where the host keeps its database (default: .reborn)')
    .option('--config <file>', 'settings (default: reborn.config.json, if it is there)')
    .option('--json', 'machine-readable output, documented in docs/guides/cli.md');
}

function host(command: Command): Command {
  return command
    .option('--dir <folder>', 'the workspace: what the agent may look at (default: this folder)')
    .option('--model <url>', 'an OpenAI-compatible endpoint')
    .option('--model-name <name>', 'which of its models (default: default)')
    .option('--api-key-env <variable>', 'the environment variable that holds its key')
    .option('--recording <file>', 'play a recorded model instead; it says so');
}

/** Help and version are no mistakes. Commander's message names the mistake in one line. */
function endOfUsage(error: CommanderError, io: CliIo, json: boolean): number {
  if (error.exitCode === 0) return EXIT.done;
  const message = oneLine(error.message.replace(/^error: /, ''), 300);
  // Asked for a group of commands without naming one: its help is the answer.
  if (error.code === 'commander.help') {
    sayFault(io, json, { code: 'cli/usage', message: 'A command is missing', remedy: 'Add one; `--help` lists them.' });
    return EXIT.usage;
  }
  sayFault(io, json, { code: 'cli/usage', message, remedy: 'See `reborn --help`, or `--help` after a command.' });
  return EXIT.usage;
}

function tellFailure(error: unknown, io: CliIo, json: boolean): number {
  if (isFault(error)) {
    sayFault(io, json, error);
  } else {
    // A bug: its text may hold anything, so it is not shown.
    const name = error instanceof Error ? error.name : 'unknown';
    sayFault(io, json, {
      code: 'cli/bug',
      message: `Something went wrong inside this program (${name})`,
      remedy: 'Nothing acknowledged is lost. Please report what you did.',
    });
  }
  return exitCodeOf(error);
}

function sayFault(
  io: CliIo,
  json: boolean,
  fault: Pick<Fault, 'code' | 'message' | 'remedy'> & Partial<Pick<Fault, 'retryable' | 'detail'>>,
): void {
  const { code, message, remedy, retryable = false, detail = {} } = fault;
  if (json) io.err(`${JSON.stringify({ v: WIRE_VERSION, kind: 'error', code, message, remedy, retryable, detail })}\n`);
  else io.err(`reborn: ${oneLine(message, 400).replace(/[.]$/, '')}.\n        ${oneLine(remedy, 400)}\n`);
}
