/**
 * A secret store by script, which records who asked for what. It seals nothing and keeps nothing.
 *
 * Not here: true semantics for tests (`createStoredSecrets` over `createInMemoryStore`, with a fake cipher).
 * Source: specification 2, c.
 */
import type { Principal, SecretHandle } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import type { SecretOwner, SecretStore } from '../secret/secret-store.ts';
import { SecretValue } from '../secret/secret-value.ts';
import type { Latch } from './fake-host-runtime.ts';

/** A text; nothing there (`null`); or a fault. `latch` holds the answer to `read`. */
export type ScriptedSecret =
  | string
  | null
  | { readonly text: string; readonly latch: Latch }
  | { readonly fault: HostRuntimeError['code'] };

/** `secrets`: for whoever asks. `changes`: answers to `sealed`, `put` and `remove`, each used once, in order. */
export interface FakeSecretStoreScript {
  readonly secrets?: Readonly<Record<string, ScriptedSecret>>;
  readonly changes?: readonly ('done' | 'nothing_there' | { readonly fault: HostRuntimeError['code'] })[];
}

/** What was asked, in order. `value` shows itself to nobody. */
export interface SecretRequest {
  readonly method: 'present' | 'read' | 'sealed' | 'put' | 'remove' | 'list';
  readonly owner: SecretOwner;
  readonly handles: readonly SecretHandle[];
  readonly by?: Principal;
  readonly value?: SecretValue;
}

/** Errors of each method: the scripted fault; `host-runtime/unavailable` for what the script does not answer. */
export interface FakeSecretStore extends SecretStore {
  readonly requests: readonly SecretRequest[];
}

export function createFakeSecretStore(script: FakeSecretStoreScript = {}): FakeSecretStore {
  const secrets = new Map(Object.entries(script.secrets ?? {}));
  const changes = [...(script.changes ?? [])];
  const requests: SecretRequest[] = [];
  const scripted = (handle: SecretHandle): ScriptedSecret => {
    const found = secrets.get(handle);
    if (found === undefined) throw unscripted('this secret');
    return found;
  };
  const change = async (
    method: 'sealed' | 'put' | 'remove',
    about: Parameters<SecretStore['put']>[0],
    value?: SecretValue,
  ): Promise<boolean> => {
    const { owner, handle, by } = about;
    requests.push({ method, owner: { ...owner }, handles: [handle], by, ...(value === undefined ? {} : { value }) });
    const next = changes.shift();
    if (next === undefined) throw unscripted('this change');
    if (typeof next === 'object') throw new HostRuntimeError(next.fault);
    return next === 'done';
  };
  return {
    requests,
    present: async (scope, handles) => {
      requests.push({ method: 'present', owner: { ...scope }, handles: [...handles] });
      return new Set(handles.filter((handle) => scripted(handle) !== null));
    },
    read: async (scope, handle) => {
      requests.push({ method: 'read', owner: { ...scope }, handles: [handle] });
      const found = scripted(handle);
      if (found === null || typeof found === 'string') return found === null ? undefined : new SecretValue(found);
      if ('fault' in found) throw new HostRuntimeError(found.fault);
      found.latch.arrive();
      await found.latch.opened;
      return new SecretValue(found.text);
    },
    sealed: async (about, value) => {
      await change('sealed', about, value);
      return [];
    },
    put: async (about, value) => void (await change('put', about, value)),
    remove: (about) => change('remove', about),
    list: async (owner) => {
      requests.push({ method: 'list', owner: { ...owner }, handles: [] });
      const there = [...secrets].filter(([, secret]) => secret !== null).map(([handle]) => handle as SecretHandle);
      return there.toSorted().map((handle) => ({ handle, shared: false, storedAtMs: 0 }));
    },
    describe: () => ({ implementation: 'script', encrypted: false, durable: false }),
  };
}

function unscripted(what: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/unavailable', {
    detail: { field: 'script', rule: `has no answer for ${what}` },
  });
}
