/**
 * In which ways a hook can fail, and whose fault that is. What follows at a point stands in its row (`point.ts`).
 *
 * Source: rulings, section 5; specification 1, W-16.
 */
import { z } from 'zod';

/**
 * `spawn`: a body outside this process did not start. `timeout`: no answer in time. `panic`: it threw. `malformed`: it
 * did not return exactly one decision of its own call. `attenuation`: it returned more than its point permits.
 * `unavailable`: the host could not ask it (the store, the caller's cancellation, the deadline of all gates).
 */
export const failureCategorySchema = z.enum(['spawn', 'timeout', 'panic', 'malformed', 'attenuation', 'unavailable']);
export type FailureCategory = z.infer<typeof failureCategorySchema>;

/** True when the hook itself misbehaved. The host's own trouble refuses this call and poisons nobody. */
export function isHooksFault(category: FailureCategory): boolean {
  return category !== 'unavailable';
}
