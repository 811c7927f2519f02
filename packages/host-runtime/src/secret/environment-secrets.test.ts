import { parseSecretHandle } from '@reborn/host-api';
import { buildScope, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { expect, test } from 'vitest';
import { HostRuntimeError } from '../errors.ts';
import { createFakeSecretStore } from '../testkit/fake-secret-store.ts';
import { environmentSecrets, firstOf } from './environment-secrets.ts';

const scope = buildScope();
const [forge, chat, none] = ['forge.token', 'chat', 'none'].map((name) => parseSecretHandle(name)) as [
  never,
  never,
  never,
];

test('the environment lends what it was told to lend, read once, and nothing else', async () => {
  const environment: Record<string, string> = { FORGE: 'from-environment', EMPTY: '', PATH: '/usr/bin' };
  const source = environmentSecrets(environment, { 'forge.token': 'FORGE', chat: 'EMPTY', none: 'toString' });
  environment['FORGE'] = 'changed';
  expect(await source.present(scope, [forge, chat, none])).toEqual(new Set([forge]));
  expect((await source.read(scope, forge))?.reveal()).toBe('from-environment');
  expect(await source.read(scope, chat)).toBeUndefined();
  expect(source.describe()).toEqual({ implementation: 'environment', encrypted: false, durable: false });
});

test('a variable that cannot be a secret is refused when the host is put together, without its value', () => {
  const sentinel = createSentinel('variable');
  const refused = (name: string, text: string): unknown => {
    try {
      return environmentSecrets({ V: text }, { [name]: 'V' });
    } catch (error) {
      return HostRuntimeError.is(error) ? [error.code, error.detail, findLeaks(error, [sentinel])] : error;
    }
  };
  const code = 'host-runtime/invalid_composition';
  expect(refused('forge', 'abc')).toEqual([code, { field: 'forge', rule: 'must be at least 4 bytes' }, []]);
  expect(refused('forge', `${sentinel}\u0000`)).toEqual([code, { field: 'forge', rule: 'must not contain NUL' }, []]);
  expect(refused(`A ${sentinel}`, 'abcd')).toEqual([
    code,
    { field: 'secrets', rule: 'must be named as secrets are' },
    [],
  ]);
});

test('the store is asked before the environment, and alone is changed', async () => {
  const store = createFakeSecretStore({ secrets: { 'forge.token': 'from-store', chat: null, none: null } });
  const both = firstOf(store, environmentSecrets({ A: 'from-environment' }, { 'forge.token': 'A', chat: 'A' }));
  expect((await both.read(scope, forge))?.reveal()).toBe('from-store');
  expect((await both.read(scope, chat))?.reveal()).toBe('from-environment');
  expect(await both.read(scope, none)).toBeUndefined();
  expect(await both.present(scope, [forge, chat, none])).toEqual(new Set([forge, chat]));
  expect(both.describe()).toEqual({ implementation: 'script, environment', encrypted: false, durable: false });
});
