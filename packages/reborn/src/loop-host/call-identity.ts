/**
 * Which invocation a call of a loop is: the same call of the same run is the same one, in whatever process and however
 * often it is made. So whoever reads a story finds the words of the model that a record is about.
 *
 * Not here: idempotency keys (`loop-host.ts`), which name the effect.
 */
import { digestOf, invocationIdSchema, portableDigest, type InvocationId, type RunId } from '@reborn/host-api';

/** A UUID of version 8 (RFC 9562, section 5.8) made of a fingerprint of run and call. */
export function toInvocationId(runId: RunId, callId: string): InvocationId {
  const hex = digestOf({ runId, callId }, portableDigest).slice('sha256:'.length);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return invocationIdSchema.parse(parts.join('-'));
}
