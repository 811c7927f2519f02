/** Faults of composing hooks. What a hook says or fails at during a call is a verdict, never a fault. */
import { defineFaults } from '@reborn/host-api';

export const HooksError = defineFaults('hooks', {
  unknown_point: {
    meaning: 'A hook names a point that nothing fires',
    remedy: 'Use one of the points in docs/reference/hook-points.md.',
    retryable: false,
  },
  invalid_hook: {
    meaning: 'A hook does not have the form of its point',
    remedy: 'Correct the named field; the rule says what it takes.',
    retryable: false,
  },
  tier_not_supported: {
    meaning: 'A package of this tier cannot bring hooks that run as code in the host',
    remedy: 'Let the operator trust the package, or leave its hooks out; trust is never declared by the package.',
    retryable: false,
  },
  phase_not_permitted: {
    meaning: 'The tier of the package does not reach the phase that its hook asks for',
    remedy: 'Use the phase policy or telemetry; validation and authorization belong to the host.',
    retryable: false,
  },
  duplicate_hook: {
    meaning: 'Two hooks of one extension have the same id',
    remedy: 'Give each hook of an extension an id of its own, and register each once.',
    retryable: false,
  },
  too_many_hooks: {
    meaning: 'More hooks were given than the host takes',
    remedy: 'Register fewer hooks, or join several rules in one.',
    retryable: false,
  },
  invalid_decision: {
    meaning: 'A decision was asked for with an argument that it does not take',
    remedy: 'Use a code of the closed vocabulary; free text goes into the reason.',
    retryable: false,
  },
  invalid_pin: {
    meaning: 'An event hook is not pinned to one thread or one tenant',
    remedy: 'Pin it to a scope that names a thread, or to a tenant by a grant of log.read.',
    retryable: false,
  },
  invalid_composition: {
    meaning: 'A part was given that this package did not make',
    remedy: 'Take registries from createHookRegistry and hooks from a registry.',
    retryable: false,
  },
});
export type HooksError = InstanceType<typeof HooksError>;
