/**
 * One step of a recording: its form, and how it is read.
 *
 * Not here: expressions inside it (`expression.ts`), whether steps fit together (`recording-check.ts`).
 */
import {
  capabilityIdSchema,
  describeIssues,
  jsonValueSchema,
  type CapabilityId,
  type JsonObject,
  type JsonValue,
} from '@reborn/host-api';
import { z } from 'zod';
import { parseExpression, recordedIdSchema, refused, type Expression, type ExpressionPlace } from './expression.ts';

/** As many calls as a model may make in one step, and as many as one call may fan out into. */
export const RECORDED_CALLS_MAX = 32;
const BRANCHES_MAX = 16;

/** `completed`, `failed` (of any kind), or one failure kind such as `denied`. */
const outcomeSchema = z.string().regex(/^[a-z][a-z_]{0,63}$/);

const stepSchema = z.strictObject({
  id: recordedIdSchema,
  say: jsonValueSchema.optional(),
  calls: z
    .array(
      z.strictObject({
        id: recordedIdSchema,
        tool: capabilityIdSchema,
        input: jsonValueSchema,
        each: jsonValueSchema.optional(),
        expect: outcomeSchema.default('completed'),
      }),
    )
    .max(RECORDED_CALLS_MAX)
    .default([]),
  next: z
    .array(
      z.strictObject({
        when: z.union([
          z.strictObject({ call: recordedIdSchema, outcome: outcomeSchema }),
          z.strictObject({ empty: jsonValueSchema }),
        ]),
        goto: recordedIdSchema,
      }),
    )
    .max(BRANCHES_MAX)
    .default([]),
});
type WrittenStep = z.infer<typeof stepSchema>;

/** A step without calls is a reply. `next`: the first branch that holds is taken, otherwise the following step. */
export interface RecordedStep {
  readonly id: string;
  readonly say: Expression | undefined;
  readonly calls: readonly RecordedCall[];
  readonly next: readonly RecordedBranch[];
}

/** `each`: a list; the call is made once for each of its items. */
export interface RecordedCall {
  readonly id: string;
  readonly tool: CapabilityId;
  readonly input: Expression;
  readonly each: Expression | undefined;
  readonly expect: string;
}

export interface RecordedBranch {
  readonly when:
    | { readonly kind: 'outcome'; readonly callId: string; readonly outcome: string }
    | { readonly kind: 'empty'; readonly of: Expression };
  readonly goto: string;
}

/** Errors: `host-api/invalid_value` naming step, field and rule. */
export function parseRecordedStep(value: JsonObject, at: number): RecordedStep {
  const field = `steps.${at}`;
  const result = stepSchema.safeParse(value);
  if (!result.success) {
    const id = recordedIdSchema.safeParse(value['id']);
    const issue = describeIssues(result.error, field);
    throw refused({ step: id.success ? id.data : String(at), field: String(issue['field']) }, String(issue['rule']));
  }
  const { id, say, calls, next } = result.data;
  const place = { step: id, field, item: 'none' } as const;
  return {
    id,
    say: optional(say, { ...place, field: `${field}.say` }),
    calls: calls.map((call, index) => parseCall(call, { ...place, field: `${field}.calls.${index}` })),
    next: next.map((branch, index) => parseBranch(branch, { ...place, field: `${field}.next.${index}.when.empty` })),
  };
}

function parseCall(call: WrittenStep['calls'][number], place: ExpressionPlace): RecordedCall {
  const { id, tool, input, each, expect } = call;
  const item = each === undefined ? 'none' : 'call';
  return {
    id,
    tool,
    input: parseExpression(input, { ...place, field: `${place.field}.input`, item }),
    each: optional(each, { ...place, field: `${place.field}.each` }),
    expect,
  };
}

function parseBranch(branch: WrittenStep['next'][number], place: ExpressionPlace): RecordedBranch {
  const { when, goto } = branch;
  if ('empty' in when) return { when: { kind: 'empty', of: parseExpression(when.empty, place) }, goto };
  return { when: { kind: 'outcome', callId: when.call, outcome: when.outcome }, goto };
}

function optional(value: JsonValue | undefined, place: ExpressionPlace): Expression | undefined {
  return value === undefined ? undefined : parseExpression(value, place);
}
