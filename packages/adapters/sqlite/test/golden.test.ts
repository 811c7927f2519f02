/**
 * Databases as earlier versions have left them. `golden/v1.db`: leases, idempotency records and a gate of two, keys beyond
 * the basic plane; five families for three tenants, records with few and with all labels of that time, kinds with quotes,
 * bodies with line separators. `golden/v2.db`: the same, migrated, then cut, with records removed and records with the
 * labels of its time. The `.json` beside each says what the version that wrote it read from it.
 */
import { copyFile, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  chainLink,
  chainOrigin,
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  type DurableStore,
  type StreamKey,
} from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { connect } from '../src/driver.ts';
import { sha256Hex } from '../src/sha256.ts';
import { createDriverScript } from '../src/testkit/index.ts';
import { codeOf, draft, openStore, opening, temporaryFile } from './support.ts';

const given = { ...opening, machines: [leaseMachine, idempotencyMachine, gateMachine] };

interface Content {
  readonly records: Readonly<Record<string, unknown>>;
  readonly streams: readonly {
    readonly stream: StreamKey;
    readonly head: number;
    readonly records: readonly unknown[];
  }[];
}

function golden(name: string): string {
  return fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
}

async function copyOf(name: string): Promise<string> {
  const file = await temporaryFile();
  await copyFile(golden(name), file);
  return file;
}

async function contentOf(store: DurableStore, streams: readonly StreamKey[]): Promise<Content> {
  const records: Record<string, unknown> = {};
  for (const { name } of given.machines) records[name] = await store.list(name, { limit: 1000 });
  const pages = streams.map(async (stream) => {
    const page = await store.readStream({ stream, after: 0, limit: 1000 });
    return { stream, head: page.head, records: page.records };
  });
  return { records, streams: await Promise.all(pages) };
}

/** Every link follows from the one before, from an origin that names the stream. */
async function expectChained(store: DurableStore, stream: StreamKey): Promise<void> {
  const { baseChain, headChain, records } = await store.readRaw({ stream, after: 0, limit: 1000 });
  let before = baseChain;
  for (const { content, chain, ...record } of records) {
    if (content !== undefined) expect(chain).toBe(chainLink(sha256Hex, before, { ...record, ...content }));
    before = chain;
  }
  expect(before).toBe(headChain);
}

describe.each(['v1', 'v2'])('a database of version %s', (version) => {
  test('opens with everything in it, chained', async () => {
    const expected = JSON.parse(await readFile(golden(`${version}.json`), 'utf8')) as Content;
    const store = await openStore(await copyOf(`${version}.db`), { opening: given });
    const keys = expected.streams.map(({ stream }) => stream);
    expect(await contentOf(store, keys)).toEqual(expected);
    for (const key of keys) await expectChained(store, key);
    expect((await store.listStreams({ limit: 1000 })).map(({ stream }) => stream)).toHaveLength(keys.length);
    const [key] = keys;
    if (key === undefined) throw new Error('no stream');
    const { head } = await store.readStream({ stream: key, after: 0, limit: 1 });
    const outcome = await store.commit([{ kind: 'append', stream: key, records: [draft(999_999)] }]);
    expect(outcome).toEqual({ kind: 'committed', receipts: [{ kind: 'appended', cursors: [head + 1] }] });
    await expectChained(store, key);
    await store.close();
    expect((await openStore(await copyOf(`${version}.db`), { opening: given })).durability.anchored).toBe(true);
  });
});

describe('migration', () => {
  test('begins chains at their origin and gives an anchor', async () => {
    const store = await openStore(await copyOf('v1.db'), { opening: given });
    for (const { stream, head, earliest, removed } of await store.listStreams({ limit: 1000 })) {
      expect([earliest, removed]).toEqual([1, 0]);
      const raw = await store.readRaw({ stream, after: 0, limit: 1000 });
      expect([raw.baseChain, raw.records.length]).toEqual([chainOrigin(sha256Hex, stream), head]);
    }
    const anchor = await store.anchor();
    expect(anchor?.stream).toEqual({ family: 'transcript', tenantId: '😀' });
  });

  test('that breaks off at any call leaves the file as it was, and is done by the next one', async () => {
    const probe = createDriverScript();
    await (await openStore(await copyOf('v1.db'), { opening: given, driver: probe.driver })).close();
    const calls = probe.calls();
    const from = calls.indexOf('BEGIN IMMEDIATE');
    const steps = calls.indexOf('COMMIT') - from + 1;
    const expected = JSON.parse(await readFile(golden('v1.json'), 'utf8')) as Content;
    for (const nth of [1, 2, 3, 4, 10, steps - 20, steps - 3, steps - 2, steps - 1, steps]) {
      const file = await copyOf('v1.db');
      const { driver } = createDriverScript({
        when: /./,
        nth: from + nth,
        event: { do: 'fail', code: 'SQLITE_IOERR_WRITE', moment: 'before' },
      });
      expect(await codeOf(openStore(file, { opening: given, driver }))).toBe('host-api/store_unavailable');
      const left = connect(file, 'read');
      expect([nth, left.pragma('user_version')]).toEqual([nth, 1]);
      left.close();
      const store = await openStore(file, { opening: given });
      expect(
        await contentOf(
          store,
          expected.streams.map(({ stream }) => stream),
        ),
      ).toEqual(expected);
    }
  });
});
