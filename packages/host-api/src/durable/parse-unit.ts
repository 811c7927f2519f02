/**
 * What every store checks before it does anything: the form and the bounds of writes and requests. One place, so that no
 * backend accepts what another refuses.
 *
 * Not here: whether a write may happen (`state-machine.ts`), storing it (the storage adapters, `in-memory-store.ts`).
 */
import { z } from 'zod';
import { assert } from '../assert.ts';
import { boundedLine, boundedText, utf8Bytes } from '../bounded-text.ts';
import { HostApiError, parseWith } from '../errors.ts';
import { copyJson, isJsonObject, type JsonObject } from '../json.ts';
import {
  FILTER_KINDS_MAX,
  NAME_ID_BYTES_MAX,
  PAGE_RECORDS_MAX,
  RECORD_KEY_BYTES_MAX,
  STREAM_RECORD_BYTES_MAX,
  UNIT_WRITES_MAX,
} from '../limits.ts';
import type { StoredMachine } from './state-machine.ts';
import { labelsSchema, recordDraftSchema, streamKeySchema, type RecordDraft, type StreamRequest } from './stream.ts';
import type { AppendWrite, ListRequest, TransitionWrite, Write } from './unit-of-work.ts';

/** The machines of a store by name. */
export type MachineIndex = ReadonlyMap<string, StoredMachine>;

const recordKeySchema = boundedLine(RECORD_KEY_BYTES_MAX);
const orderSchema = z.enum(['oldest', 'newest']).optional();
const limitSchema = z.int().min(1).max(PAGE_RECORDS_MAX);

const transitionSchema = z.strictObject({
  kind: z.literal('transition'),
  machine: z.string(),
  key: recordKeySchema,
  command: z.unknown(),
});
const appendSchema = z.strictObject({
  kind: z.literal('append'),
  stream: streamKeySchema,
  records: z.array(z.unknown()).max(PAGE_RECORDS_MAX),
});
const writeSchema = z.discriminatedUnion('kind', [transitionSchema, appendSchema]);
const unitSchema = z.array(writeSchema).min(1).max(UNIT_WRITES_MAX);

const listRequestSchema = z.strictObject({
  owner: boundedText(RECORD_KEY_BYTES_MAX).optional(),
  status: boundedLine(NAME_ID_BYTES_MAX).optional(),
  limit: limitSchema,
  order: orderSchema,
});

const streamRequestSchema = z.strictObject({
  stream: streamKeySchema,
  after: z.int().nonnegative(),
  limit: limitSchema,
  filter: z
    .strictObject({
      labels: labelsSchema.optional(),
      kinds: z.array(boundedLine(NAME_ID_BYTES_MAX)).min(1).max(FILTER_KINDS_MAX).optional(),
    })
    .optional(),
  order: orderSchema,
});

/**
 * Checks a unit and copies it deeply: what the caller does to its objects afterwards means nothing.
 * Errors: `host-api/invalid_value` naming the write and the field, also for a machine that the store does not know;
 * `host-api/invalid_json` for a command or a body that is not plain JSON.
 */
export function parseUnit(writes: readonly Write[], machines: MachineIndex): readonly Write[] {
  return parseWith(unitSchema, writes, 'writes').map((write, at) => {
    switch (write.kind) {
      case 'transition':
        return parseTransition(write, machines, `writes.${at}`);
      case 'append':
        return parseAppend(write, `writes.${at}`);
    }
  });
}

/** Errors: `host-api/invalid_value`. Absent fields stay absent. */
export function parseStreamRequest(request: StreamRequest): StreamRequest {
  return parseRequest<StreamRequest>(streamRequestSchema, request);
}

/** Errors: `host-api/invalid_value`. Absent fields stay absent. */
export function parseListRequest(request: ListRequest): ListRequest {
  return parseRequest<ListRequest>(listRequestSchema, request);
}

/** Errors: `host-api/invalid_value`. */
export function parseRecordKey(key: string): string {
  return parseWith(recordKeySchema, key, 'key');
}

/** The machine of that name. Errors: `host-api/invalid_value`. */
export function parseMachine(name: string, machines: MachineIndex): StoredMachine {
  return knownMachine(name, machines, 'machine');
}

/** Invariant: a store keeps each machine's records under a name of its own. */
export function indexMachines(machines: readonly StoredMachine[]): MachineIndex {
  const index = new Map(machines.map((machine) => [machine.name, machine]));
  assert(index.size === machines.length, 'machines of one store have different names');
  return index;
}

function parseTransition(
  write: z.infer<typeof transitionSchema>,
  machines: MachineIndex,
  field: string,
): TransitionWrite {
  knownMachine(write.machine, machines, `${field}.machine`);
  const command = objectCopy(write.command, `${field}.command`);
  return { kind: 'transition', machine: write.machine, key: write.key, command };
}

function parseAppend(write: z.infer<typeof appendSchema>, field: string): AppendWrite {
  return {
    kind: 'append',
    stream: write.stream,
    records: write.records.map((draft, at) => parseDraft(draft, `${field}.records.${at}`)),
  };
}

function parseDraft(draft: unknown, field: string): RecordDraft {
  const parsed = parseWith(recordDraftSchema, objectCopy(draft, field), field);
  if (utf8Bytes(JSON.stringify(parsed.body)) <= STREAM_RECORD_BYTES_MAX) return parsed;
  throw invalid(`${field}.body`, `must be at most ${STREAM_RECORD_BYTES_MAX} bytes`);
}

function knownMachine(name: string, machines: MachineIndex, field: string): StoredMachine {
  const machine = machines.get(name);
  if (machine === undefined) throw invalid(field, 'must be a machine of this store');
  return machine;
}

function parseRequest<T>(schema: z.ZodType, request: unknown): T {
  const parsed = parseWith(schema, request, 'request');
  return copyJson(parsed, 'request') as T;
}

function objectCopy(value: unknown, field: string): JsonObject {
  const copy = copyJson(value, field);
  if (!isJsonObject(copy)) throw invalid(field, 'must be of type object');
  return copy;
}

function invalid(field: string, rule: string): HostApiError {
  return new HostApiError('host-api/invalid_value', { detail: { field, rule } });
}
