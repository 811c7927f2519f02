/**
 * What every store checks before it writes: the form and the bounds of units, keys and machines. One place, so that no
 * backend accepts what another refuses.
 *
 * Not here: requests to read (`parse-request.ts`), whether a write may happen (`apply-unit.ts`), storing it (each store).
 */
import { z } from 'zod';
import { assert } from '../assert.ts';
import { boundedLine, utf8Bytes } from '../bounded-text.ts';
import { HostApiError, parseWith } from '../errors.ts';
import { chainLinkSchema, eventIdSchema } from '../ids.ts';
import { isJsonObject, jsonObjectText, parseJson, type JsonObject } from '../json.ts';
import {
  CURSOR_MAX,
  JSON_BYTES_MAX,
  PAGE_RECORDS_MAX,
  RECORD_KEY_BYTES_MAX,
  STREAM_RECORD_BYTES_MAX,
  UNIT_BYTES_MAX,
  UNIT_WRITES_MAX,
} from '../limits.ts';
import { compileRecogniser } from '../recogniser.ts';
import type { StoredMachine } from './state-machine.ts';
import {
  draftEnvelopeSchema,
  LABELS,
  streamKeySchema,
  type Label,
  type Labels,
  type RawContent,
  type RawRecord,
  type StreamKey,
} from './stream.ts';
import type { ImportWrite, RemoveWrite, TransitionWrite, TruncateWrite, Write } from './unit-of-work.ts';

/** A record that is about to be appended. `bodyText` is what is stored, digested and handed out again. */
export interface ParsedDraft extends RawContent {
  readonly eventId: string;
}

export interface ParsedAppend {
  readonly kind: 'append';
  readonly stream: StreamKey;
  readonly records: readonly ParsedDraft[];
}

/** A write as stores apply it: checked, copied, bodies as text. Plain data: it can be sent to another thread. */
export type ParsedWrite = TransitionWrite | ParsedAppend | RemoveWrite | TruncateWrite | ImportWrite;

/** The machines of a store by name. */
export type MachineIndex = ReadonlyMap<string, StoredMachine>;

const recordKeySchema = boundedLine(RECORD_KEY_BYTES_MAX);

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
const cursorSchema = z.int().nonnegative().max(CURSOR_MAX);
const removeSchema = z.strictObject({
  kind: z.literal('remove'),
  stream: streamKeySchema,
  cursors: z.array(z.int().positive()).max(PAGE_RECORDS_MAX),
});
const truncateSchema = z.strictObject({
  kind: z.literal('truncate'),
  stream: streamKeySchema,
  through: z.int().nonnegative(),
});
const importSchema = z.strictObject({
  kind: z.literal('import'),
  stream: streamKeySchema,
  base: z.strictObject({ cursor: cursorSchema, chain: chainLinkSchema }),
  records: z.array(z.unknown()).max(PAGE_RECORDS_MAX),
});
const rawRecordSchema = z.strictObject({
  cursor: z.int().positive().max(CURSOR_MAX),
  eventId: eventIdSchema,
  chain: chainLinkSchema,
  content: draftEnvelopeSchema.omit({ eventId: true, body: true }).extend({ bodyText: z.string() }).optional(),
});
const writeSchema = z.discriminatedUnion('kind', [
  transitionSchema,
  appendSchema,
  removeSchema,
  truncateSchema,
  importSchema,
]);
const unitSchema = z.array(writeSchema).min(1).max(UNIT_WRITES_MAX);

/** What comes in its proper form, as nearly everything does, is known by these; the rest is for the schemas to refuse. */
const recogniseUnit = compileRecogniser(unitSchema);
const recogniseDraft = compileRecogniser(draftEnvelopeSchema);

/**
 * Checks a unit and copies it deeply: what the caller does to its objects afterwards means nothing.
 * Errors: `host-api/invalid_value` naming the write and the field, also for a machine that the store does not know, and
 * for a unit whose bodies and commands hold more than `UNIT_BYTES_MAX`; `host-api/invalid_json` for a command or a body
 * that is not plain JSON.
 */
export function parseUnit(writes: readonly Write[], machines: MachineIndex): readonly ParsedWrite[] {
  const size = new UnitSize();
  // Copies either way: from here on nobody else has hold of what was checked.
  const sent = recogniseUnit(writes) ?? parseWith(unitSchema, writes, 'writes');
  const unit = sent.map((write, at): ParsedWrite => {
    const field = `writes.${at}`;
    switch (write.kind) {
      case 'transition':
        return parseTransition(write, machines, size, field);
      case 'append':
        return {
          kind: 'append',
          stream: write.stream,
          records: write.records.map((raw, of) => parseDraft(raw, size, `${field}.records.${of}`)),
        };
      case 'import':
        return {
          kind: 'import',
          stream: write.stream,
          base: write.base,
          records: write.records.map((raw, of) => parseRaw(raw, size, `${field}.records.${of}`)),
        };
      case 'remove':
      case 'truncate':
        return write;
    }
  });
  size.check();
  return unit;
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

/** The bytes of a unit. A text has one to three for each of its units, so that most units need no counting. */
class UnitSize {
  readonly #texts: string[] = [];
  #length = 0;

  /** Errors: `host-api/invalid_value`. */
  add(text: string, bytesMax: number, field: string): void {
    if (text.length * 3 > bytesMax && utf8Bytes(text) > bytesMax)
      throw invalid(field, `must be at most ${bytesMax} bytes`);
    this.#texts.push(text);
    this.#length += text.length;
    if (this.#length > UNIT_BYTES_MAX) throw tooLarge();
  }

  /** Errors: `host-api/invalid_value`. */
  check(): void {
    if (this.#length * 3 <= UNIT_BYTES_MAX) return;
    let bytes = 0;
    for (const text of this.#texts) bytes += utf8Bytes(text);
    if (bytes > UNIT_BYTES_MAX) throw tooLarge();
  }
}

function parseTransition(
  { machine, key, command }: z.infer<typeof transitionSchema>,
  machines: MachineIndex,
  size: UnitSize,
  field: string,
): TransitionWrite {
  knownMachine(machine, machines, `${field}.machine`);
  const text = jsonObjectText(command, `${field}.command`);
  size.add(text, JSON_BYTES_MAX, `${field}.command`);
  return { kind: 'transition', machine, key, command: JSON.parse(text) as JsonObject };
}

function parseDraft(draft: unknown, size: UnitSize, field: string): ParsedDraft {
  const { eventId, kind, atMs, labels, body } = recogniseDraft(draft) ?? parseWith(draftEnvelopeSchema, draft, field);
  const bodyText = jsonObjectText(body, `${field}.body`);
  size.add(bodyText, STREAM_RECORD_BYTES_MAX, `${field}.body`);
  return { eventId, kind, atMs, labels: definedOnly(labels), bodyText };
}

function parseRaw(raw: unknown, size: UnitSize, field: string): RawRecord {
  const { content, ...record } = parseWith(rawRecordSchema, raw, field);
  if (content === undefined) return record;
  size.add(content.bodyText, STREAM_RECORD_BYTES_MAX, `${field}.content.bodyText`);
  const body = parseJson(content.bodyText, `${field}.content.bodyText`);
  if (!isJsonObject(body)) throw invalid(`${field}.content.bodyText`, 'must be of type object');
  return { ...record, content: { ...content, labels: definedOnly(content.labels) } };
}

/** Absent labels are absent, not `undefined`: what is stored is what is compared. */
function definedOnly(labels: Labels): Labels {
  const found: Partial<Record<Label, string>> = {};
  for (const label of LABELS) {
    const value = labels[label];
    if (value !== undefined) found[label] = value;
  }
  return found;
}

function knownMachine(name: string, machines: MachineIndex, field: string): StoredMachine {
  const machine = machines.get(name);
  if (machine === undefined) throw invalid(field, 'must be a machine of this store');
  return machine;
}

function tooLarge(): HostApiError {
  return invalid('writes', `must be at most ${UNIT_BYTES_MAX} bytes`);
}

function invalid(field: string, rule: string): HostApiError {
  return new HostApiError('host-api/invalid_value', { detail: { field, rule } });
}
