/** Faults of the door. Denials, waits and failed calls are outcomes, not faults. */
import { defineFaults } from '@reborn/host-api';

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
  invalid_composition: {
    meaning: 'The host runtime was put together from parts that contradict each other',
    remedy: 'Correct the named part.',
    retryable: false,
  },
});
export type HostRuntimeError = InstanceType<typeof HostRuntimeError>;
