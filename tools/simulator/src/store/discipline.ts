/**
 * Where a store can be wrong: each of its rules, and what breaking it would be. The right store keeps all of them; planted
 * bugs break one.
 *
 * Not here: the bugs by name (`../bugs.ts`).
 */

export interface StoreDiscipline {
  readonly acknowledges: 'after_sync' | 'before_sync';
  readonly visible: 'after_sync' | 'when_written';
  readonly failedSync: 'fatal' | 'retried';
  /** When the guards of a unit are looked at. */
  readonly guards: 'inside' | 'at_call';
  readonly recovery: 'to_last_commit' | 'every_frame' | 'past_bad_frames';
  readonly anchorWritten: 'after_sync' | 'before_sync';
  readonly anchorChecked: boolean;
  /** What a refused unit leaves. */
  readonly rollsBack: 'everything' | 'all_but_heads';
  /** Where heads of streams are read when a batch begins. */
  readonly heads: 'under_lock' | 'cached';
  readonly links: 'from_newest' | 'from_batch_start';
  /** When state changes of a unit that also appends are written. */
  readonly changes: 'with_events' | 'behind_them';
  readonly removals: 'logged' | 'in_memory';
  readonly eventIds: 'kept' | 'forgotten_at_open';
  readonly safetyNet: 'on' | 'off';
  /** What a store that commits thinks of the commits of others that it has not heard of. */
  readonly ownCommits: 'leave_others' | 'hide_others';
}

export const RIGHT_STORE: StoreDiscipline = {
  acknowledges: 'after_sync',
  visible: 'after_sync',
  failedSync: 'fatal',
  guards: 'inside',
  recovery: 'to_last_commit',
  anchorWritten: 'after_sync',
  anchorChecked: true,
  rollsBack: 'everything',
  heads: 'under_lock',
  links: 'from_newest',
  changes: 'with_events',
  removals: 'logged',
  eventIds: 'kept',
  safetyNet: 'on',
  ownCommits: 'leave_others',
};
