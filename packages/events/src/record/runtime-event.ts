/**
 * Facts about what happened, without content: no input, output, prompt, path or error text can stand in them.
 *
 * Not here: who decided what (`audit.ts`), what recovery needs (`journal.ts`).
 * Source: specification 1, A2 and R-05.
 */
import { z } from 'zod';
import { errorKindSchema } from '../redaction.ts';
import { aboutCapability, recordBase, token } from './record-base.ts';

const event = <Kind extends string, Fields extends z.ZodRawShape>(kind: Kind, fields: Fields) =>
  z.strictObject({ kind: z.literal(kind), ...recordBase, ...fields });
const hookFields = { hookId: token, point: token };
const bytes = z.int().nonnegative();

/** Discriminated by `kind`: a field that a kind does not have cannot be written. */
export const runtimeEventSchema = z.discriminatedUnion('kind', [
  event('run_submitted', {}),
  event('run_claimed', { attempt: z.int().positive() }),
  event('run_parked', { gates: z.int().positive() }),
  event('run_yielded', {}),
  event('run_resumed', {}),
  event('run_recovered', {}),
  event('run_cancel_requested', { reason: token }),
  event('run_completed', {}),
  event('run_failed', { errorKind: errorKindSchema }),
  event('run_cancelled', { reason: token }),
  event('dispatch_requested', { ...aboutCapability, attempt: z.int().positive() }),
  event('dispatch_succeeded', { ...aboutCapability, outputBytes: bytes }),
  event('dispatch_failed', {
    ...aboutCapability,
    errorKind: errorKindSchema,
    effect: z.enum(['none', 'happened', 'uncertain']),
  }),
  event('model_started', { attempt: z.int().positive() }),
  event('model_completed', { calls: z.int().nonnegative() }),
  event('model_failed', { errorKind: errorKindSchema, attempt: z.int().positive() }),
  event('hook_dispatched', hookFields),
  event('hook_decision_emitted', { ...hookFields, verb: token }),
  event('hook_failed', { ...hookFields, category: errorKindSchema }),
]);
export type RuntimeEvent = z.output<typeof runtimeEventSchema>;
export type RuntimeEventKind = RuntimeEvent['kind'];
