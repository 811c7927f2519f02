/**
 * Where the key of the host's secrets comes from: a variable of the environment, or a file that only this user can read
 * and that does not lie where what it protects is kept.
 *
 * Not here: sealing with it (`cipher.ts`), what is sealed (`@reborn/host-runtime`).
 * Source: rulings, section 4.
 */
import { randomBytes } from 'node:crypto';
import { constants, open, realpath, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { HostApiError, type Cipher } from '@reborn/host-api';
import { createNodeCipher } from './cipher.ts';
import { errnoOf } from './file-refusal.ts';
import { KEY_DISTINCT_BYTES_MIN, KEY_FILE_BYTES_MAX } from './limits.ts';

const KEY_BYTES = 32;
const KEY_FILE_MODE = 0o600;
const OPEN_KEY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const MAKE_KEY = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const FILE = 'secrets.keyFile';
const VARIABLE = 'secrets.keyEnv';

/** `notInside`: the folder of the database, and others that are copied or shown as a whole. */
export interface KeyFileOptions {
  readonly notInside: readonly string[];
}

/** `environment` holds a key of 32 random bytes under `name`, in base64 or hex. Errors: `host-api/invalid_value`. */
export function cipherFromEnvironment(name: string, environment: Readonly<Record<string, string | undefined>>): Cipher {
  const text = environment[name] ?? '';
  if (text === '') throw refused(VARIABLE, 'must name a variable that is set');
  return createNodeCipher({ key: parseKey(text, VARIABLE) });
}

/**
 * The file holds such a key. It is a file of this user that nobody else can read, under one name and through no link, and
 * outside of certain folders. Errors: `host-api/invalid_value` naming the rule, never the path.
 */
export async function cipherFromFile(path: string, options: KeyFileOptions): Promise<Cipher> {
  const handle = await openKey(path);
  try {
    await checkFile(handle);
    await checkPlace(path, options);
    return createNodeCipher({ key: parseKey((await handle.readFile()).toString('latin1'), FILE) });
  } finally {
    await handle.close();
  }
}

/**
 * Makes such a file with a new key; durable when it resolves. Errors: `host-api/invalid_value`: one that is there already
 * is left as it is.
 */
export async function createKeyFile(path: string, options: KeyFileOptions): Promise<void> {
  await checkPlace(path, options);
  const handle = await open(path, MAKE_KEY, KEY_FILE_MODE).catch((error: unknown) => {
    if (errnoOf(error) === 'EEXIST')
      throw refused(FILE, 'must not be there yet: a key that is lost opens nothing again');
    throw refused(FILE, `cannot be made (${reasonOf(error)})`);
  });
  try {
    await handle.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
    await handle.sync();
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(path, { force: true });
    throw refused(FILE, `cannot be written (${reasonOf(error)})`);
  } finally {
    await handle.close();
  }
}

async function openKey(path: string): Promise<FileHandle> {
  return open(path, OPEN_KEY).catch((error: unknown) => {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') throw refused(FILE, 'must be there; `reborn secrets init --key-file <file>` makes one');
    if (errno === 'ELOOP') throw refused(FILE, 'must not be a link');
    throw refused(FILE, `cannot be read (${reasonOf(error)})`);
  });
}

/** Of what was opened, whatever the name leads to by now. */
async function checkFile(handle: FileHandle): Promise<void> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw refused(FILE, 'must be a regular file');
  if (stats.uid !== process.getuid?.()) throw refused(FILE, 'must belong to the user that runs the host');
  if ((stats.mode & 0o7177) !== 0) throw refused(FILE, 'must be closed to everybody else: `chmod 600` closes it');
  if (stats.nlink !== 1) throw refused(FILE, 'must have no second name (hard link)');
  if (stats.size > KEY_FILE_BYTES_MAX) throw refused(FILE, 'must hold one key and nothing else');
}

async function checkPlace(path: string, { notInside }: KeyFileOptions): Promise<void> {
  const file = await realOf(resolve(path));
  for (const folder of notInside) {
    const way = relative(await realOf(resolve(folder)), file);
    const isOutside = way === '..' || way.startsWith(`..${sep}`);
    if (!isOutside) throw refused(FILE, 'must not lie in the folder of the database, nor in the workspace');
  }
}

/** Also of what is not there yet. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && dirname(path) !== path) return join(await realOf(dirname(path)), basename(path));
    throw refused(FILE, `cannot be looked at (${reasonOf(error)})`);
  }
}

function parseKey(text: string, field: string): Uint8Array {
  const trimmed = text.trim();
  const isHex = /^[0-9a-fA-F]{64}$/.test(trimmed);
  const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed);
  const key = Buffer.from(trimmed, isHex ? 'hex' : 'base64');
  if ((!isHex && !isBase64) || key.length !== KEY_BYTES) throw refused(field, 'must hold 32 bytes in base64 or hex');
  if (new Set(key).size < KEY_DISTINCT_BYTES_MIN) throw refused(field, 'must hold random bytes');
  return key;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync().finally(() => handle.close());
}

/** The system's short name of what went wrong. */
function reasonOf(error: unknown): string {
  return (errnoOf(error) ?? 'unknown').toLowerCase();
}

function refused(field: string, rule: string): HostApiError {
  return new HostApiError('host-api/invalid_value', { detail: { field, rule } });
}
