import { randomBytes } from 'node:crypto';
import { chmod, chown, link, mkdir, open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostApiError, type Cipher } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { cipherFromEnvironment, cipherFromFile, createKeyFile, createNodeCipher } from './index.ts';
import { bytesOf, temporaryFolder } from '../test/support.ts';

const key = randomBytes(32);
const hex = key.toString('hex');
const SIZE = 'must hold 32 bytes in base64 or hex';

/** What a refusal says, whole; it names neither the file nor the key. */
async function refusalOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (!HostApiError.is(error)) throw error;
    expect(`${error.message} ${JSON.stringify(error)}`).not.toMatch(/reborn-node-|[0-9a-f]{16}|[A-Za-z0-9+/]{24}/);
    return error.detail;
  }
}

async function opensWith(cipher: Cipher): Promise<boolean> {
  const sealed = await createNodeCipher({ key }).seal(bytesOf('text'), 'context');
  return (await cipher.open(sealed, 'context')) !== undefined;
}

const WEAK: readonly (readonly [string, string])[] = [
  ['too short', key.subarray(1).toString('base64')],
  ['too long', Buffer.concat([key, key.subarray(0, 1)]).toString('base64')],
  ['no text', ' '],
  ['a password', 'correct horse battery staple'],
  ['half in hex', hex.slice(1)],
  ['with more behind it', `${hex} and more`],
  ['two keys', `${hex}\n${hex}`],
];

describe('a key from the environment', () => {
  test('is taken in hex and in both alphabets of base64', async () => {
    for (const text of [hex, hex.toUpperCase(), key.toString('base64'), key.toString('base64url'), ` ${hex}\n`]) {
      expect(await opensWith(cipherFromEnvironment('KEY', { KEY: text }))).toBe(true);
    }
  });

  test('is refused when it is missing, no key, or not random', async () => {
    const field = 'secrets.keyEnv';
    const ofText = (text: string | undefined) => refusalOf(() => cipherFromEnvironment('KEY', { KEY: text }));
    expect(await ofText(undefined)).toEqual({ field, rule: 'must name a variable that is set' });
    expect(await ofText('')).toEqual({ field, rule: 'must name a variable that is set' });
    for (const [what, text] of WEAK) expect([what, await ofText(text)]).toEqual([what, { field, rule: SIZE }]);
    for (const weak of [Buffer.alloc(32), Buffer.alloc(32, 0x41), Buffer.from('deadbeef'.repeat(8), 'hex')]) {
      expect(await ofText(weak.toString('base64'))).toEqual({ field, rule: 'must hold random bytes' });
    }
  });
});

describe('a key from a file', () => {
  const field = 'secrets.keyFile';
  async function place(text: string = key.toString('base64'), mode = 0o600) {
    const folder = await temporaryFolder();
    const home = join(folder, 'home');
    await mkdir(home);
    const file = join(folder, 'key');
    await writeFile(file, text);
    await chmod(file, mode);
    return { folder, home, file, take: (path = file) => cipherFromFile(path, { notInside: [home] }) };
  }

  test('is taken from a file of one’s own that nobody else can read', async () => {
    for (const mode of [0o600, 0o400]) {
      const { take } = await place(`${hex}\n`, mode);
      expect(await opensWith(await take())).toBe(true);
    }
  });

  test('is refused when others may do anything with the file, or it can be run', async () => {
    for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o700, 0o660, 0o644, 0o777, 0o4600]) {
      const { take } = await place(hex, mode);
      expect([mode, await refusalOf(take)]).toEqual([
        mode,
        { field, rule: 'must be closed to everybody else: `chmod 600` closes it' },
      ]);
    }
  });

  test('is refused when the file is somebody else’s', async () => {
    const { file, take } = await place(hex);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(file, 65_534, 65_534);
    expect(await refusalOf(() => take(isRoot ? file : '/etc/passwd'))).toEqual({
      field,
      rule: 'must belong to the user that runs the host',
    });
  });

  test('is refused behind a link, under a second name, and as anything but a file', async () => {
    const { folder, file, take } = await place();
    await symlink(file, join(folder, 'link'));
    expect(await refusalOf(() => take(join(folder, 'link')))).toEqual({ field, rule: 'must not be a link' });
    expect(await refusalOf(() => take(folder))).toEqual({ field, rule: 'must be a regular file' });
    expect(await refusalOf(() => take('/dev/zero'))).toEqual({ field, rule: 'must be a regular file' });
    await link(file, join(folder, 'second'));
    expect(await refusalOf(take)).toEqual({ field, rule: 'must have no second name (hard link)' });
    expect(await refusalOf(() => take(join(folder, 'none')))).toEqual({
      field,
      rule: 'must be there; `reborn secrets init --key-file <file>` makes one',
    });
  });

  test('is refused in the folder of the database and in the workspace, by whatever way one gets there', async () => {
    const { folder, home, file, take } = await place();
    const rule = 'must not lie in the folder of the database, nor in the workspace';
    await mkdir(join(home, 'deep'));
    await symlink(home, join(folder, 'way'));
    for (const inside of [join(home, 'key'), join(home, 'deep', 'key'), join(folder, 'way', 'key')]) {
      await writeFile(inside, hex, { mode: 0o600 });
      expect(await refusalOf(() => take(inside))).toEqual({ field, rule });
    }
    const at = (...notInside: string[]) => refusalOf(() => cipherFromFile(file, { notInside }));
    expect(await at(folder)).toEqual({ field, rule });
    expect(await at(home, join(folder, 'way', '..'))).toEqual({ field, rule });
    expect(await at(home, join(folder, 'not', 'there', 'yet'), `${file}-folder`)).toBe('taken');
  });

  test('is refused when it is no key, or not random', async () => {
    for (const [what, text] of WEAK) {
      const { take } = await place(text);
      expect([what, await refusalOf(take)]).toEqual([what, { field, rule: SIZE }]);
    }
    expect(await refusalOf((await place('00'.repeat(32))).take)).toEqual({ field, rule: 'must hold random bytes' });
    expect(await refusalOf((await place(`${hex}${' '.repeat(1000)}`)).take)).toEqual({
      field,
      rule: 'must hold one key and nothing else',
    });
  });
});

describe('a new key file', () => {
  test('holds a key that is taken, of this user alone', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'key');
    const before = process.umask(0);
    await createKeyFile(file, { notInside: [join(folder, 'home')] }).finally(() => process.umask(before));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const cipher = await cipherFromFile(file, { notInside: [join(folder, 'home')] });
    expect(await opensWith(cipher)).toBe(false);
    await createKeyFile(join(folder, 'other'), { notInside: [] });
    expect(await readFile(file, 'utf8')).not.toBe(await readFile(join(folder, 'other'), 'utf8'));
  });

  test('is never made over what is there, nor through a link, nor where keys are refused', async () => {
    const folder = await temporaryFolder();
    const [file, way] = [join(folder, 'key'), join(folder, 'way')];
    await writeFile(file, 'kept');
    await symlink(join(folder, 'target'), way);
    const there = { field: 'secrets.keyFile', rule: 'must not be there yet: a key that is lost opens nothing again' };
    expect(await refusalOf(() => createKeyFile(file, { notInside: [] }))).toEqual(there);
    expect(await refusalOf(() => createKeyFile(way, { notInside: [] }))).toEqual(there);
    expect(await readFile(file, 'utf8')).toBe('kept');
    expect(await refusalOf(() => createKeyFile(join(folder, 'new'), { notInside: [folder] }))).toEqual({
      field: 'secrets.keyFile',
      rule: 'must not lie in the folder of the database, nor in the workspace',
    });
    await expect(open(join(folder, 'new'))).rejects.toThrow('ENOENT');
    expect(await refusalOf(() => createKeyFile(join(folder, 'no', 'folder'), { notInside: [] }))).toEqual({
      field: 'secrets.keyFile',
      rule: 'cannot be made (enoent)',
    });
  });
});
