/** Faults of the door. Denials, waits and failed calls are outcomes, not faults. */
import { defineFaults, InvariantError, isFault } from '@reborn/host-api';

export const HostRuntimeError = defineFaults('host-runtime', {
  invalid_request: {
    meaning: 'A request to the host runtime does not have the required form',
    remedy: 'Correct the named field; the rule says what it takes.',
    retryable: false,
  },
  idempotency_conflict: {
    meaning: 'The idempotency key stands for another call already',
    remedy: 'Use a new key for a new call, or repeat the first call unchanged.',
    retryable: false,
  },
  lease_lost: {
    meaning: 'The run that makes the call is no longer held by its worker',
    remedy: 'Stop: another worker has taken the run over.',
    retryable: false,
  },
  unavailable: {
    meaning: 'The host runtime could not do its work',
    remedy: 'Try again; if it stays, look at `reborn doctor`.',
    retryable: true,
  },
  secrets_unavailable: {
    meaning: 'A secret cannot be sealed or opened',
    remedy: 'Give the host the key with which its secrets were stored; `reborn doctor` says whether it has one.',
    retryable: false,
  },
  invalid_composition: {
    meaning: 'The host runtime was put together from parts that contradict each other',
    remedy: 'Correct the named part.',
    retryable: false,
  },
});
export type HostRuntimeError = InstanceType<typeof HostRuntimeError>;

/**
 * What callers see of trouble below the door: one class, no foreign text. Bugs stay bugs. The code of a fault below
 * stands in `detail.rule`.
 */
export function toHostRuntimeError(error: unknown): unknown {
  if (HostRuntimeError.is(error) || error instanceof InvariantError) return error;
  const rule = isFault(error) ? `failed with ${error.code}` : 'failed';
  return new HostRuntimeError('host-runtime/unavailable', { detail: { field: 'host', rule }, cause: error });
}
