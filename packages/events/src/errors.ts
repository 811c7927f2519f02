/** Faults of the log. Outcomes such as "that cursor lies ahead" are variants of `ReadOutcome`, not faults. */
import { defineFaults } from '@reborn/host-api';

export const EventsError = defineFaults('events', {
  invalid_cursor: {
    meaning: 'A cursor does not have the required form',
    remedy: 'Send the cursor as it was given to you: a whole decimal number, or nothing for the beginning.',
    retryable: false,
  },
  invalid_request: {
    meaning: 'A request to the log does not have the required form',
    remedy: 'Correct the named field; the rule says what it takes.',
    retryable: false,
  },
  invalid_record: {
    meaning: 'A record does not have the form of its kind',
    remedy: 'Build records with the constructors of this package.',
    retryable: false,
  },
  delivery_late: {
    meaning: 'A handler did not finish its delivery in time',
    remedy: 'Make the handler quicker, or let it only note the work and do it elsewhere.',
    retryable: true,
  },
  delivery_refused: {
    meaning: 'A guard of the store refused what a handler wanted written',
    remedy: 'Look at the state that the handler assumed; it had changed.',
    retryable: true,
  },
  not_granted: {
    meaning: 'Reading more than one owner needs a grant',
    remedy: 'Use a read scope of one owner, or show a grant of log.read for the tenant.',
    retryable: false,
  },
});
export type EventsError = InstanceType<typeof EventsError>;
