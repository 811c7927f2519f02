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
  processIdSchema,
  resourceAmountsSchema,
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
    /** Absent in outcomes from before usage was measured. */
    usage: resourceAmountsSchema.default({}),
  }),
  z.strictObject({ kind: z.literal('spawned_process'), ...base, processId: processIdSchema }),
  z.strictObject({
    kind: z.literal('failed'),
    ...base,
    failureKind,
    effect: z.enum(['none', 'happened', 'uncertain']),
    message: z.string().max(4096),
  }),
]);

export type FinalOutcome = Extract<InvokeOutcome, { kind: 'completed' | 'failed' }>;
type StorableOutcome = FinalOutcome | Extract<InvokeOutcome, { kind: 'spawned_process' }>;

export function toStoredOutcome(outcome: StorableOutcome): JsonObject {
  const { capabilityId, invocationId } = outcome;
  const base = { v: 1, capabilityId, invocationId };
  if (outcome.kind === 'spawned_process') return { kind: outcome.kind, ...base, processId: outcome.processId };
  if (outcome.kind === 'completed') {
    const { output, outputBytes, usage } = outcome;
    return { kind: 'completed', ...base, output, outputBytes, usage: usage as JsonObject };
  }
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
