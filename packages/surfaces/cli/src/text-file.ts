/** Reading a bounded text file that a person named. */
import { constants, open } from 'node:fs/promises';
import { CliError } from './errors.ts';

/** Errors: `cli/unreadable_file` naming the option and why, never the path. */
export async function readTextFile(file: string, field: string, bytesMax: number): Promise<string> {
  const text = await readTextFileIfThere(file, field, bytesMax);
  if (text === undefined) throw new CliError('cli/unreadable_file', { detail: { field, rule: 'is not there' } });
  return text;
}

/** As `readTextFile`; `undefined` when there is no such file. */
export async function readTextFileIfThere(file: string, field: string, bytesMax: number): Promise<string | undefined> {
  const refused = (rule: string): CliError => new CliError('cli/unreadable_file', { detail: { field, rule } });
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw refused(`cannot be read (${codeOf(error).toLowerCase()})`);
  });
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw refused('must be a file');
    if (stats.size > bytesMax) throw refused(`must be at most ${bytesMax} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (error) {
    if (CliError.is(error)) throw error;
    throw refused('must be UTF-8 text');
  } finally {
    await handle.close();
  }
}

/** The system's short name of an error; nothing else of it is shown. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}
