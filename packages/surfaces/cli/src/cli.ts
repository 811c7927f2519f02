/**
 * The command line as a function: words in, exit code out.
 *
 * Not here: the commands and their options (`program.ts`), what each of them does (`commands/`).
 */
import { CommanderError } from 'commander';
import { isFault, type Fault } from '@reborn/host-api';
import { CliError } from './errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import type { CliIo, Machine } from './machine.ts';
import { createProgram } from './program.ts';
import { fold } from './render/columns.ts';
import { oneLine } from './render/style.ts';
import { mistakeOf } from './usage.ts';
import { WIRE_VERSION } from './wire.ts';

const INDENT = ' '.repeat('reborn: '.length);

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
    if (!(error instanceof CommanderError)) return tellFailure(error, machine.io, json);
    // Help and version are no mistakes.
    if (error.exitCode === 0) return EXIT.done;
    sayFault(machine.io, json, { code: 'cli/usage', ...mistakeOf(error, program, argv) });
    return EXIT.usage;
  }
}

function tellFailure(error: unknown, io: CliIo, json: boolean): number {
  if (isFault(error)) {
    sayFault(io, json, error);
  } else {
    // A bug: its text may hold anything, so it is not shown.
    const rule = error instanceof Error ? error.name : 'unknown';
    sayFault(io, json, new CliError('cli/bug', { detail: { field: 'kind', rule } }));
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
  else
    io.err(
      faultLines(`${oneLine(message, 400).replace(/[.]$/, '')}.`, oneLine(remedy, 400), io)
        .join('\n')
        .concat('\n'),
    );
}

function faultLines(message: string, remedy: string, io: CliIo): readonly string[] {
  const room = io.terminal ? Math.max(20, io.columns - INDENT.length) : Number.POSITIVE_INFINITY;
  return [...fold(message, room), ...fold(remedy, room)].map((line, at) => `${at === 0 ? 'reborn: ' : INDENT}${line}`);
}
