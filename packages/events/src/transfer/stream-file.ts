/**
 * The form of an exported stream: JSON text, one value a line. A header says which stream and where it begins, each line
 * after it is one record, and a trailer says how many there were, so that a file that was cut short is noticed.
 *
 * Not here: going through a stream (`export-stream.ts`, `import-stream.ts`), files (whoever opens them).
 */
import {
  boundedLine,
  chainLinkSchema,
  CURSOR_MAX,
  eventIdSchema,
  jsonObjectSchema,
  labelsSchema,
  NAME_ID_BYTES_MAX,
  parseJson,
  streamKeySchema,
  type JsonObject,
  type RawRecord,
} from '@reborn/host-api';
import { z } from 'zod';
import { EventsError } from '../errors.ts';
import { STREAM_LINE_BYTES_MAX } from '../limits.ts';

const cursor = z.int().nonnegative().max(CURSOR_MAX);
const count = z.int().nonnegative();
const formatVersion = 1;

const headerSchema = z.strictObject({
  kind: z.literal('reborn_stream'),
  v: z.literal(formatVersion),
  stream: streamKeySchema,
  /** The cursor before the first record, and its link. */
  base: z.strictObject({ cursor, chain: chainLinkSchema }),
});
export type StreamFileHeader = z.infer<typeof headerSchema>;

const recordSchema = z.strictObject({
  cursor: z.int().positive().max(CURSOR_MAX),
  eventId: eventIdSchema,
  chain: chainLinkSchema,
  content: z
    .strictObject({
      kind: boundedLine(NAME_ID_BYTES_MAX),
      atMs: count,
      labels: labelsSchema,
      body: jsonObjectSchema.optional(),
      bodyText: z.string().optional(),
    })
    .refine(({ body, bodyText }) => (body === undefined) !== (bodyText === undefined))
    .optional(),
});

const trailerSchema = z.strictObject({
  kind: z.literal('end'),
  records: count,
  head: cursor,
  headChain: chainLinkSchema,
});
export type StreamFileTrailer = z.infer<typeof trailerSchema>;

export function headerLine(header: Omit<StreamFileHeader, 'kind' | 'v'>): string {
  return JSON.stringify({ kind: 'reborn_stream', v: formatVersion, ...header });
}

/**
 * The body goes in as the JSON that it is, so that people and their tools can read it; as a text where reading it and
 * writing it again would not give the same bytes, as of bodies that another hand has written.
 */
export function recordLine({ content, ...record }: RawRecord): string {
  if (content === undefined) return JSON.stringify(record);
  const { bodyText, ...rest } = content;
  if (JSON.stringify(JSON.parse(bodyText)) !== bodyText) return JSON.stringify({ ...record, content });
  const open = JSON.stringify({ ...record, content: rest }).slice(0, -2);
  return `${open},"body":${bodyText}}}`;
}

export function trailerLine(trailer: Omit<StreamFileTrailer, 'kind'>): string {
  return JSON.stringify({ kind: 'end', ...trailer });
}

/** Errors: `events/invalid_stream_file` naming the line. */
export function parseHeader(line: string): StreamFileHeader {
  return parseLine(headerSchema, toObject(line, 1), 1);
}

/** A record or the trailer. Errors: `events/invalid_stream_file` naming the line. */
export function parseBodyLine(line: string, number: number): RawRecord | StreamFileTrailer {
  const value = toObject(line, number);
  if (value['kind'] === 'end') return parseLine(trailerSchema, value, number);
  const { content, ...record } = parseLine(recordSchema, value, number);
  if (content === undefined) return record;
  const { body, bodyText = JSON.stringify(body), ...rest } = content;
  return { ...record, content: { ...rest, bodyText } };
}

export function invalidFile(line: number, rule: string): EventsError {
  return new EventsError('events/invalid_stream_file', { detail: { line, rule } });
}

function toObject(line: string, number: number): JsonObject {
  try {
    const value = jsonObjectSchema.safeParse(parseJson(line, 'line', STREAM_LINE_BYTES_MAX));
    if (value.success) return value.data;
  } catch {
    // Told below: what is wrong inside a line of JSON would show what stands in it.
  }
  throw invalidFile(number, 'must be one JSON object');
}

function parseLine<T>(schema: z.ZodType<T>, value: JsonObject, number: number): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidFile(number, `${issue?.path.filter((part) => typeof part === 'string').join('.') || 'it'} is not valid`);
}
