/**
 * What a simulated store has to live with, and what it tells about it.
 *
 * Not here: which seed has which conditions (`../world/swarm.ts`).
 */

/** Probabilities between 0 and 1. Units: milliseconds. */
export interface StoreConditions {
  readonly syncMsMax: number;
  /** From the call to the writer. */
  readonly hopMsMax: number;
  readonly answerMsMax: number;
  /** A unit that was committed is answered with a fault. */
  readonly lostAnswers: number;
  /** A batch meets a full disk; the next one may find room again. */
  readonly diskFull: number;
  readonly syncFailures: number;
  /** Reads are answered with what was there when they were asked, long after. */
  readonly staleReads: number;
}

export const GOOD_CONDITIONS: StoreConditions = {
  syncMsMax: 4,
  hopMsMax: 1,
  answerMsMax: 2,
  lostAnswers: 0,
  diskFull: 0,
  syncFailures: 0,
  staleReads: 0,
};

export type StoreEvent =
  | 'acknowledged'
  | 'anchor_written'
  | 'answer_lost'
  | 'batch_of_several'
  | 'batch_written'
  | 'batch_left_out'
  | 'disk_full'
  | 'waited_for_lock'
  | 'gave_up_waiting'
  | 'stale_answer'
  | 'sync_failed'
  | 'made_up_for_wake_up';
