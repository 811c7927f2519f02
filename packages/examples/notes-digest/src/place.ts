/** Where the demonstration takes place: a home for the host, a folder of notes, and the recording. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseRecording } from '@reborn/reborn';
import type { DemonstrationOptions } from './options.ts';

/** Where the command line lets an agent write. */
export const DIGESTS = 'digests';
/** What the shipped recording writes. */
export const DIGEST = `${DIGESTS}/open-tasks.md`;
/** How the shipped recording begins its digest: a file that begins otherwise is the person's own. */
const DIGEST_TITLE = '# Open tasks and decisions\n';
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const RECORDING = join(PACKAGE, 'recording.json');

/** `folder` and `recording` as they are typed in `cwd`; `path` is where the folder is. */
export interface Place {
  readonly cwd: string;
  readonly folder: string;
  readonly path: string;
  /** Where the host lives, as words of the command line. */
  readonly home: readonly string[];
  readonly recording: string;
  readonly message: string;
  readonly temporary: string;
  remove(): Promise<void>;
}

/** Errors: a sentence for the person, as an `Error` whose message it is. */
export async function preparePlace(options: DemonstrationOptions): Promise<Place> {
  const message = parseRecording(await readFile(RECORDING, 'utf8')).user;
  if (message === null) throw new Error('The shipped recording does not name its question.');
  if (options.dir !== undefined) await checkOwnFolder(resolve(options.cwd, options.dir), options);
  const temporary = await mkdtemp(join(tmpdir(), 'reborn-notes-'));
  const remove = (): Promise<void> => rm(temporary, { recursive: true, force: true });
  if (options.dir !== undefined) {
    const { cwd, dir } = options;
    const home = ['--home', join(temporary, 'home'), ...(await storageWords(options, temporary, temporary))];
    return {
      cwd,
      folder: dir,
      path: resolve(cwd, dir),
      home,
      recording: relative(cwd, RECORDING),
      message,
      temporary,
      remove,
    };
  }
  const path = join(temporary, 'notes');
  await mkdir(path);
  await cp(join(PACKAGE, 'notes'), path, { recursive: true });
  await cp(RECORDING, join(temporary, 'recording.json'));
  return {
    cwd: temporary,
    folder: 'notes',
    path,
    home: ['--home', 'home', ...(await storageWords(options, temporary, '.'))],
    recording: 'recording.json',
    message,
    temporary,
    remove,
  };
}

/** The address itself stays in the environment. */
async function storageWords(
  { databaseEnv }: DemonstrationOptions,
  folder: string,
  typedFolder: string,
): Promise<readonly string[]> {
  if (databaseEnv === undefined) return [];
  const storage = { kind: 'postgres', urlEnv: databaseEnv };
  await writeFile(join(folder, 'storage.json'), JSON.stringify({ storage }));
  return ['--config', join(typedFolder, 'storage.json')];
}

/** The demonstration approves by itself, so it makes sure first that nothing of the person's is replaced. */
async function checkOwnFolder(path: string, options: DemonstrationOptions): Promise<void> {
  const folder = await stat(path).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new Error('--dir does not name a folder.');
  if (options.interactive) return;
  const own = (await readdir(join(path, DIGESTS)).catch(() => [])).map((name) => `${DIGESTS}/${name}`);
  const digest = await readFile(join(path, DIGEST), 'utf8').catch(() => undefined);
  const isOurs = digest?.startsWith(DIGEST_TITLE) === true;
  // A recording writes one file of a known name; a live model chooses.
  const found = own.find((name) => (name === DIGEST ? !isOurs : options.live !== undefined));
  if (found === undefined) return;
  throw new Error(
    `There is a ${found} of your own in this folder. Move it away, or use --interactive and decide yourself.`,
  );
}
