/**
 * Outcomes that cannot change, as they are stored with their effect.
 *
 * Not here: outcomes that may be different next time; they are not stored.
 */
import {
  capabilityIdSchema,
  describeIssues,
  HostApiError,
  invocationIdSchema,
  jsonValueSchema,
  type JsonObject,
} from '@reborn/host-api';
import { z } from 'zod';
import { FAILURES, type FailureKind } from '../failure.ts';
import type { InvokeOutcome } from '../host-runtime.ts';

const base = { v: z.literal(1), capabilityId: capabilityIdSchema, invocationId: invocationIdSchema };
const failureKind = z.enum(Object.keys(FAILURES) as [FailureKind, ...FailureKind[]]);

const storedOutcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('completed'),
    ...base,
    output: jsonValueSchema,
    outputBytes: z.int().nonnegative(),
  }),
  z.strictObject({
    kind: z.literal('failed'),
    ...base,
    failureKind,
    effect: z.enum(['none', 'happened', 'uncertain']),
    message: z.string().max(4096),
  }),
]);

export type FinalOutcome = Extract<InvokeOutcome, { kind: 'completed' | 'failed' }>;

export function toStoredOutcome(outcome: FinalOutcome): JsonObject {
  const { capabilityId, invocationId } = outcome;
  const base = { v: 1, capabilityId, invocationId };
  if (outcome.kind === 'completed')
    return { kind: 'completed', ...base, output: outcome.output, outputBytes: outcome.outputBytes };
  const { failureKind, effect, message } = outcome;
  return { kind: 'failed', ...base, failureKind, effect, message };
}

/** Errors: `host-api/store_corrupt`. */
export function parseStoredOutcome(stored: JsonObject): InvokeOutcome {
  const parsed = storedOutcomeSchema.safeParse(stored);
  if (!parsed.success)
    throw new HostApiError('host-api/store_corrupt', { detail: describeIssues(parsed.error, 'outcome') });
  const { v: _, ...outcome } = parsed.data;
  return outcome.kind === 'failed' ? { ...outcome, fate: FAILURES[outcome.failureKind].fate } : outcome;
}
