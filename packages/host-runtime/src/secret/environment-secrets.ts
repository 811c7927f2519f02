/**
 * Secrets from the environment of the process, for hosts on one's own machine: the operator's, lent to everybody whom the
 * host serves. They are read once, kept in memory only, and cannot be changed here.
 *
 * Not here: which environment (the composers hand it over), secrets of the host's own (`stored-secrets.ts`).
 * Source: rulings, section 4.
 */
import { secretHandleSchema, type ResourceScope, type SecretHandle } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import type { SecretSource, SecretStore } from './secret-store.ts';
import { secretTextRule } from './secret-text.ts';
import { SecretValue } from './secret-value.ts';

/**
 * `variables`: names of secrets, each with the variable that holds it. Variables that are not set, or empty, hold none.
 * Errors: `host-runtime/invalid_composition` naming the secret, for what cannot be one.
 */
export function environmentSecrets(
  environment: Readonly<Record<string, string | undefined>>,
  variables: Readonly<Record<string, string>>,
): SecretSource {
  const values = new Map<SecretHandle, SecretValue>();
  for (const [name, variable] of Object.entries(variables)) {
    const handle = secretHandleSchema.safeParse(name);
    if (!handle.success) throw unfit('secrets', 'must be named as secrets are');
    const text = Object.hasOwn(environment, variable) ? (environment[variable] ?? '') : '';
    if (text === '') continue;
    const value = new SecretValue(text);
    const rule = secretTextRule(value);
    if (rule !== undefined) throw unfit(handle.data, rule);
    values.set(handle.data, value);
  }
  return Object.freeze({
    present: async (_: ResourceScope, handles: readonly SecretHandle[]) =>
      new Set(handles.filter((handle) => values.has(handle))),
    read: async (_: ResourceScope, handle: SecretHandle) => values.get(handle),
    describe: () => ({ implementation: 'environment', encrypted: false, durable: false }),
  });
}

/** A store, and behind it where else is looked for what it does not have. */
export function firstOf(store: SecretStore, ...others: readonly SecretSource[]): SecretStore {
  const sources = [store, ...others];
  return Object.freeze({
    present: async (scope: ResourceScope, handles: readonly SecretHandle[]) => {
      const sets = await Promise.all(sources.map((source) => source.present(scope, handles)));
      return new Set(handles.filter((handle) => sets.some((present) => present.has(handle))));
    },
    read: async (scope: ResourceScope, handle: SecretHandle) => {
      for (const source of sources) {
        const value = await source.read(scope, handle);
        if (value !== undefined) return value;
      }
      return undefined;
    },
    sealed: store.sealed.bind(store),
    put: store.put.bind(store),
    remove: store.remove.bind(store),
    list: store.list.bind(store),
    describe: () => {
      const kept = sources.map((source) => source.describe());
      return {
        implementation: kept.map(({ implementation }) => implementation).join(', '),
        encrypted: kept.every(({ encrypted }) => encrypted),
        durable: store.describe().durable,
      };
    },
  });
}

function unfit(field: string, rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/invalid_composition', { detail: { field, rule } });
}
