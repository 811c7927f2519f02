/**
 * What was said in a thread: by people, by the model, and by tools in answer to it. The only place where text lives.
 *
 * Not here: how entries are stored and read (`transcript.ts`), what a model makes of them (`loop/model.ts`).
 */
import {
  boundedLine,
  boundedText,
  capabilityIdSchema,
  eventIdSchema,
  jsonValueSchema,
  runIdSchema,
} from '@reborn/host-api';
import { z } from 'zod';
import { CALL_ID_BYTES_MAX, CALLS_PER_STEP_MAX, MESSAGE_BYTES_MAX } from '../limits.ts';

/** One call that the model wants made. `callId` is unique within its run. */
export const toolCallSchema = z.strictObject({
  callId: boundedLine(CALL_ID_BYTES_MAX),
  capabilityId: capabilityIdSchema,
  input: jsonValueSchema,
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/** What became of a call. `effect` says whether something happened outside, as far as the host knows. */
export const toolResultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed'), output: jsonValueSchema }),
  z.strictObject({
    kind: z.literal('failed'),
    failureKind: boundedLine(64),
    effect: z.enum(['none', 'happened', 'uncertain']),
    message: boundedText(2048),
  }),
]);
export type ToolResult = z.infer<typeof toolResultSchema>;

const base = { entryId: eventIdSchema, runId: runIdSchema };

export const transcriptEntrySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user_message'), ...base, text: boundedText(MESSAGE_BYTES_MAX).min(1) }),
  z.strictObject({
    kind: z.literal('assistant_message'),
    ...base,
    text: boundedText(MESSAGE_BYTES_MAX),
    calls: z.array(toolCallSchema).max(CALLS_PER_STEP_MAX),
  }),
  z.strictObject({
    kind: z.literal('tool_result'),
    ...base,
    callId: toolCallSchema.shape.callId,
    capabilityId: capabilityIdSchema,
    result: toolResultSchema,
  }),
]);
export type TranscriptEntry = z.infer<typeof transcriptEntrySchema>;

/** Calls of the run that have no result yet, in the order in which the model made them. */
export function unansweredCalls(entries: readonly TranscriptEntry[], runId: string): readonly ToolCall[] {
  const mine = entries.filter((entry) => entry.runId === runId);
  const answered = new Set(mine.flatMap((entry) => (entry.kind === 'tool_result' ? [entry.callId] : [])));
  return mine
    .flatMap((entry) => (entry.kind === 'assistant_message' ? entry.calls : []))
    .filter((call) => !answered.has(call.callId));
}
