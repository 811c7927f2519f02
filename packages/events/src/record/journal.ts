/**
 * What recovery, replay and `explain` read: a decision is written with what follows from it, an effect is announced
 * before it happens and its result is written before anybody hears of it.
 *
 * Not here: content. Inputs and outputs stand in gates, idempotency records and transcripts; here are their digests.
 * Checkpoints stay in the turn store. Folding these records: `../replay/reducer.ts`.
 * Source: rulings, sections 2 and 4; specification 4, 1.7 and 1.10.
 */
import { boundedText, digestSchema, gateIdSchema, resourceAmountsSchema } from '@reborn/host-api';
import { z } from 'zod';
import { CHANGE_PATH_BYTES_MAX, CHANGE_VALUE_BYTES_MAX, INPUT_CHANGES_MAX, NOTE_BYTES_MAX } from '../limits.ts';
import { authorSchema, errorKindSchema, labelSchema, subscriptionNameSchema } from '../redaction.ts';
import { aboutCapability, aboutHook, effect, recordBase, tenantRecordBase } from './record-base.ts';

const record = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });
const tenantRecord = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...tenantRecordBase, ...fields });
const delivery = { subscription: subscriptionNameSchema, cursor: z.int().positive() };

export const verdictKindSchema = z.enum(['allow', 'approval', 'auth', 'deny']);

/** `before` and `after`: what stood there as JSON text, where that is short and no secret. */
const inputChangeSchema = z.strictObject({
  path: boundedText(CHANGE_PATH_BYTES_MAX),
  op: z.enum(['add', 'remove', 'replace']),
  before: boundedText(CHANGE_VALUE_BYTES_MAX).optional(),
  after: boundedText(CHANGE_VALUE_BYTES_MAX).optional(),
});
export type InputChange = z.output<typeof inputChangeSchema>;

/** What a judgement led to. `not_applied`: the caller gave up before anything followed from it. */
export const JUDGEMENT_RESULTS = ['denied', 'asked', 'dispatched', 'not_applied'] as const;

/**
 * One answer of one hook to one question. `decisionKey` is the same for the same hook, run, call, point and input: by it
 * a decision is recognised when the same question is judged again.
 */
const hookAnswer = { ...aboutHook, point: labelSchema, inputDigest: digestSchema, decisionKey: digestSchema };

export const journalRecordSchema = z.discriminatedUnion('kind', [
  /** One stage's verdict about one call; `code` is absent for `allow`. */
  record('verdict_given', {
    ...aboutCapability,
    by: authorSchema,
    verdict: verdictKindSchema,
    code: labelSchema.optional(),
    inputDigest: digestSchema,
  }),
  /** The decision whole: a verb and, but for `observe`, a code. */
  record('hook_decision_accepted', { ...hookAnswer, verb: labelSchema, code: labelSchema.optional() }),
  /** An answer that is no decision, or none at all; `category` says in which way. */
  record('hook_decision_rejected', { ...hookAnswer, category: labelSchema }),
  /** Closes every decision about this input of this call. In the unit that the judgement led to. */
  record('judgement_settled', { ...aboutCapability, inputDigest: digestSchema, result: z.enum(JUDGEMENT_RESULTS) }),
  /** A mutator changed the input, before it was judged. Places as JSON pointers; values short, without secrets. */
  record('input_changed', {
    ...aboutCapability,
    by: authorSchema,
    beforeDigest: digestSchema,
    afterDigest: digestSchema,
    changes: z.array(inputChangeSchema).max(INPUT_CHANGES_MAX),
  }),
  /** Held for one attempt, in the unit that announces it. */
  record('resources_held', { ...aboutCapability, attempt: z.int().positive(), held: resourceAmountsSchema }),
  /** The end of that reservation. `lost`: charged as it was held, because nobody knows what was used. */
  record('resources_closed', {
    ...aboutCapability,
    attempt: z.int().nonnegative(),
    how: z.enum(['reconciled', 'released', 'lost']),
    used: resourceAmountsSchema.optional(),
  }),
  record('effect_intended', {
    ...aboutCapability,
    attempt: z.int().positive(),
    inputDigest: digestSchema,
    authorityDigest: digestSchema,
    gateId: gateIdSchema.optional(),
  }),
  record('effect_settled', {
    ...aboutCapability,
    attempt: z.int().nonnegative(),
    outcome: z.enum(['completed', 'failed']),
    effect,
    errorKind: errorKindSchema.optional(),
    outputDigest: digestSchema.optional(),
    outputBytes: z.int().nonnegative().optional(),
  }),
  /** Somebody other than its caller gave an announced effect up, and this is why they were allowed to. */
  record('recovery_marked', {
    ...aboutCapability,
    attempt: z.int().positive(),
    found: z.enum(['uncertain']),
    cause: z.enum(['lease_fenced', 'time_over']),
  }),
  record('hook_poisoned', { ...aboutHook, category: labelSchema }),
  tenantRecord('hook_note', { ...aboutHook, ...delivery, text: boundedText(NOTE_BYTES_MAX) }),
  tenantRecord('delivery_failed', { ...delivery, attempt: z.int().positive(), errorKind: errorKindSchema }),
  tenantRecord('delivery_dead_lettered', { ...delivery, attempts: z.int().positive() }),
]);
export type JournalRecord = z.output<typeof journalRecordSchema>;
export type JournalRecordKind = JournalRecord['kind'];
