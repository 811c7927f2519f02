/**
 * The form of every outcome of a call, to the member. Something new in an outcome is a new statement here.
 *
 * Not here: which cause leads to which outcome (`outcome-cases.ts`).
 * Source: specification 2, b.2 and b.4; rulings, section 3.
 */
import {
  capabilityIdSchema,
  describeIssues,
  gateIdSchema,
  invocationIdSchema,
  jsonValueSchema,
  processIdSchema,
  RESOURCE_DIMENSIONS,
  resourceAmountsSchema,
  verdictCodeSchema,
} from '@reborn/host-api';
import { equals, holds } from '@reborn/host-api/testkit';
import { z } from 'zod';
import { FAILURES, type FailureKind } from '../../failure.ts';
import type { InvokeOutcome, InvokeRequest } from '../../host-runtime.ts';

/** A path of the machine, or an address. */
const PLACE = /(?:^|[\s"'(])(?:\/|[A-Za-z]:\\)\w|[a-z]:\/\//;

const base = { capabilityId: capabilityIdSchema, invocationId: invocationIdSchema };
const gate = { ...base, gateId: gateIdSchema };
const failureKinds = Object.keys(FAILURES) as [FailureKind, ...FailureKind[]];

const outcomeFormSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('completed'),
    ...base,
    output: jsonValueSchema,
    outputBytes: z.int().min(1),
    usage: resourceAmountsSchema,
  }),
  z.strictObject({ kind: z.literal('approval_required'), ...gate, asked: z.array(verdictCodeSchema).min(1) }),
  z.strictObject({ kind: z.literal('auth_required'), ...gate, requiredSecrets: z.int().min(0) }),
  z.strictObject({
    kind: z.literal('resource_blocked'),
    ...gate,
    reason: z.enum(['paused', 'exhausted']),
    dimension: z.enum(RESOURCE_DIMENSIONS),
    estimate: resourceAmountsSchema,
  }),
  z.strictObject({ kind: z.literal('spawned_process'), ...base, processId: processIdSchema }),
  z.strictObject({
    kind: z.literal('failed'),
    ...base,
    failureKind: z.enum(failureKinds),
    fate: z.enum(['retry', 'model_visible', 'park', 'terminal']),
    effect: z.enum(['none', 'happened', 'uncertain']),
    message: z
      .string()
      .min(1)
      .refine((text) => !PLACE.test(text), 'must show no place'),
  }),
]);

/** What holds for every outcome of every kind. */
export function checkOutcome(outcome: InvokeOutcome, request: InvokeRequest): void {
  const parsed = outcomeFormSchema.safeParse(JSON.parse(JSON.stringify(outcome)));
  const { field, rule } = parsed.success ? {} : describeIssues(parsed.error, 'outcome');
  holds(parsed.success, `it has the form of its kind: ${field} ${rule}`);
  equals(parsed.data, outcome, 'it is plain data');
  equals(outcome.capabilityId, request.capabilityId, 'it names the capability');
  if (outcome.kind === 'failed')
    equals(outcome.fate, FAILURES[outcome.failureKind].fate, 'the fate is that of its kind');
}
