/**
 * Lends secrets to one call: all of them are read before the first is handed out.
 *
 * Not here: keeping them (`secret-store.ts`), which of them a grant allows (`../invoke/authorize.ts`).
 * Source: specification 2, a.10 step 4 and b.5 step 9; measures, I4.
 */
import type { CredentialRequirement, ResourceScope, SecretHandle } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { isSecretText } from './secret-text.ts';
import { createRedactor, type Redactor } from './redactor.ts';
import type { SecretSource } from './secret-store.ts';
import type { SecretValue } from './secret-value.ts';
import type { StagedSecrets } from './staged-secrets.ts';

/** Worth nothing once it is revoked. */
export interface LentSecrets {
  /** For the way out to a network: may be used at several places of one request, and for several requests of one call. */
  value(handle: SecretHandle): SecretValue | undefined;
  /** Knows all of them, and goes on working when they are revoked: what the call left behind is looked at afterwards. */
  readonly redactor: Redactor;
  /** What the capability itself sees: each secret once. */
  readonly staged: StagedSecrets;
  /** The call is over: nothing is handed out any more. Idempotent. */
  revoke(): void;
}

/** `missing`: required ones that are not there. `count`: how many were lent, for the audit. */
export type StagingOutcome =
  | { readonly kind: 'staged'; readonly lent: LentSecrets; readonly count: number }
  | { readonly kind: 'missing'; readonly handles: readonly SecretHandle[] };

/** `requirements`: those that a grant allows. Errors: those of the source; `host-runtime/secrets_unavailable`. */
export async function stageSecrets(
  source: SecretSource,
  scope: ResourceScope,
  requirements: readonly CredentialRequirement[],
): Promise<StagingOutcome> {
  const read = await Promise.all(
    requirements.map(async ({ handle, required }) => ({ handle, required, value: await source.read(scope, handle) })),
  );
  const missing = read.filter(({ required, value }) => required && value === undefined);
  if (missing.length > 0) return { kind: 'missing', handles: [...new Set(missing.map(({ handle }) => handle))] };
  const values = new Map(read.flatMap(({ handle, value }) => (value === undefined ? [] : [[handle, value] as const])));
  // One that cannot be told apart in what comes back must not go out.
  if (![...values.values()].every(isSecretText)) {
    throw new HostRuntimeError('host-runtime/secrets_unavailable', {
      detail: { field: 'secret', rule: 'has a form that cannot be kept out of outputs' },
    });
  }
  return { kind: 'staged', lent: lend(values), count: values.size };
}

function lend(values: Map<SecretHandle, SecretValue>): LentSecrets {
  const untaken = new Set(values.keys());
  return {
    value: (handle) => values.get(handle),
    redactor: createRedactor([...values.values()]),
    staged: Object.freeze({
      take: (handle: SecretHandle) => (untaken.delete(handle) ? values.get(handle) : undefined),
    }),
    revoke: () => {
      values.clear();
      untaken.clear();
    },
  };
}
