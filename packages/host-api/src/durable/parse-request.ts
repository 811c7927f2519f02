/**
 * The form and the bounds of what a store is asked to read. One place, so that no backend answers what another refuses.
 *
 * Not here: writes and keys (`parse-unit.ts`).
 */
import { z } from 'zod';
import { boundedLine, boundedText } from '../bounded-text.ts';
import { parseWith } from '../errors.ts';
import { tenantIdSchema } from '../ids.ts';
import { copyJson } from '../json.ts';
import { FILTER_KINDS_MAX, NAME_ID_BYTES_MAX, PAGE_RECORDS_MAX, RECORD_KEY_BYTES_MAX } from '../limits.ts';
import {
  labelsSchema,
  streamFamilySchema,
  streamKeySchema,
  type CommitInterest,
  type RawRequest,
  type StreamListRequest,
  type StreamRequest,
} from './stream.ts';
import type { ListRequest } from './unit-of-work.ts';

const orderSchema = z.enum(['oldest', 'newest']).optional();
const limitSchema = z.int().min(1).max(PAGE_RECORDS_MAX);
const kindsSchema = z.array(boundedLine(NAME_ID_BYTES_MAX)).min(1).max(FILTER_KINDS_MAX);
const cursorSchema = z.int().nonnegative();
const timeSchema = z.int().nonnegative();

const listRequestSchema = z.strictObject({
  owner: boundedText(RECORD_KEY_BYTES_MAX).optional(),
  status: boundedLine(NAME_ID_BYTES_MAX).optional(),
  limit: limitSchema,
  order: orderSchema,
});

const streamRequestSchema = z.strictObject({
  stream: streamKeySchema,
  after: cursorSchema,
  limit: limitSchema,
  filter: z
    .strictObject({
      labels: labelsSchema.optional(),
      kinds: kindsSchema.optional(),
      fromMs: timeSchema.optional(),
      toMs: timeSchema.optional(),
    })
    .optional(),
  order: orderSchema,
});

const rawRequestSchema = z.strictObject({ stream: streamKeySchema, after: cursorSchema, limit: limitSchema });

const streamListRequestSchema = z.strictObject({
  family: streamFamilySchema.optional(),
  after: streamKeySchema.optional(),
  limit: limitSchema,
});

const interestSchema = z.strictObject({
  family: streamFamilySchema.optional(),
  tenantId: tenantIdSchema.optional(),
  kinds: kindsSchema.optional(),
});

/** Errors: `host-api/invalid_value`. Absent fields stay absent. */
export function parseStreamRequest(request: StreamRequest): StreamRequest {
  return parseRequest<StreamRequest>(streamRequestSchema, request);
}

/** Errors: `host-api/invalid_value`. Absent fields stay absent. */
export function parseListRequest(request: ListRequest): ListRequest {
  return parseRequest<ListRequest>(listRequestSchema, request);
}

/** Errors: `host-api/invalid_value`. */
export function parseRawRequest(request: RawRequest): RawRequest {
  return parseWith(rawRequestSchema, request, 'request');
}

/** Errors: `host-api/invalid_value`. Absent fields stay absent. */
export function parseStreamListRequest(request: StreamListRequest): StreamListRequest {
  return parseRequest<StreamListRequest>(streamListRequestSchema, request);
}

/** Errors: `host-api/invalid_value`. Absent fields stay absent. */
export function parseInterest(interest: CommitInterest): CommitInterest {
  return parseRequest<CommitInterest>(interestSchema, interest);
}

function parseRequest<T>(schema: z.ZodType, request: unknown): T {
  const parsed = parseWith(schema, request, 'request');
  return copyJson(parsed, 'request') as T;
}
