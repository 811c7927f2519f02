/**
 * The commands with their arguments, options and help.
 *
 * Not here: what each command does (`commands/`), what is said when they are mistyped (`usage.ts`).
 */
import { Command } from 'commander';
import { answerCommand } from './commands/answer.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { runCommand } from './commands/run.ts';
import { cancelRunCommand, listRunsCommand, resumeRunCommand, showRunCommand } from './commands/runs.ts';
import { addEvents, type End } from './event-program.ts';
import { EXIT_CODES_TEXT } from './exit-code.ts';
import type { Machine } from './machine.ts';
import { addSecrets } from './secret-program.ts';
import { addWork } from './work-program.ts';

const VERSION = '0.1.0';
const DOCS = 'docs/guides/cli.md';

export function createProgram(machine: Machine, end: End): Command {
  const program = new Command('reborn')
    .description('An agent host: agents decide what to do next, the host owns authority, durability and side effects.')
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => machine.io.out(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => machine.io.columns,
      getOutHasColors: () => machine.io.colour,
    })
    .addHelpText('after', () => `\n${EXIT_CODES_TEXT}\n\nEvery command takes --json. Docs: ${DOCS}`);
  addRun(program, machine, end);
  addAnswers(program, machine, end);
  addRuns(program, machine, end);
  addEvents(program, placed, machine, end);
  addExplain(program, machine, end);
  addSecrets(program, placed, machine, end);
  addWork(program, placed, machine, end);
  addDoctor(program, machine, end);
  for (const command of leavesOf(program)) command.addHelpText('after', `\n${EXIT_CODES_TEXT}`);
  return program;
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length === 0 ? [child] : leavesOf(child)));
}

function addRun(program: Command, machine: Machine, end: End): void {
  const command = program
    .command('run')
    .description('give an agent one message, and watch what it does')
    .argument('<message>', 'what the agent shall do')
    .option('--thread <id>', 'go on in this thread (default: a new one)')
    .option('--wait', 'stay until the run ends, also while it waits for an answer from elsewhere')
    .addHelpText(
      'after',
      `
At a terminal you are asked about each gate; elsewhere the command ends with 3
when the run is parked. Files are written below digests/ and nowhere else, each
time somebody approves.`,
    );
  placed(modelled(command)).action(async (message, flags) => end(await runCommand(machine, message, flags)));
}

const GATE = 'id of the gate; 6 or more characters of its beginning or end will do';
const RUN = 'id of the run; 6 or more characters of its beginning or end will do';

function addAnswers(program: Command, machine: Machine, end: End): void {
  const approve = program
    .command('approve')
    .description('approve an open gate, or say that its secrets are there; then go on with the run that waits for it')
    .argument('<gate>', GATE)
    .option('--edit <json>', 'approve this input instead: JSON, or @file')
    .option('--reason <text>', 'why; kept with the gate')
    .option('--no-follow', 'only answer; leave the run to another process');
  placed(approve).action(async (gate, flags) => end(await answerCommand(machine, 'approve', gate, flags)));
  const deny = program
    .command('deny')
    .description('deny an open gate, or say that its secrets will not be there; then go on with the run')
    .argument('<gate>', GATE)
    .option('--reason <text>', 'why; kept with the gate')
    .option('--no-follow', 'only answer; leave the run to another process');
  placed(deny).action(async (gate, flags) => end(await answerCommand(machine, 'deny', gate, flags)));
}

function addRuns(program: Command, machine: Machine, end: End): void {
  const runs = program
    .command('runs')
    .description('list runs and their open gates; show, resume or cancel one')
    .addHelpText('after', '\nWithout a command: list, with its options.');
  placed(
    runs.command('list', { isDefault: true }).description('runs of this person, newest first, with their open gates'),
  ).action(async (flags) => end(await listRunsCommand(machine, flags)));
  const show = runs
    .command('show')
    .description('one run, with the whole input of each open gate')
    .argument('<run>', RUN);
  placed(show).action(async (run, flags) => end(await showRunCommand(machine, run, flags)));
  const resume = runs
    .command('resume')
    .description('go on with a run from where it stands')
    .argument('<run>', RUN)
    .option('--wait', 'stay until the run ends, also while it waits for an answer from elsewhere');
  placed(resume).action(async (run, flags) => end(await resumeRunCommand(machine, run, flags)));
  const cancel = runs.command('cancel').description('cancel a run; its open gates close').argument('<run>', RUN);
  placed(cancel).action(async (run, flags) => end(await cancelRunCommand(machine, run, flags)));
}

function addExplain(program: Command, machine: Machine, end: End): void {
  const command = program
    .command('explain')
    .description('tell the ordered story of a run or of one call')
    .argument('<run|invocation>', 'id of a run (6 or more characters of its beginning or end will do) or of a call')
    .option('--full', 'every step, also those that always go alike');
  placed(command).action(async (subject, flags) => end(await explainCommand(machine, subject, flags)));
}

function addDoctor(program: Command, machine: Machine, end: End): void {
  const command = program
    .command('doctor')
    .description('name each part with its durability, and say whether these settings are fine')
    .option('--model-check', 'also ask the model for one word');
  placed(modelled(command)).action(async (flags) => end(await doctorCommand(machine, flags)));
}

/** What an agent works with and on. */
function modelled(command: Command): Command {
  return command
    .optionsGroup('Folder and model:')
    .option('--dir <folder>', 'the workspace: what the agent may look at (default: this folder)')
    .option('--model <url>', 'an OpenAI-compatible endpoint')
    .option('--model-name <name>', 'which of its models (default: default)')
    .option('--api-key-env <variable>', 'the environment variable that holds its key')
    .option('--recording <file>', 'play a recorded model instead; it says so');
}

/** What every command takes. */
function placed(command: Command): Command {
  return command
    .optionsGroup('Everywhere:')
    .option('--home <folder>', 'where the host keeps its database (default: .reborn)')
    .option('--config <file>', 'settings (default: reborn.config.json, if it is there)')
    .option('--json', `machine-readable output, documented in ${DOCS}`)
    .helpOption('-h, --help', 'this text');
}
