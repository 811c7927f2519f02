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
    remedy: 'Give the record the fields of its kind and no others; the detail names the first one that is wrong.',
    retryable: false,
  },
  cursor_too_old: {
    meaning: 'Records behind the cursor were cut off',
    remedy: 'Take a snapshot of what was built from the log, and go on at the earliest record.',
    retryable: false,
  },
  cursor_ahead: {
    meaning: 'Nobody was ever given that cursor of this stream',
    remedy: 'Send a cursor that this stream has given; its head is in the detail.',
    retryable: false,
  },
  delivery_late: {
    meaning: 'A handler did not finish its delivery in time',
    remedy: 'Make the handler quicker, or let it only note the work and do it elsewhere.',
    retryable: true,
  },
  delivery_abandoned: {
    meaning: 'The process that made a delivery ended or stalled before it was acknowledged',
    remedy: 'Look at the record: it may be what stops the process.',
    retryable: true,
  },
  delivery_refused: {
    meaning: 'A guard of the store refused what a handler wanted written',
    remedy: 'Look at the state that the handler assumed; it had changed.',
    retryable: true,
  },
  invalid_stream_file: {
    meaning: 'The text is not an exported stream, or was damaged or cut short',
    remedy: 'Export the stream again; the line and the rule say where this text goes wrong.',
    retryable: false,
  },
  stream_cut: {
    meaning: 'Retention took records that were still to be exported',
    remedy: 'Export again; the new export begins at the earliest record that is left.',
    retryable: true,
  },
  import_refused: {
    meaning: 'A stream does not take these records',
    remedy: 'Import into the stream that was exported, where it is missing or holds the beginning of the same records.',
    retryable: false,
  },
  source_failed: {
    meaning: 'The log could not be read for a projection',
    remedy: 'Try again; if it stays, look at `reborn doctor`.',
    retryable: true,
  },
  not_granted: {
    meaning: 'Reading more than one owner needs a grant',
    remedy: 'Use a read scope of one owner, or show a grant of log.read for the tenant.',
    retryable: false,
  },
});
export type EventsError = InstanceType<typeof EventsError>;
