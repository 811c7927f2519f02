/** Where a stored secret must not be found: in the bytes of a database, in other records, in faults. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sqlite } from '@reborn/adapter-sqlite';
import {
  createInMemoryStore,
  getRecord,
  parseSecretHandle,
  parseTenantId,
  parseUserId,
  type Cipher,
  type DurableStore,
} from '@reborn/host-api';
import { buildScope, createFakeCipher, createFakePlatform, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { secretMachine, storeSecret, toSecretKey } from '../src/secret/secret-machine.ts';
import { SecretValue } from '../src/secret/secret-value.ts';
import { createStoredSecrets } from '../src/secret/stored-secrets.ts';
import { shapedSecret } from './secret-spellings.ts';

const platform = createFakePlatform();
const { clock, ids, timers } = platform;
const scope = buildScope();
const { tenantId, userId } = scope;
const handle = parseSecretHandle('forge.token');
const change = { owner: { tenantId, userId }, handle, by: { kind: 'user', id: userId } } as const;
const shared = { ...change, owner: { tenantId } };

/** Seals nothing: what the searches below have to find out. */
const glass: Cipher = { seal: async (plain) => plain, open: async (sealed) => sealed };

describe('the files of a database', () => {
  /** Every byte that was there at any time, with the log of the database, before and after it was closed. */
  async function bytesOf(cipher: Cipher, secrets: readonly string[]): Promise<Buffer> {
    const folder = await mkdtemp(join(tmpdir(), 'reborn-secrets-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const open = () => sqlite(join(folder, 'agent.db')).open({ machines: [secretMachine], clock, timers });
    const readAll = async (): Promise<Buffer> => {
      const names = await readdir(folder);
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
    };
    const store = await open();
    const kept = createStoredSecrets({ store, clock, ids, cipher });
    for (const [at, text] of secrets.entries()) {
      await kept.put({ ...change, handle: parseSecretHandle(`s${at}`) }, new SecretValue(text));
      await kept.put({ ...shared, handle: parseSecretHandle(`s${at}`) }, new SecretValue(text));
    }
    const before = await readAll();
    await kept.remove({ ...change, handle: parseSecretHandle('s0') });
    const removed = await readAll();
    await store.close();
    expect(before.length).toBeGreaterThan(4096);
    return Buffer.concat([before, removed, await readAll()]);
  }

  test('hold no secret in any spelling', async () => {
    const secrets = [createSentinel('database'), ...fc.sample(shapedSecret, 5).filter((text) => text.length > 8)];
    const bytes = await bytesOf(createFakeCipher(), secrets);
    expect(findLeaks(bytes.toString('latin1'), secrets)).toEqual([]);
    expect(secrets.filter((text) => bytes.includes(text))).toEqual([]);
  });

  test('would show every one of them without encryption', async () => {
    const secrets = [createSentinel('glass'), createSentinel('glass')];
    const bytes = await bytesOf(glass, secrets);
    expect(findLeaks(bytes.toString('latin1'), secrets)).toEqual(secrets);
  });
});

describe('in memory, with one store', () => {
  function world(cipher: Cipher = createFakeCipher()) {
    const store = createInMemoryStore({ machines: [secretMachine], clock, timers });
    return { store, secrets: createStoredSecrets({ store, clock, ids, cipher }) };
  }
  const rowOf = async (store: DurableStore, owner: typeof shared.owner | typeof change.owner, name = handle) =>
    getRecord(store, secretMachine, toSecretKey(owner, name));

  test('what is kept, its commands and its audit say nothing of the value', async () => {
    const { store, secrets } = world();
    const sentinel = createSentinel('row');
    const writes = await secrets.sealed(change, new SecretValue(sentinel));
    await store.commit(writes);
    const audit = await store.readStream({ stream: { family: 'audit', tenantId }, after: 0, limit: 10 });
    const kept = [writes, await store.list('secret', { limit: 10 }), audit, await secrets.list(scope)];
    expect(findLeaks(kept, [sentinel])).toEqual([]);
    expect(inspect(secrets, { depth: null, showHidden: true })).not.toContain(sentinel);
  });

  test('a removed secret leaves nothing sealed behind, and its versions go on', async () => {
    const { store, secrets } = world();
    await secrets.put(change, new SecretValue('text'));
    await secrets.remove(change);
    const { sealed, status, version } = (await rowOf(store, change.owner)) ?? {};
    expect({ sealed, status, version }).toEqual({ sealed: undefined, status: 'removed', version: 2 });
    await secrets.put(change, new SecretValue('text'));
    expect((await rowOf(store, change.owner))?.version).toBe(3);
  });

  test('a sealed value opens nowhere but where it was put: not for another owner, name or version', async () => {
    const { store, secrets } = world();
    const sentinel = createSentinel('moved');
    await secrets.put(change, new SecretValue(sentinel));
    const { sealed = '', version = 0 } = (await rowOf(store, change.owner)) ?? {};
    const bob = { tenantId, userId: parseUserId('bob') };
    const carol = { tenantId, userId: parseUserId('carol') };
    const foreign = { tenantId: parseTenantId('other'), userId };
    const name = parseSecretHandle('another');
    const places = [
      [storeSecret({ owner: bob, handle, version, sealed }), bob, handle],
      [storeSecret({ owner: foreign, handle, version, sealed }), foreign, handle],
      [storeSecret({ owner: { tenantId }, handle: name, version, sealed }), scope, name],
      [storeSecret({ owner: change.owner, handle, version: 2, sealed }), scope, handle],
      // The record may say of itself that it belongs where it came from.
      [
        { ...storeSecret({ owner: change.owner, handle, version, sealed }), key: toSecretKey(carol, handle) },
        carol,
        handle,
      ],
    ] as const;
    for (const [write, reader, wanted] of places) {
      expect((await store.commit([write])).kind).toBe('committed');
      const fault = await secrets.read({ ...scope, ...reader }, wanted).catch((error: unknown) => error);
      expect(fault).toMatchObject({ code: 'host-runtime/secrets_unavailable' });
      expect(findLeaks([fault, inspect(fault)], [sentinel, sealed])).toEqual([]);
    }
  });

  test('a fault about a key says nothing of keys, secrets or where they are', async () => {
    const { store, secrets } = world(createFakeCipher(createSentinel('key')));
    const sentinel = createSentinel('fault');
    await secrets.put(change, new SecretValue(sentinel));
    const other = createStoredSecrets({ store, clock, ids, cipher: createFakeCipher('another') });
    const fault = await other.read(scope, handle).catch((error: unknown) => error);
    expect(JSON.parse(JSON.stringify(fault))).toEqual({
      code: 'host-runtime/secrets_unavailable',
      message: expect.any(String),
      remedy: expect.any(String),
      retryable: false,
      detail: { field: 'secret', rule: 'does not open with the key of this host' },
    });
    expect(findLeaks([fault, inspect(fault)], [sentinel, 'sentinel-key', handle, userId])).toEqual([]);
  });

  test('an owner has at most 256 secrets', async () => {
    const { store, secrets } = world();
    const put = (at: number) =>
      secrets.put({ ...change, handle: parseSecretHandle(`s${at}`) }, new SecretValue('text'));
    const full = Array.from({ length: 256 }, (_, at) => parseSecretHandle(`s${at}`));
    await store.commit(full.map((handle) => storeSecret({ owner: change.owner, handle, version: 1, sealed: 'AAAA' })));
    await expect(put(256)).rejects.toMatchObject({ detail: { field: 'handle', rule: 'must be one of at most 256' } });
    await put(0);
    await secrets.put(shared, new SecretValue('text'));
    await secrets.remove({ ...change, handle: parseSecretHandle('s7') });
    await put(256);
    expect((await secrets.list(scope)).length).toBe(257);
  });
});
