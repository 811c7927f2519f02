import { parseSecretHandle, parseUserId } from '@reborn/host-api';
import { buildScope } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { SecretValue } from '../secret/secret-value.ts';
import { createFakeSecretStore } from './fake-secret-store.ts';

const scope = buildScope();
const handle = parseSecretHandle('forge.token');
const by = { kind: 'user', id: parseUserId('alice') } as const;
const change = { owner: scope, handle, by };

test('answers as it was told to, and records who asked for what', async () => {
  const store = createFakeSecretStore({
    secrets: { 'forge.token': 'text', a: null },
    changes: ['done', 'done', 'nothing_there', { fault: 'host-runtime/secrets_unavailable' }],
  });
  const value = new SecretValue('new text');
  expect(await store.present(scope, [handle, parseSecretHandle('a')])).toEqual(new Set([handle]));
  expect((await store.read(scope, handle))?.reveal()).toBe('text');
  expect(await store.read(scope, parseSecretHandle('a'))).toBeUndefined();
  expect(await store.sealed(change, value)).toEqual([]);
  await store.put(change, value);
  expect(await store.remove(change)).toBe(false);
  await expect(store.put(change, value)).rejects.toMatchObject({ code: 'host-runtime/secrets_unavailable' });
  expect(await store.list(scope)).toEqual([{ handle, shared: false, storedAtMs: 0 }]);
  expect(
    store.requests.map(({ method, handles, by, value }) => [method, handles.length, by?.kind, value?.reveal()]),
  ).toEqual([
    ['present', 2, undefined, undefined],
    ['read', 1, undefined, undefined],
    ['read', 1, undefined, undefined],
    ['sealed', 1, 'user', 'new text'],
    ['put', 1, 'user', 'new text'],
    ['remove', 1, 'user', undefined],
    ['put', 1, 'user', 'new text'],
    ['list', 0, undefined, undefined],
  ]);
});

test('what the script does not answer is a fault, not an answer', async () => {
  const store = createFakeSecretStore();
  const unavailable = { code: 'host-runtime/unavailable' };
  await expect(store.read(scope, handle)).rejects.toMatchObject(unavailable);
  await expect(store.present(scope, [handle])).rejects.toMatchObject(unavailable);
  await expect(store.put(change, new SecretValue('text'))).rejects.toMatchObject(unavailable);
  await expect(store.remove(change)).rejects.toMatchObject(unavailable);
});
