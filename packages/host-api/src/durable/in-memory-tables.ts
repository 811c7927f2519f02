/**
 * The tables of a store, kept in memory: units are applied whole or not at all, and every read of the port is answered.
 * All that a store of one's own has to add, if its content fits into memory, is to keep the changes.
 *
 * Not here: what a unit does (`apply-unit.ts`), durability (whoever keeps the changes).
 */
import type { JsonObject } from '../json.ts';
import { applyUnit, type AppliedUnit } from './apply-unit.ts';
import type { Sha256Hex } from './chain.ts';
import { InMemoryStream } from './in-memory-stream.ts';
import { parseListRequest, parseRawRequest, parseStreamListRequest, parseStreamRequest } from './parse-request.ts';
import { parseMachine, parseRecordKey, type MachineIndex, type ParsedWrite } from './parse-unit.ts';
import type { RecordIndex } from './state-machine.ts';
import type { RecordMark, StoreTables, TableChange } from './store-tables.ts';
import { emptyStream, type StreamState } from './stream-ledger.ts';
import type {
  RawPage,
  RawRequest,
  StreamInfo,
  StreamKey,
  StreamListRequest,
  StreamPage,
  StreamRequest,
} from './stream.ts';
import { streamName, type ListRequest, type StoredRecord } from './unit-of-work.ts';

/** Rows are kept as text, as a real store keeps them: nothing that is handed out is shared. */
interface KeptRow {
  readonly text: string;
  readonly index: RecordIndex;
}

export class InMemoryTables implements StoreTables {
  readonly #machines: MachineIndex;
  readonly #sha256Hex: Sha256Hex;
  readonly #rows = new Map<string, Map<string, KeptRow>>();
  readonly #streams = new Map<string, InMemoryStream>();
  #undos: (() => void)[] = [];

  constructor(machines: MachineIndex, sha256Hex: Sha256Hex) {
    this.#machines = machines;
    this.#sha256Hex = sha256Hex;
  }

  /** Begins and ends within one turn of the event loop. A unit that is refused, or that throws, leaves nothing. */
  apply(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
    this.#undos = [];
    let applied: AppliedUnit | undefined;
    try {
      applied = applyUnit(unit, { machines: this.#machines, sha256Hex: this.#sha256Hex, nowMs }, this);
    } finally {
      if (applied?.outcome.kind !== 'committed') for (const undo of this.#undos.toReversed()) undo();
      this.#undos = [];
    }
    return applied;
  }

  /** All that is there, as changes that make it from nothing. Shape: none is larger than `recordsMax` records. */
  *contents(recordsMax: number): Generator<TableChange> {
    for (const [machine, rows] of this.#rows) {
      for (const [key, { text, index }] of rows) yield { kind: 'row', machine, key, row: fromText(text), index };
    }
    for (const { key: stream, records, state } of this.#streams.values()) {
      for (let at = 0; at < records.length; at += recordsMax) {
        yield { kind: 'records', stream, records: records.slice(at, at + recordsMax) };
      }
      yield { kind: 'stream', stream, state };
    }
  }

  row(machine: string, key: string): JsonObject | undefined {
    const kept = this.#rows.get(machine)?.get(key);
    return kept === undefined ? undefined : fromText(kept.text);
  }

  stream(stream: StreamKey): StreamState | undefined {
    return this.#streams.get(streamName(stream))?.state;
  }

  cursorOf(stream: StreamKey, eventId: string): number | undefined {
    return this.#streams.get(streamName(stream))?.cursorOf(eventId);
  }

  record(stream: StreamKey, cursor: number): RecordMark | undefined {
    const record = this.#streams.get(streamName(stream))?.at(cursor);
    if (record === undefined) return undefined;
    return { eventId: record.eventId, chain: record.chain, removed: record.content === undefined };
  }

  removedUntil(stream: StreamKey, through: number): number {
    return this.#streams.get(streamName(stream))?.removedUntil(through) ?? 0;
  }

  write(change: TableChange): void {
    switch (change.kind) {
      case 'row':
        this.#undos.push(this.#writeRow(change));
        return;
      case 'stream':
        this.#undos.push(this.#begun(change.stream).setState(change.state));
        return;
      case 'records':
        this.#undos.push(this.#begun(change.stream).add(change.records));
        return;
      case 'strip':
        this.#undos.push(this.#begun(change.stream).strip(change.cursors));
        return;
      case 'drop':
        this.#undos.push(this.#begun(change.stream).drop(change.through));
    }
  }

  /** Writes what a store has kept. It is not taken back. */
  replay(changes: Iterable<TableChange>): void {
    for (const change of changes) this.write(change);
    this.#undos = [];
  }

  /** Errors: `host-api/invalid_value`, as for the reads below. */
  get(machine: string, key: string): JsonObject | undefined {
    return this.row(parseMachine(machine, this.#machines).name, parseRecordKey(key));
  }

  list(machine: string, request: ListRequest): readonly StoredRecord[] {
    const { name } = parseMachine(machine, this.#machines);
    const { owner, status, limit, order } = parseListRequest(request);
    const found = [...(this.#rows.get(name) ?? [])].filter(
      ([, { index }]) => (owner ?? index.owner) === index.owner && (status ?? index.status) === index.status,
    );
    found.sort(
      ([leftKey, left], [rightKey, right]) => left.index.rank - right.index.rank || compare(leftKey, rightKey),
    );
    if (order === 'newest') found.reverse();
    return found.slice(0, limit).map(([key, kept]) => ({ key, row: fromText(kept.text) }));
  }

  readStream(request: StreamRequest): StreamPage {
    const parsed = parseStreamRequest(request);
    return this.#streams.get(streamName(parsed.stream))?.read(parsed) ?? { head: 0, earliest: 1, records: [] };
  }

  readRaw(request: RawRequest): RawPage {
    const { stream, after, limit } = parseRawRequest(request);
    const kept = this.#streams.get(streamName(stream));
    if (kept !== undefined) return kept.readRaw(after, limit);
    const { head, headChain, earliest, baseChain } = emptyStream(this.#sha256Hex, stream);
    return { head, headChain, earliest, baseChain, records: [] };
  }

  listStreams(request: StreamListRequest): readonly StreamInfo[] {
    const { family, after, limit } = parseStreamListRequest(request);
    return [...this.#streams.values()]
      .filter(({ key }) => (family ?? key.family) === key.family)
      .filter(({ key }) => after === undefined || compareKeys(after, key) < 0)
      .toSorted((left, right) => compareKeys(left.key, right.key))
      .slice(0, limit)
      .map(({ key, state: { head, earliest, removed } }) => ({ stream: { ...key }, head, earliest, removed }));
  }

  #writeRow({ machine, key, row, index }: Extract<TableChange, { kind: 'row' }>): () => void {
    const rows = this.#rows.get(machine) ?? new Map<string, KeptRow>();
    const before = rows.get(key);
    this.#rows.set(machine, rows.set(key, { text: JSON.stringify(row), index }));
    return () => void (before === undefined ? rows.delete(key) : rows.set(key, before));
  }

  #begun(stream: StreamKey): InMemoryStream {
    const name = streamName(stream);
    const kept = this.#streams.get(name);
    if (kept !== undefined) return kept;
    const begun = new InMemoryStream(stream, emptyStream(this.#sha256Hex, stream));
    this.#streams.set(name, begun);
    this.#undos.push(() => void this.#streams.delete(name));
    return begun;
  }
}

function fromText(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

function compareKeys(left: StreamKey, right: StreamKey): number {
  return compare(left.family, right.family) || compare(left.tenantId, right.tenantId);
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
