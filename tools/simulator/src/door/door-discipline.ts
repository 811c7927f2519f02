/**
 * Where a door can be wrong. The right one keeps all of these rules; planted bugs break one.
 *
 * Not here: how each is broken (`undisciplined-store.ts`, `open-door.ts`), the bugs by name (`../bugs.ts`).
 */

export interface DoorDiscipline {
  /** What becomes of an answer when the effect that it lets happen is announced. */
  readonly answers: 'used_up' | 'left';
  readonly revocations: 'kept' | 'forgotten';
  readonly edits: 'bound' | 'forgotten';
  /** What the unit of a result does about what was held. */
  readonly reservations: 'closed' | 'left';
  readonly limits: 'in_the_unit' | 'before_it';
  /** What recovery makes of an effect that was announced and not settled. */
  readonly lostEffects: 'uncertain' | 'open_again';
  readonly lostProcesses: 'ended' | 'begun_again';
  readonly secrets: 'sealed' | 'encoded';
  readonly lentSecrets: 'once' | 'kept';
  readonly tenants: 'apart' | 'mixed';
  /** What a policy that fails says. */
  readonly failures: 'refuse' | 'allow';
  readonly runLeases: 'checked' | 'believed';
  readonly records: 'with_changes' | 'behind_them';
}

export const RIGHT_DOOR: DoorDiscipline = {
  answers: 'used_up',
  revocations: 'kept',
  edits: 'bound',
  reservations: 'closed',
  limits: 'in_the_unit',
  lostEffects: 'uncertain',
  lostProcesses: 'ended',
  secrets: 'sealed',
  lentSecrets: 'once',
  tenants: 'apart',
  failures: 'refuse',
  runLeases: 'checked',
  records: 'with_changes',
};
