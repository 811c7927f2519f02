/** Faults of the turn store. A busy thread, a lost lease or an unknown run are outcomes, not faults. */
import { defineFaults } from '@reborn/host-api';

export const TurnsError = defineFaults('turns', {
  invalid_request: {
    meaning: 'A request about a turn does not have the required form',
    remedy: 'Correct the named field; the rule says what it takes.',
    retryable: false,
  },
  idempotency_conflict: {
    meaning: 'The idempotency key stands for another message already',
    remedy: 'Use a new key for a new message, or send the first message again.',
    retryable: false,
  },
  contended: {
    meaning: 'The record changed too often while this was tried',
    remedy: 'Try again.',
    retryable: true,
  },
});
export type TurnsError = InstanceType<typeof TurnsError>;
