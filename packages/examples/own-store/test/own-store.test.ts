import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fsyncSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  HostApiError,
  isFault,
  parseEventId,
  parseTenantId,
  type DurableStore,
  type StoreOpening,
  type Write,
} from '@reborn/host-api';
import { createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { main } from '../src/main.ts';
import { openOwnStore } from '../src/own-store.ts';
import { newFile } from './files.ts';

const opening: StoreOpening = { machines: [], ...createFakePlatform() };
const stream = { family: 'audit', tenantId: parseTenantId('acme') } as const;

function record(number: number, text = 'é'): readonly Write[] {
  const eventId = parseEventId(fixedUuid(number));
  return [{ kind: 'append', stream, records: [{ eventId, kind: 'noted', atMs: 1, labels: {}, body: { text } }] }];
}

async function cursors(store: DurableStore): Promise<readonly number[]> {
  return (await store.readStream({ stream, after: 0, limit: 1000 })).records.map(({ cursor }) => cursor);
}

/** A file with three acknowledged units, and where the last of them begins. */
async function threeUnits(): Promise<{ readonly bytes: Buffer; readonly lastAt: number }> {
  const file = newFile();
  const store = await openOwnStore(file, opening);
  for (const number of [1, 2, 3]) await store.commit(record(number));
  await store.close();
  const bytes = readFileSync(file);
  return { bytes, lastAt: bytes.lastIndexOf('\n', bytes.length - 2) + 1 };
}

/** What a file with this content holds: the cursors, or the code of the refusal. */
async function opened(bytes: Uint8Array): Promise<unknown> {
  const file = newFile();
  writeFileSync(file, bytes);
  try {
    const store = await openOwnStore(file, opening);
    const found = await cursors(store);
    await store.close();
    return found;
  } catch (error) {
    return isFault(error) ? error.code : error;
  }
}

const codeOf = (error: unknown): boolean => HostApiError.is(error) && error.code === 'host-api/store_unavailable';

describe('A file of units', () => {
  test('that ends anywhere within its last line holds the units before it', async () => {
    const { bytes, lastAt } = await threeUnits();
    for (let end = lastAt; end < bytes.length; end += 1) {
      assert.deepEqual(await opened(bytes.subarray(0, end)), [1, 2], `cut at ${end} of ${bytes.length}`);
    }
  });

  test('whose torn end was cut off goes on from there', async () => {
    const { bytes } = await threeUnits();
    const file = newFile();
    writeFileSync(file, bytes.subarray(0, -3));
    const store = await openOwnStore(file, opening);
    assert.deepEqual((await store.commit(record(4))).kind, 'committed');
    await store.close();
    const again = await openOwnStore(file, opening);
    assert.deepEqual(await cursors(again), [1, 2, 3]);
    await again.close();
  });

  test('of which one bit has changed is refused, or is as before', async () => {
    const { bytes } = await threeUnits();
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const found = await opened(changed);
      assert.ok(found === 'host-api/store_corrupt' || found === 'host-api/store_unsuitable', `byte ${at}: ${found}`);
    }
  });

  test('that belongs to somebody else is refused and left alone', async () => {
    const file = newFile();
    writeFileSync(file, 'Dear diary,\nno end of line');
    await assert.rejects(openOwnStore(file, opening), { code: 'host-api/store_unsuitable' });
    assert.equal(readFileSync(file, 'utf8'), 'Dear diary,\nno end of line');
  });

  test('in a folder that is not there is refused without naming the folder', async () => {
    const error = await openOwnStore(`${newFile()}/not/there`, opening).catch((reason: unknown) => reason);
    assert.ok(codeOf(error));
    assert.equal(JSON.stringify(error).includes('there'), false);
  });

  test('holds nothing any more of what was removed', async () => {
    const file = newFile();
    const store = await openOwnStore(file, opening);
    await store.commit(record(1, 'to be forgotten'));
    await store.commit(record(2, 'kept'));
    await store.commit([{ kind: 'remove', stream, cursors: [1] }]);
    assert.deepEqual(/forgotten|kept/g.exec(readFileSync(file, 'utf8'))?.[0], 'kept');
    await store.commit(record(3, 'later'));
    await store.close();
    const again = await openOwnStore(file, opening);
    assert.deepEqual(await cursors(again), [2, 3]);
    assert.deepEqual(await again.listStreams({ limit: 9 }), [{ stream, head: 3, earliest: 1, removed: 1 }]);
    await again.close();
  });
});

describe('An acknowledged unit', () => {
  test('is in the file and synced, and units that come together share a sync', async () => {
    const file = newFile();
    let syncs = 0;
    let synced = '';
    const store = await openOwnStore(file, opening, (descriptor) => {
      fsyncSync(descriptor);
      syncs += 1;
      synced = readFileSync(file, 'utf8');
    });
    const before = syncs;
    const numbers = Array.from({ length: 64 }, (_, at) => at + 1);
    await Promise.all(
      numbers.map(async (number) => {
        await store.commit(record(number));
        assert.ok(synced.includes(fixedUuid(number)));
      }),
    );
    assert.deepEqual([syncs - before, await cursors(store)], [1, numbers]);
    await store.close();
  });

  test('was never one whose sync failed: the store stops, and its file opens with what it holds', async () => {
    const file = newFile();
    let fails = false;
    const store = await openOwnStore(file, opening, (descriptor) => {
      if (fails) throw new Error('EIO');
      fsyncSync(descriptor);
    });
    await store.commit(record(1));
    fails = true;
    const both = [store.commit(record(2)), store.commit(record(3))];
    for (const each of both) await assert.rejects(each, codeOf);
    fails = false;
    await assert.rejects(store.commit(record(4)), codeOf);
    await assert.rejects(cursors(store), codeOf);
    await store.close();
    const again = await openOwnStore(file, opening);
    assert.equal((await cursors(again))[0], 1);
    await again.commit([...record(2), ...record(3), ...record(4)]);
    assert.deepEqual(await cursors(again), [1, 2, 3, 4]);
    await again.close();
  });

  test('is there after its process was killed', async () => {
    const file = newFile();
    const child = fork(new URL('committing.ts', import.meta.url), [file], { execArgv: process.execArgv });
    const acknowledged: number[] = [];
    child.on('message', (number: number) => {
      acknowledged.push(number);
      if (acknowledged.length === 20) child.kill('SIGKILL');
    });
    await once(child, 'exit');
    const store = await openOwnStore(file, opening);
    const found = new Set(await cursors(store));
    assert.ok(acknowledged.length >= 20);
    assert.deepEqual(
      acknowledged.filter((number) => !found.has(number)),
      [],
    );
    await store.close();
  });
});

test('The program counts its starts', async () => {
  const [file, printed]: [string, string[]] = [newFile(), []];
  for (let start = 0; start < 2; start += 1) await main(file, (line) => printed.push(line));
  assert.deepEqual(printed, ['Started 1 times.', 'Started 2 times.']);
});
