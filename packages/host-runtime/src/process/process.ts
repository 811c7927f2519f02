/**
 * A process: work that a governed call has begun and that goes on by itself. How it is kept, and what of it is shown.
 *
 * Not here: asking for one (`process-host.ts`), carrying one on (`running-process.ts`), the record that it is kept in
 * (`workItemMachine` of `@reborn/host-api`).
 */
import {
  boundedLine,
  boundedText,
  capabilityIdSchema,
  correlationIdSchema,
  describeIssues,
  extensionIdSchema,
  HostApiError,
  invocationIdSchema,
  parseJson,
  RECORD_KEY_BYTES_MAX,
  runIdSchema,
  utf8Bytes,
  type JsonObject,
  type JsonValue,
  type ProcessId,
  type WorkItemRow,
} from '@reborn/host-api';
import { toErrorKind } from '@reborn/events';
import { z } from 'zod';
import { boundText } from '../bound-text.ts';
import type { Effect } from '../failure.ts';
import type { LaneKind } from '../lane/handler.ts';
import { FAILURE_MESSAGE_BYTES_MAX, PROGRESS_BYTES_MAX } from '../limits.ts';
import type { ProgressTail } from './progress-buffer.ts';

/** The sort of work item that a process is. */
export const PROCESS_KIND = 'process';

const lane: z.ZodType<LaneKind> = z.enum(['in_process', 'process']);

/** Which call began it. */
const processAboutSchema = z.strictObject({
  capabilityId: capabilityIdSchema,
  provider: extensionIdSchema,
  lane,
  invocationId: invocationIdSchema,
  correlationId: correlationIdSchema,
  runId: runIdSchema.optional(),
});
export type ProcessAbout = z.infer<typeof processAboutSchema>;

/** What is kept of it besides: the idempotency record of the effect that began it. */
const storedAboutSchema = processAboutSchema.extend({ effectKey: boundedLine(RECORD_KEY_BYTES_MAX) });

/** What came of the work. `errorKind`: a closed token. `message`: for people and models, without secrets and host paths. */
export type ProcessResult =
  | { readonly kind: 'completed'; readonly output: JsonValue; readonly outputBytes: number }
  | { readonly kind: 'failed'; readonly errorKind: string; readonly message: string; readonly effect: Effect };

/**
 * One process as its owner sees it. `result` is there exactly when it is over, and is what the work came to; one that was
 * told to stop is `cancelled` even if it had finished by then. Units: milliseconds since 1970.
 */
export interface ProcessView extends ProcessAbout {
  readonly processId: ProcessId;
  readonly status: WorkItemRow['status'];
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  /** Why it was told to stop. */
  readonly cancelReason?: string;
  readonly result?: ProcessResult;
}

/** The output is kept as text: JSON that is as deep as JSON may be has no room around it. */
const storedResultSchema = z.strictObject({
  result: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('completed'), outputText: z.string(), outputBytes: z.int().nonnegative() }),
    z.strictObject({
      kind: z.literal('failed'),
      errorKind: z.string(),
      message: boundedText(FAILURE_MESSAGE_BYTES_MAX),
      effect: z.enum(['none', 'happened', 'uncertain']),
    }),
  ]),
  shown: z.strictObject({ text: boundedText(PROGRESS_BYTES_MAX), from: z.int().nonnegative() }),
});

/** Errors: `host-api/store_corrupt`. */
export function toProcessView(processId: ProcessId, row: WorkItemRow): ProcessView {
  const { capabilityId, provider, lane, invocationId, correlationId, runId } = parseStored(
    storedAboutSchema,
    row.about,
  );
  return {
    processId,
    status: row.status,
    capabilityId,
    provider,
    lane,
    invocationId,
    correlationId,
    ...(runId === undefined ? {} : { runId }),
    startedAtMs: row.startedAtMs,
    ...(row.cancelRequested === undefined ? {} : { cancelReason: row.cancelRequested.reason }),
    ...(row.status === 'running' ? {} : { endedAtMs: row.endedAtMs, result: parseStoredResult(row.result).result }),
  };
}

/** Errors: `host-api/store_corrupt`. */
export function effectKeyOf({ about }: Pick<WorkItemRow, 'about'>): string {
  return parseStored(storedAboutSchema, about).effectKey;
}

/** What stands in the record of a process that is over. */
export function toStoredResult(result: ProcessResult, shown: ProgressTail): JsonObject {
  const { text, from } = shown;
  if (result.kind === 'failed') {
    const { kind, effect } = result;
    const message = boundText(result.message, FAILURE_MESSAGE_BYTES_MAX) ?? '';
    return { result: { kind, errorKind: toErrorKind(result.errorKind), message, effect }, shown: { text, from } };
  }
  const { kind, output, outputBytes } = result;
  return { result: { kind, outputText: JSON.stringify(output), outputBytes }, shown: { text, from } };
}

/** Errors: `host-api/store_corrupt`. */
export function parseStoredResult(stored: JsonObject): {
  readonly result: ProcessResult;
  readonly shown: ProgressTail;
} {
  const { result, shown } = parseStored(storedResultSchema, stored);
  if (result.kind === 'failed') return { result, shown };
  const { kind, outputText, outputBytes } = result;
  const output = parseJson(outputText, 'process.result', utf8Bytes(outputText));
  return { result: { kind, output, outputBytes }, shown };
}

function parseStored<Schema extends z.ZodType>(schema: Schema, stored: JsonObject): z.output<Schema> {
  const parsed = schema.safeParse(stored);
  if (parsed.success) return parsed.data;
  throw new HostApiError('host-api/store_corrupt', { detail: describeIssues(parsed.error, 'process') });
}
