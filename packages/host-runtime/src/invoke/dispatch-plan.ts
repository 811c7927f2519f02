/**
 * The sealed, single-use permission to execute one call: only the pipeline makes it, after everything that must be
 * durable before the effect is durable, and a dispatch uses it up.
 *
 * Source: rulings, section 4.
 */
import { assert, type JsonValue } from '@reborn/host-api';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import type { Equipment } from './equip.ts';

const minted = new WeakSet<DispatchPlan>();

/** What is executed, on which input, and with what it may reach: mounts, secrets, the way out. */
export interface DispatchPlan {
  readonly handler: AdoptedHandler;
  readonly input: JsonValue;
  readonly equipment: Equipment;
}

export function sealPlan({ handler, input, equipment }: DispatchPlan): DispatchPlan {
  const plan = Object.freeze({ handler, input, equipment });
  minted.add(plan);
  return plan;
}

/** Fails as a bug for a plan that was not sealed here or was used before. */
export function usePlan(plan: DispatchPlan): DispatchPlan {
  assert(minted.delete(plan), 'a dispatch uses a sealed plan, once');
  return plan;
}
