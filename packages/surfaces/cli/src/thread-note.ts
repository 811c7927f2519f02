/**
 * What the home remembers of each thread: the folder, the model, the extensions and the configuration that its runs work
 * with. An answer is bound to a question about one folder, so whoever goes on with a run takes the folder from here and from
 * nowhere else.
 *
 * Not here: what was said and done (the database). No key is ever written: only the name of its variable.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { boundedLine, parseJson, threadIdSchema, type ThreadId } from '@reborn/host-api';
import { z } from 'zod';
import { CliError } from './errors.ts';
import type { ModelChoice } from './machine.ts';
import type { CountedConfig } from './settings.ts';
import { codeOf, readTextFileIfThere } from './text-file.ts';

/** With 64 extensions in folders of the longest names. */
const NOTE_BYTES_MAX = 320 * 1024;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const absolutePath = boundedLine(4096).refine((path) => isAbsolute(path), 'must be absolute');

const threadNoteSchema = z.strictObject({
  v: z.literal(1),
  threadId: threadIdSchema,
  workspace: absolutePath,
  model: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('endpoint'),
      url: boundedLine(2048),
      model: boundedLine(256),
      apiKeyEnv: boundedLine(128).optional(),
    }),
    z.strictObject({ kind: z.literal('recording'), file: absolutePath }),
  ]),
  extensions: z.array(absolutePath).default([]),
  config: z.strictObject({ path: absolutePath, named: z.boolean() }).optional(),
});

/**
 * `extensions`: their folders. What their operator thinks of them stands in the configuration, and nowhere else. `config`:
 * which file that was.
 */
export interface ThreadNote {
  readonly threadId: ThreadId;
  readonly workspace: string;
  readonly model: ModelChoice;
  readonly extensions: readonly string[];
  readonly config?: CountedConfig | undefined;
}

/** Errors: `cli/home_unusable` for a note that is there and cannot be read. */
export async function readThreadNote(home: string, threadId: ThreadId): Promise<ThreadNote | undefined> {
  const unusable = (): CliError =>
    new CliError('cli/home_unusable', { detail: { field: 'threads', rule: 'holds a note that cannot be read' } });
  const text = await readTextFileIfThere(placeOf(home, threadId), 'threads', NOTE_BYTES_MAX).catch(() => {
    throw unusable();
  });
  if (text === undefined) return undefined;
  try {
    const { v: _, ...note } = threadNoteSchema.parse(parseJson(text, 'note', NOTE_BYTES_MAX));
    if (note.threadId === threadId) return note;
  } catch {
    // Said below: what exactly is wrong with it helps nobody.
  }
  throw unusable();
}

/**
 * An approval is for the folder that was shown. The note holds its real path, so a path that now leads elsewhere (through
 * a link that somebody made since) is another folder. Errors: `cli/other_workspace`.
 */
export async function checkSameFolder(workspace: string): Promise<void> {
  const real = await realpath(workspace).catch(() => undefined);
  if (real !== workspace) throw new CliError('cli/other_workspace', { detail: { field: 'folder' } });
}

/** Durable when it resolves; a reader sees the old note or the new one. Errors: `cli/home_unusable`. */
export async function writeThreadNote(home: string, note: ThreadNote): Promise<void> {
  const file = placeOf(home, note.threadId);
  const aside = `${file}.${process.pid}.tmp`;
  const text = `${JSON.stringify(threadNoteSchema.parse({ v: 1, ...note }))}\n`;
  await prepareHome(home);
  try {
    const handle = await open(aside, 'w', FILE_MODE);
    await handle
      .writeFile(text)
      .then(() => handle.sync())
      .finally(() => handle.close());
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw unwritable(error);
  }
}

/** Makes the home, for this user alone, unless it is there. Errors: `cli/home_unusable`. */
export async function prepareHome(home: string): Promise<void> {
  try {
    await makeFolder(join(home, 'threads'));
  } catch (error) {
    throw unwritable(error);
  }
}

/** With those above it. Node's own way does not come back where the system makes no folders at all, as below /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: FOLDER_MODE });
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, { mode: FOLDER_MODE }).catch((again: unknown) => {
      if (codeOf(again) !== 'EEXIST') throw again;
    });
  }
}

/** Thread ids may hold what file names may not. */
function placeOf(home: string, threadId: ThreadId): string {
  return join(home, 'threads', `${createHash('sha256').update(threadId).digest('hex')}.json`);
}

function unwritable(error: unknown): CliError {
  return new CliError('cli/home_unusable', {
    detail: { field: '--home', rule: `cannot be written (${codeOf(error).toLowerCase()})` },
  });
}
