/**
 * The order of hooks. It decides in which order hooks begin and are reported, never which verdict wins: all gates of a
 * call are asked, and the most restrictive speaks.
 *
 * Source: specification 1, B1.
 */

/** From the first to the last. */
export const HOOK_PHASES = ['validation', 'authorization', 'policy', 'telemetry'] as const;
export type HookPhase = (typeof HOOK_PHASES)[number];

/** Lower comes first. */
export const PRIORITY_DEFAULT = 100;
export const PRIORITY_MAX = 2_147_483_647;

export interface Ordered {
  readonly phase: HookPhase;
  readonly priority: number;
  readonly id: string;
}

/** Phase, priority, id by code unit: the same for every order of registration. */
export function compareHooks(left: Ordered, right: Ordered): number {
  return (
    HOOK_PHASES.indexOf(left.phase) - HOOK_PHASES.indexOf(right.phase) ||
    left.priority - right.priority ||
    byCodeUnit(left.id, right.id)
  );
}

function byCodeUnit(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
