/**
 * Where those who use a store can be wrong. The right ones keep all of these rules; planted bugs break one.
 *
 * Not here: the rules of stores (`../store/discipline.ts`).
 */

export interface ActorDiscipline {
  readonly retries: 'same_ids' | 'new_ids';
  readonly failures: 'counted' | 'passed';
  readonly acknowledges: 'with_effects' | 'before_effects';
  readonly cuts: 'behind_followers' | 'anywhere';
}

export const RIGHT_ACTORS: ActorDiscipline = {
  retries: 'same_ids',
  failures: 'counted',
  acknowledges: 'with_effects',
  cuts: 'behind_followers',
};
