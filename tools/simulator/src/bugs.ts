/**
 * Planted bugs: what this simulator has to find, each a small change of a store, a follower, an appender or a door. One that
 * is not found is a bug of the simulator.
 *
 * Not here: where each of them bites (`store/discipline.ts`, `actor/actor-discipline.ts`, `door/door-discipline.ts`).
 */
import { RIGHT_ACTORS, type ActorDiscipline } from './actor/actor-discipline.ts';
import type { Cast } from './actor/actors.ts';
import { RIGHT_DOOR, type DoorDiscipline } from './door/door-discipline.ts';
import { RIGHT_STORE, type StoreDiscipline } from './store/discipline.ts';

export interface Bug {
  readonly says: string;
  readonly store?: Partial<StoreDiscipline>;
  readonly actors?: Partial<ActorDiscipline>;
  readonly door?: Partial<DoorDiscipline>;
}

export const BUGS = {
  acknowledged_before_sync: {
    says: 'a unit is acknowledged before it is on the disk',
    store: { acknowledges: 'before_sync' },
  },
  visible_before_commit: {
    says: 'readers are shown records that are not on the disk yet',
    store: { visible: 'when_written' },
  },
  sync_retried: { says: 'a sync that failed is made again and believed', store: { failedSync: 'retried' } },
  fence_read_outside: {
    says: 'the fence is looked at before the transaction that relies on it',
    store: { guards: 'at_call' },
  },
  half_batch_applied: {
    says: 'recovery takes frames of a batch that is not whole',
    store: { recovery: 'every_frame' },
  },
  bad_frames_skipped: { says: 'recovery goes on behind a bad frame', store: { recovery: 'past_bad_frames' } },
  anchor_before_sync: {
    says: 'the anchor names a record that is not on the disk yet',
    store: { anchorWritten: 'before_sync' },
  },
  anchor_not_checked: { says: 'nobody compares the log with its anchor', store: { anchorChecked: false } },
  gap_after_refusal: { says: 'a refused unit uses up cursors', store: { rollsBack: 'all_but_heads' } },
  cursor_given_twice: { says: 'a process gives cursors from the head that it remembers', store: { heads: 'cached' } },
  stale_link: {
    says: 'links are made from the head at the beginning of a batch',
    store: { links: 'from_batch_start' },
  },
  event_without_change: { says: 'the event is on the disk before its state change', store: { changes: 'behind_them' } },
  removal_not_logged: {
    says: 'what retention removes is there again after a restart',
    store: { removals: 'in_memory' },
  },
  event_ids_forgotten: {
    says: 'event ids are not known any more after a restart',
    store: { eventIds: 'forgotten_at_open' },
  },
  wake_up_lost: { says: 'nobody makes up for a lost wake-up', store: { safetyNet: 'off' } },
  own_commit_hides_others: {
    says: 'a commit of its own makes a store forget that it has not heard of one of another process',
    store: { ownCommits: 'hide_others' },
  },
  retried_with_new_id: { says: 'a unit without an answer is sent again under new ids', actors: { retries: 'new_ids' } },
  cursor_advanced_on_failure: { says: 'a failed delivery is passed by', actors: { failures: 'passed' } },
  acknowledged_before_effects: {
    says: 'a follower acknowledges before it writes the effects',
    actors: { acknowledges: 'before_effects' },
  },
  cut_before_delivery: { says: 'retention cuts off what a follower has not seen', actors: { cuts: 'anywhere' } },
  approval_not_used_up: { says: 'an approval is still good after its effect', door: { answers: 'left' } },
  revocation_forgotten: { says: 'an approval that was taken back is used', door: { revocations: 'forgotten' } },
  edit_forgotten: { says: 'what an answer has changed is not what happens', door: { edits: 'forgotten' } },
  result_without_reconcile: {
    says: 'a result leaves what was held for it',
    door: { reservations: 'left' },
  },
  limit_checked_outside: {
    says: 'a limit is looked at before the transaction that relies on it',
    door: { limits: 'before_it' },
  },
  lost_effect_repeated: { says: 'recovery makes an announced effect again', door: { lostEffects: 'open_again' } },
  lost_process_restarted: {
    says: 'a process whose host is gone is started again',
    door: { lostProcesses: 'begun_again' },
  },
  secret_not_sealed: { says: 'a secret is stored as it is', door: { secrets: 'encoded' } },
  secret_kept_by_call: { says: 'a secret that was taken can be taken again', door: { lentSecrets: 'kept' } },
  gate_of_other_tenant: { says: 'a gate is answered from another tenant', door: { tenants: 'mixed' } },
  broken_hook_allows: { says: 'a hook that breaks lets the call through', door: { failures: 'allow' } },
  run_lease_believed: { says: 'a call of a run is made under a lease that is gone', door: { runLeases: 'believed' } },
  record_behind_change: {
    says: 'the door writes what it did in a unit of its own',
    door: { records: 'behind_them' },
  },
} as const satisfies Readonly<Record<string, Bug>>;
export type BugName = keyof typeof BUGS;

export function isBugName(name: string): name is BugName {
  return Object.hasOwn(BUGS, name);
}

export function disciplineOf(name: BugName | undefined): {
  readonly store: StoreDiscipline;
  readonly actors: ActorDiscipline;
  readonly door: DoorDiscipline;
} {
  const bug: Bug | undefined = name === undefined ? undefined : BUGS[name];
  return {
    store: { ...RIGHT_STORE, ...bug?.store },
    actors: { ...RIGHT_ACTORS, ...bug?.actors },
    door: { ...RIGHT_DOOR, ...bug?.door },
  };
}

/** Who has to take part for a bug to show. */
export function castFor(name: BugName): Cast {
  const bug: Bug = BUGS[name];
  return bug.door === undefined ? 'log' : 'door';
}
