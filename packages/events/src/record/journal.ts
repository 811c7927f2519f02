/**
 * What recovery and `explain` read: an effect is announced before it happens and its result is written before anybody
 * hears of it.
 *
 * Not here: content. Inputs and outputs stand in gates, idempotency records and transcripts; here are their digests.
 * Source: rulings, sections 2 and 4.
 */
import { boundedText, digestSchema, gateIdSchema } from '@reborn/host-api';
import { z } from 'zod';
import { NOTE_BYTES_MAX } from '../limits.ts';
import { errorKindSchema } from '../redaction.ts';
import { aboutCapability, author, recordBase, token } from './record-base.ts';

const record = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });

export const verdictKindSchema = z.enum(['allow', 'approval', 'auth', 'deny']);

export const journalRecordSchema = z.discriminatedUnion('kind', [
  /** One stage's verdict about one call; `code` is absent for `allow`. */
  record('verdict_given', {
    ...aboutCapability,
    by: author,
    verdict: verdictKindSchema,
    code: token.optional(),
    inputDigest: digestSchema,
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
    effect: z.enum(['none', 'happened', 'uncertain']),
    errorKind: errorKindSchema.optional(),
    outputDigest: digestSchema.optional(),
    outputBytes: z.int().nonnegative().optional(),
  }),
  record('hook_poisoned', { hookId: token, category: errorKindSchema }),
  record('hook_note', {
    hookId: token,
    subscription: token,
    cursor: z.int().positive(),
    text: boundedText(NOTE_BYTES_MAX),
  }),
  record('delivery_failed', {
    subscription: token,
    cursor: z.int().positive(),
    attempt: z.int().positive(),
    errorKind: errorKindSchema,
  }),
  record('delivery_dead_lettered', { subscription: token, cursor: z.int().positive(), attempts: z.int().positive() }),
]);
export type JournalRecord = z.output<typeof journalRecordSchema>;
export type JournalRecordKind = JournalRecord['kind'];
