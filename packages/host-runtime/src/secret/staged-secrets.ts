/**
 * Secrets in the hands of a capability: each of them once, and none when the call is over.
 *
 * Not here: lending them (`stage-secrets.ts`), taking them out of what comes back (`redact-output.ts`).
 * Source: specification 2, b.5 step 9 and a.10.
 */
import type { SecretHandle } from '@reborn/host-api';
import type { SecretValue } from './secret-value.ts';

/** What a capability in this process sees of its secrets. */
export interface StagedSecrets {
  /** `undefined` for a secret that was not lent to this call, or was taken already. */
  take(handle: SecretHandle): SecretValue | undefined;
}
