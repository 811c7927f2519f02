import { copyFile, mkdir, open, readdir, readFile, rm, rmdir, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseTenantId } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from '../src/driver.ts';
import { ANCHOR_MS } from '../src/limits.ts';
import { sha256Hex } from '../src/sha256.ts';
import { append, faultOf, numbersIn, openStore, startChild, stream, temporaryFile } from './support.ts';

/** A database with its log and an anchor at record `last`, as a process leaves it that dies right after anchoring it. */
async function killedStore(last: number): Promise<string> {
  const source = await temporaryFile();
  await (await openStore(source)).close();
  const store = await openStore(source);
  // Somebody who reads keeps the log where it is.
  const reader = connect(source, 'read');
  reader.exec('BEGIN; SELECT * FROM store');
  for (let number = 1; number <= last; number += 1) await store.commit([append(number)]);
  const file = await temporaryFile();
  for (const beside of ['', '-wal']) await copyFile(source + beside, file + beside);
  reader.close();
  await store.close();
  await copyFile(`${source}-anchor`, `${file}-anchor`);
  return file;
}

async function flip(file: string, offset: number): Promise<void> {
  const opened = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await opened.read(byte, 0, 1, offset);
  await opened.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, offset);
  await opened.close();
}

/** What stands in the files. A missing one is as good as an empty one. */
async function digestsOf(file: string): Promise<readonly string[]> {
  const names = ['', '-wal', '-anchor'];
  return Promise.all(names.map((beside) => readFile(file + beside, 'latin1').then(sha256Hex, () => sha256Hex(''))));
}

describe('the head anchor', () => {
  test('names the newest acknowledged record, soon after it and when the store is closed', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    expect(await store.anchor()).toBe(undefined);
    await store.commit([append(1), append(2)]);
    const other = { ...append(1), stream: { family: 'audit', tenantId: parseTenantId('zürich') } } as const;
    await store.commit([other]);
    await store.close();
    const again = await openStore(file);
    const { headChain } = await again.readRaw({ stream: other.stream, after: 0, limit: 1 });
    expect(await again.anchor()).toEqual({ stream: other.stream, cursor: 1, chain: headChain });
    await again.commit([append(3)]);
    while ((await again.anchor())?.cursor !== 3) await new Promise((resolve) => void setTimeout(resolve, 20));
    expect((await stat(`${file}-anchor`)).mode & 0o777).toBe(0o600);
    expect((await readdir(dirname(file))).filter((name) => name.startsWith(`${basename(file)}-anchor-`))).toEqual([]);
  });

  test('is not written again while nothing is appended, and never goes back', async () => {
    const file = await temporaryFile();
    const [ahead, behind] = [await openStore(file), await openStore(file)];
    await behind.commit([append(1)]);
    await ahead.commit([append(2)]);
    await ahead.close();
    const { mtimeMs } = await stat(`${file}-anchor`);
    await behind.close();
    expect((await stat(`${file}-anchor`)).mtimeMs).toBe(mtimeMs);
    await (await openStore(file)).close();
    expect((await stat(`${file}-anchor`)).mtimeMs).toBe(mtimeMs);
  });

  test('holds after a kill, a cut and a removal', async () => {
    const file = await killedStore(5);
    const store = await openStore(file);
    expect(await numbersIn(store)).toEqual([1, 2, 3, 4, 5]);
    await store.commit([{ kind: 'remove', stream, cursors: [5] }]);
    await store.close();
    const cut = await openStore(file);
    await cut.commit([{ kind: 'truncate', stream, through: 5 }]);
    await cut.close();
    const empty = await openStore(file);
    await empty.commit([append(6), append(7)]);
    await empty.commit([{ kind: 'truncate', stream, through: 7 }]);
    const [anchored, kept] = [await empty.anchor(), await readFile(`${file}-anchor`)];
    await empty.close();
    await writeFile(`${file}-anchor`, kept);
    expect(anchored?.cursor).toBe(5);
    expect((await (await openStore(file)).readStream({ stream, after: 0, limit: 1 })).head).toBe(7);
  });

  test('that is missing beside a database is written anew', async () => {
    const file = await killedStore(3);
    await rm(`${file}-anchor`);
    const store = await openStore(file);
    expect((await store.anchor())?.cursor).toBe(3);
  });
});

describe('a database below its anchor is refused and left as it is', () => {
  const losses: readonly (readonly [string, (file: string) => Promise<void>])[] = [
    ['when its log has lost its tail', async (file) => truncate(`${file}-wal`, (await stat(`${file}-wal`)).size - 1)],
    ['when its log is gone', (file) => rm(`${file}-wal`)],
    ['when its log is empty', (file) => truncate(`${file}-wal`, 0)],
    ['when a bit of its log has flipped', async (file) => flip(`${file}-wal`, (await stat(`${file}-wal`)).size - 5)],
    ['when an early bit of its log has flipped', (file) => flip(`${file}-wal`, 100)],
    ['when it is gone', (file) => rm(file)],
    [
      'when it is empty',
      async (file) => Promise.all([truncate(file, 0), truncate(`${file}-wal`, 0)]).then(() => undefined),
    ],
    ['when it is another database', async (file) => replace(file, [1, 2, 3, 4, 5, 6, 7, 8, 9])],
    [
      'when it is an older database',
      async (file) => copyFile(new URL('./golden/v1.db', import.meta.url), file).then(() => rm(`${file}-wal`)),
    ],
  ];

  test.each(losses)('%s', async (_when, lose) => {
    const file = await killedStore(6);
    await lose(file);
    const before = await digestsOf(file);
    for (let round = 0; round < 2; round += 1) {
      const fault = await faultOf(openStore(file));
      expect(fault.code).toBe('host-api/store_rolled_back');
    }
    expect(await digestsOf(file)).toEqual(before);
  });

  test('when it is an older copy of itself, and opened once the anchor was removed on purpose', async () => {
    const file = await killedStore(4);
    const copy = await temporaryFile();
    const store = await openStore(file);
    await store.close();
    await copyFile(file, copy);
    const on = await openStore(file);
    await on.commit([append(5)]);
    await on.close();
    await copyFile(copy, file);
    expect((await faultOf(openStore(file))).code).toBe('host-api/store_rolled_back');
    await rm(`${file}-anchor`);
    const restored = await openStore(file);
    expect(await numbersIn(restored)).toEqual([1, 2, 3, 4]);
  });

  test('when it went on from an older copy of itself', async () => {
    const file = await killedStore(4);
    const anchor = await readFile(`${file}-anchor`);
    await rm(`${file}-anchor`);
    const store = await openStore(file);
    await store.commit([{ kind: 'truncate', stream, through: 2 }]);
    await store.close();
    const vandal = connect(file, 'write');
    vandal.exec("UPDATE log_record SET chain = unhex('ab') WHERE cursor = 4");
    vandal.close();
    await writeFile(`${file}-anchor`, anchor);
    expect((await faultOf(openStore(file))).code).toBe('host-api/store_rolled_back');
  });

  test('and nothing of it is told but the rule', async () => {
    const sentinel = createSentinel('anchor');
    const file = join(dirname(await temporaryFile()), sentinel);
    const store = await openStore(file);
    await store.commit([append(1)]);
    await store.close();
    await rm(file);
    const fault = await faultOf(openStore(file));
    expect(findLeaks([fault.message, fault.toJSON()], [sentinel, dirname(file)])).toEqual([]);
  });
});

describe('an anchor file', () => {
  test.each<readonly [string, (text: string) => string]>([
    ['is cut short', (text) => text.slice(0, -1)],
    ['is empty', () => ''],
    ['has a flipped bit', (text) => text.replace('journal', 'kournal')],
    ['has another digest', (text) => `0${text.slice(1)}`],
    ['is too long', (text) => text.padEnd(10_000)],
    ['is no anchor', () => 'a diary\n'],
  ])('that %s is corrupt, and nothing is opened below it', async (_what, spoil) => {
    const file = await killedStore(1);
    const anchor = await readFile(`${file}-anchor`, 'utf8');
    await writeFile(`${file}-anchor`, spoil(anchor));
    const fault = await faultOf(openStore(file));
    expect([fault.code, fault.detail['field']]).toEqual(['host-api/store_corrupt', 'anchor']);
  });

  test('that cannot be written keeps nobody from committing, and is true when it can be written again', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    // A folder in its place: nothing can be renamed over it.
    await mkdir(`${file}-anchor`);
    await store.commit([append(1)]);
    await new Promise((resolve) => void setTimeout(resolve, ANCHOR_MS + 200));
    expect((await faultOf(store.anchor())).code).toBe('host-api/store_unavailable');
    await rmdir(`${file}-anchor`);
    await store.commit([append(2)]);
    await store.close();
    expect((await (await openStore(file)).anchor())?.cursor).toBe(2);
  });

  test('is true of whatever a killed process leaves behind', async () => {
    const file = await temporaryFile();
    for (let round = 0; round < 3; round += 1) {
      const child = startChild('commit-loop.ts', file, String(round * 100_000 + 1));
      await child.line((line) => Number(line) >= round * 100_000 + 30);
      child.process.kill('SIGKILL');
      await child.ended;
      await (await openStore(file)).close();
    }
  });
});

/** Another store's database in the place of this one. */
async function replace(file: string, numbers: readonly number[]): Promise<void> {
  const other = await temporaryFile();
  const store = await openStore(other);
  for (const number of numbers) await store.commit([append(number)]);
  await store.close();
  await rm(`${file}-wal`);
  await copyFile(other, file);
}
