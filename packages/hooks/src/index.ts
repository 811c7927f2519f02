/** Where an extension may restrict or observe. */

// Faults and bounds.
export { HooksError } from './errors.ts';
export {
  DISPATCH_DEADLINE_MS,
  GATES_MAX,
  HOOK_DEADLINE_MS,
  HOOKS_PER_EXTENSION_MAX,
  HOOKS_PER_EXTENSION_POINT_MAX,
  NOTES_PER_DELIVERY_MAX,
  POISON_TTL_MS,
  REASON_BYTES_MAX,
} from './limits.ts';

// The table of points.
export { HOOK_POINTS, isHookPoint } from './point.ts';
export type { FailurePolicy, GatePoint, HookPoint, HookPointRow, HookVerb, ObserverPoint, VerbOf } from './point.ts';

// Writing a hook.
export type {
  EventBody,
  EventDelivery,
  EventHookSpec,
  GateBody,
  GateCall,
  GateHookSpec,
  HookSpec,
} from './registry/hook-spec.ts';
export { PAUSE_CODES, REFUSAL_CODES } from './decision/decision.ts';
export type { Decision, PauseCode, RefusalCode } from './decision/decision.ts';
export type { Mint } from './decision/mint.ts';

// Who a hook is, and what its package may do.
export { hookIdSchema, toHookId } from './identity.ts';
export type { HookId, HookIdentity } from './identity.ts';
export { tierOf } from './tier.ts';
export type { HookTier } from './tier.ts';
export { HOOK_PHASES } from './ordering.ts';
export type { HookPhase } from './ordering.ts';

// The set of hooks of a host.
export { createHookRegistry } from './registry/registry.ts';
export type { HookInstallation, HookRegistry, RegisteredEventHook, RegisteredGate } from './registry/registry.ts';

// Judging calls.
export { createHookDispatcher } from './dispatch/dispatcher.ts';
export type { HookDispatcher, HookDispatcherOptions } from './dispatch/dispatcher.ts';
export type { HookJudgement } from './dispatch/judgement.ts';
export type { JudgedCall } from './dispatch/judged-call.ts';
export { failureCategorySchema } from './failure-policy.ts';
export type { FailureCategory } from './failure-policy.ts';
export { hookPoisonMachine } from './dispatch/poison.ts';
export type { HookPoisonRow } from './dispatch/poison.ts';

// Following events.
export { createEventHookFollower } from './subscription/event-hook.ts';
export type { EventHookFollowerOptions } from './subscription/event-hook.ts';
export type { EventHookPin } from './subscription/pin.ts';
