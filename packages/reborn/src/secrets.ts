/**
 * Secrets in the hands of an operator: names, and values on the way in. No value ever comes out here.
 *
 * Not here: keeping them, lending them to calls (`@reborn/host-runtime`), answers of people to a gate that asks for one
 * (`HostRuntime.resolveGate`).
 */
import {
  parseWith,
  principalSchema,
  resourceScopeSchema,
  secretHandleSchema,
  type Cipher,
  type DurableStore,
  type Platform,
  type TenantId,
} from '@reborn/host-api';
import {
  createStoredSecrets,
  environmentSecrets,
  firstOf,
  SecretValue,
  type SecretListing,
  type SecretStore,
} from '@reborn/host-runtime';
import { z } from 'zod';
import { RebornError } from './errors.ts';

const ownerSchema = resourceScopeSchema.pick({ tenantId: true, userId: true }).partial({ userId: true });
const changeSchema = z.strictObject({ owner: ownerSchema, handle: secretHandleSchema, by: principalSchema });

/**
 * `cipher` seals what is stored; without one nothing can be stored. `environment`: names of secrets, each with the variable
 * of `values` that holds it; they are the operator's own, lent to everybody, and not for production.
 */
export interface SecretsOption {
  readonly cipher?: Cipher;
  readonly environment?: {
    readonly names: Readonly<Record<string, string>>;
    readonly values: Readonly<Record<string, string | undefined>>;
  };
}

/** `owner` without a user: everybody of the tenant. `by`: for the audit. */
export type SecretTarget = z.input<typeof changeSchema>;

/**
 * Errors: `host-api/invalid_value` for a target, `host-runtime/invalid_request` for what cannot be a secret,
 * `host-runtime/secrets_unavailable` without a key, `reborn/unknown_tenant`; those of the store.
 */
export interface HostSecrets {
  /** Replaces one that is there. */
  put(target: SecretTarget, value: string): Promise<void>;
  /** False when there was none. */
  remove(target: SecretTarget): Promise<boolean>;
  /** Names only: the person's own and those of everybody. Order: by handle, a person's own first. */
  list(owner: SecretTarget['owner']): Promise<readonly SecretListing[]>;
}

/** Errors: `host-runtime/invalid_composition` for a variable that cannot be a secret. */
export function openSecretStore(
  option: SecretsOption | undefined,
  store: DurableStore,
  { clock, ids }: Pick<Platform, 'clock' | 'ids'>,
): SecretStore {
  const { cipher, environment } = option ?? {};
  const stored = createStoredSecrets({ store, clock, ids, cipher });
  return environment === undefined
    ? stored
    : firstOf(stored, environmentSecrets(environment.values, environment.names));
}

export function createHostSecrets(
  secrets: SecretStore,
  tenants: readonly TenantId[],
  whileOpen: <T>(work: () => Promise<T>) => Promise<T>,
): HostSecrets {
  const served = (owner: z.output<typeof ownerSchema>): typeof owner => {
    if (tenants.includes(owner.tenantId)) return owner;
    throw new RebornError('reborn/unknown_tenant');
  };
  const parseTarget = (target: SecretTarget): z.output<typeof changeSchema> => {
    const change = parseWith(changeSchema, target, 'target');
    return { ...change, owner: served(change.owner) };
  };
  return {
    put: (target, value) =>
      whileOpen(async () => {
        const text = parseWith(z.string(), value, 'value');
        return secrets.put(parseTarget(target), new SecretValue(text));
      }),
    remove: (target) => whileOpen(async () => secrets.remove(parseTarget(target))),
    list: (owner) => whileOpen(async () => secrets.list(served(parseWith(ownerSchema, owner, 'owner')))),
  };
}
