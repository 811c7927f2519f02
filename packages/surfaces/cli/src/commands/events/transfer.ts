/** `reborn events export|import`: one stream as a file of JSON lines, there and back. */
import { constants, open, rm, type FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '../../errors.ts';
import { EXIT } from '../../exit-code.ts';
import type { CliIo, Machine } from '../../machine.ts';
import { withNewOperatorLog, withOperatorLog } from '../../opened-host.ts';
import { createReporter } from '../../reporter.ts';
import { readSettings, type HomeFlags } from '../../settings.ts';
import { codeOf } from '../../text-file.ts';
import { transferWire } from '../../log-wire.ts';
import { ownStream } from './event-options.ts';

/** Text is written in pieces of about this many characters. */
const PIECE = 256 * 1024;
const STOPPED = Symbol('stopped by the person');

interface TransferFlags extends HomeFlags {
  readonly family?: string;
}

/** `-` writes to the standard output and says nothing else. */
export async function exportEventsCommand(machine: Machine, typed: string, flags: TransferFlags): Promise<number> {
  const stream = ownStream(flags.family);
  const settings = await readSettings(machine, flags);
  const { io } = machine;
  return withOperatorLog(machine, settings, async (log) => {
    const text = untilStopped(log.export(stream), io.interrupted);
    if (typed === '-') {
      const ended = await unlessStopped(printLines(io, text), io.interrupted);
      return ended === STOPPED ? EXIT.interrupted : EXIT.done;
    }
    const path = resolve(machine.cwd, typed);
    const file = await createFile(path);
    let lines: number | typeof STOPPED;
    try {
      lines = await unlessStopped(writeLines(file, text), io.interrupted);
      if (lines === STOPPED) await rm(path, { force: true });
    } catch (error) {
      // Half an export would look like one; it was made here, and is nobody else's.
      await rm(path, { force: true });
      throw isFileTrouble(error) ? unusable(codeOf(error)) : error;
    } finally {
      await file.close();
    }
    if (lines === STOPPED) return EXIT.interrupted;
    const reporter = createReporter(machine.io, flags.json === true);
    const records = lines - 2;
    reporter.value(transferWire('exported', stream, { records }));
    reporter.remark(`${records} records of ${stream.family} exported.`);
    return EXIT.done;
  });
}

export async function importEventsCommand(machine: Machine, typed: string, flags: TransferFlags): Promise<number> {
  const stream = ownStream(flags.family);
  const settings = await readSettings(machine, flags);
  const { io } = machine;
  const file = await openExport(resolve(machine.cwd, typed));
  try {
    return await withNewOperatorLog(machine, settings, async (log) => {
      const text = createReadStream('', { fd: file, encoding: 'utf8', autoClose: false, highWaterMark: PIECE });
      const reporter = createReporter(io, flags.json === true);
      const pieces = untilStopped(text as AsyncIterable<string>, io.interrupted);
      const report = await unlessStopped(log.import(stream, pieces), io.interrupted);
      if (report === STOPPED) {
        reporter.remark('What was put back stays; the same again goes on from there.');
        return EXIT.interrupted;
      }
      reporter.value(transferWire('imported', stream, { ...report }));
      reporter.remark(
        `${report.records} records read, ${report.added} put back; ${stream.family} stands at ${report.head}.`,
      );
      return EXIT.done;
    });
  } finally {
    await file.close();
  }
}

/** Never over anything that is there, and never through a link. Errors: `cli/file_exists`, `cli/unreadable_file`. */
async function createFile(path: string): Promise<FileHandle> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600).catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') throw new CliError('cli/file_exists', { detail: { field: 'file' } });
    throw unusable(codeOf(error));
  });
}

/** A plain file, not one that a link leads to: what it says becomes history. Errors: `cli/unreadable_file`. */
async function openExport(path: string): Promise<FileHandle> {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    throw unusable(codeOf(error));
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new CliError('cli/unreadable_file', { detail: { field: 'file', rule: 'must be a file' } });
}

async function* untilStopped(pieces: AsyncIterable<string>, signal: AbortSignal): AsyncGenerator<string> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    yield piece;
  }
}

async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | typeof STOPPED> {
  return work.catch((error: unknown) => {
    if (signal.aborted && error === signal.reason) return STOPPED;
    throw error;
  });
}

async function printLines(io: CliIo, lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) {
    io.out(line);
    await io.drained();
  }
}

async function writeLines(file: FileHandle, lines: AsyncIterable<string>): Promise<number> {
  let piece = '';
  let count = 0;
  for await (const line of lines) {
    piece += line;
    count += 1;
    if (piece.length < PIECE) continue;
    await file.writeFile(piece);
    piece = '';
  }
  await file.writeFile(piece);
  await file.sync();
  return count;
}

const TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ELOOP: 'must not be a link',
  ENOSPC: 'has no room',
  EDQUOT: 'has no room',
};

function unusable(code: string): CliError {
  const rule = TROUBLE[code] ?? `cannot be used (${code.toLowerCase()})`;
  return new CliError('cli/unreadable_file', { detail: { field: 'file', rule } });
}

function isFileTrouble(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
