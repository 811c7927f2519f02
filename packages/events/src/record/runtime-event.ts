/**
 * Facts about what happened, without content: no input, output, prompt, path or error text can stand in them.
 *
 * Not here: who decided what (`audit.ts`), what recovery needs (`journal.ts`). Kinds that nothing in this host brings
 * about have no place.
 * Source: specification 1, A2 and R-05.
 */
import { eventIdSchema, processIdSchema, streamFamilySchema } from '@reborn/host-api';
import { z } from 'zod';
import { errorKindSchema, labelSchema, subscriptionNameSchema } from '../redaction.ts';
import { aboutCapability, aboutHook, durationMs, effect, recordBase, tenantRecordBase } from './record-base.ts';

/** Why a subscription ended for good: an operator wanted it, or the history that it still needed is gone. */
export const SUBSCRIPTION_END_REASONS = ['ended_by_operator', 'history_gone'] as const;
export type SubscriptionEndReason = (typeof SUBSCRIPTION_END_REASONS)[number];

const event = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });
const hookFields = { ...aboutHook, point: labelSchema };
const bytes = z.int().nonnegative();

/** Discriminated by `kind`: a field that a kind does not have cannot be written. */
export const runtimeEventSchema = z.discriminatedUnion('kind', [
  event('run_submitted', {}),
  event('run_claimed', { attempt: z.int().positive() }),
  event('run_parked', { gates: z.int().positive() }),
  event('run_yielded', {}),
  event('run_resumed', {}),
  event('run_recovered', {}),
  event('run_cancel_requested', { reason: labelSchema }),
  event('run_completed', {}),
  /** A word of the host's own: `capability_calls_exhausted` is longer than the words of an error kind may be. */
  event('run_failed', { errorKind: labelSchema }),
  event('run_cancelled', { reason: labelSchema }),
  /** `lane`: where it is carried out; absent, in the host's own process. */
  event('dispatch_requested', { ...aboutCapability, attempt: z.int().positive(), lane: labelSchema.optional() }),
  event('dispatch_succeeded', { ...aboutCapability, outputBytes: bytes, durationMs }),
  event('dispatch_failed', { ...aboutCapability, errorKind: errorKindSchema, effect, durationMs }),
  event('process_started', { ...aboutCapability, processId: processIdSchema }),
  /** `lost`: its host is gone, and nobody knows how far it came. */
  event('process_ended', {
    ...aboutCapability,
    processId: processIdSchema,
    outcome: z.enum(['completed', 'failed', 'cancelled', 'lost']),
    effect,
    errorKind: errorKindSchema.optional(),
    durationMs,
  }),
  event('model_started', { attempt: z.int().positive() }),
  event('model_completed', { calls: z.int().nonnegative(), durationMs }),
  event('model_failed', { errorKind: errorKindSchema, attempt: z.int().positive(), durationMs }),
  /** The last words of a run stand in the transcript, as `entryId`. */
  event('assistant_reply_finalized', { entryId: eventIdSchema }),
  event('hook_dispatched', { ...hookFields, tier: labelSchema.optional() }),
  event('hook_decision_emitted', { ...hookFields, verb: labelSchema }),
  /** `disposition`: what follows for the hook in this scope. */
  event('hook_failed', { ...hookFields, category: labelSchema, disposition: labelSchema.optional() }),
  z.strictObject({
    kind: z.literal('subscription_terminated'),
    ...tenantRecordBase,
    family: streamFamilySchema,
    subscription: subscriptionNameSchema,
    reason: z.enum(SUBSCRIPTION_END_REASONS),
  }),
]);
export type RuntimeEvent = z.output<typeof runtimeEventSchema>;
export type RuntimeEventKind = RuntimeEvent['kind'];
