/** What the guarantees of the door have in common. */
import type { GateId } from '@reborn/host-api';
import type { InvokeOutcome } from '@reborn/host-runtime';
import type { World } from './support.ts';

/** Rejects where the guarantee does not hold. */
export type Guarantee = (world: World) => Promise<void>;
/** Of one class of failure, by the sentence that each shows. */
export type Guarantees = Readonly<Record<string, Guarantee>>;

export const byDay = { axis: 'user', period: { kind: 'day' } } as const;

/** The gate for a credential or a budget for which a call waits. */
export function waitsFor(kind: 'auth_required' | 'resource_blocked', outcome: InvokeOutcome): GateId {
  if (outcome.kind !== kind) throw new Error(`not ${kind} but ${JSON.stringify(outcome)}`);
  return outcome.gateId;
}
