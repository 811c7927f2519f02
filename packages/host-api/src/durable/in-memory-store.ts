/**
 * The durable store without durability: the semantics of the real ones, kept in memory. For tests and for trying things.
 *
 * Not here: what a store promises (`unit-of-work.ts`, `stream.ts`), the checks that all stores share (`parse-unit.ts`).
 */
import { assert } from '../assert.ts';
import { HostApiError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import {
  indexMachines,
  parseListRequest,
  parseMachine,
  parseRecordKey,
  parseStreamRequest,
  parseUnit,
} from './parse-unit.ts';
import type { RecordIndex } from './state-machine.ts';
import {
  LABELS,
  type StreamFilter,
  type StreamKey,
  type StreamPage,
  type StreamRecord,
  type StreamRequest,
} from './stream.ts';
import type {
  AppendWrite,
  CommitOutcome,
  DurableStore,
  ListRequest,
  StoredRecord,
  StoreOpening,
  TransitionWrite,
  Write,
  WriteReceipt,
} from './unit-of-work.ts';

/** Rows and bodies are kept as text, as a real store keeps them: nothing that is handed out is shared. */
interface KeptRow {
  readonly text: string;
  readonly index: RecordIndex;
}
type KeptRecord = Omit<StreamRecord, 'body'> & { readonly bodyText: string };

class KeptStream {
  readonly records: KeptRecord[] = [];
  readonly cursors = new Map<string, number>();
}

/** What a unit has done so far; it is thrown away when the unit is refused. */
interface Staged {
  readonly rows: Map<string, Map<string, KeptRow>>;
  readonly records: Map<string, KeptStream>;
  readonly nowMs: number;
}

type Conflict = Extract<CommitOutcome, { kind: 'conflict' }>;

/** Opens an empty store. */
export function createInMemoryStore(opening: StoreOpening): DurableStore {
  return new InMemoryStore(opening);
}

class InMemoryStore implements DurableStore {
  readonly durability = Object.freeze({ backend: 'memory', survives: 'nothing', shared: false } as const);
  readonly #machines;
  readonly #clock: StoreOpening['clock'];
  readonly #rows = new Map<string, Map<string, KeptRow>>();
  readonly #streams = new Map<string, KeptStream>();
  readonly #listeners = new Set<{ readonly call: () => void }>();
  #closed = false;

  constructor(opening: StoreOpening) {
    this.#machines = indexMachines(opening.machines);
    this.#clock = opening.clock;
  }

  /** Nothing is awaited in here: the unit begins and ends within one turn of the event loop. */
  async commit(writes: readonly Write[]): Promise<CommitOutcome> {
    this.#assertOpen();
    const unit = parseUnit(writes, this.#machines);
    const staged: Staged = { rows: new Map(), records: new Map(), nowMs: this.#clock.nowMs() };
    const receipts: WriteReceipt[] = [];
    for (const [at, write] of unit.entries()) {
      const receipt = write.kind === 'append' ? this.#append(write, staged) : this.#transition(write, at, staged);
      if (receipt.kind === 'conflict') return receipt;
      receipts.push(receipt);
    }
    this.#apply(staged);
    return { kind: 'committed', receipts };
  }

  async get(machine: string, key: string): Promise<JsonObject | undefined> {
    this.#assertOpen();
    const { name } = parseMachine(machine, this.#machines);
    const parsedKey = parseRecordKey(key);
    const kept = this.#rows.get(name)?.get(parsedKey);
    return kept === undefined ? undefined : fromText(kept.text);
  }

  async list(machine: string, request: ListRequest): Promise<readonly StoredRecord[]> {
    this.#assertOpen();
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

  async readStream(request: StreamRequest): Promise<StreamPage> {
    this.#assertOpen();
    const { stream, after, limit, filter, order } = parseStreamRequest(request);
    const kept = this.#streams.get(streamName(stream))?.records ?? [];
    const newest = order === 'newest';
    const step = newest ? -1 : 1;
    const start = newest && (after === 0 || after > kept.length) ? kept.length - 1 : after - (newest ? 2 : 0);
    const records: StreamRecord[] = [];
    for (let at = start; records.length < limit; at += step) {
      const record = kept[at];
      if (record === undefined) break;
      if (matches(record, filter)) records.push(toRecord(record));
    }
    return { head: kept.length, records };
  }

  onCommit(listener: () => void): () => void {
    this.#assertOpen();
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
  }

  #transition(write: TransitionWrite, at: number, staged: Staged): WriteReceipt | Conflict {
    const { machine, key, command } = write;
    const kept = staged.rows.get(machine)?.get(key) ?? this.#rows.get(machine)?.get(key);
    const row = kept === undefined ? undefined : fromText(kept.text);
    const step = parseMachine(machine, this.#machines).run(row, command, { nowMs: staged.nowMs });
    switch (step.kind) {
      case 'refuse':
        return { kind: 'conflict', at, machine, key, reason: step.reason, row };
      case 'keep':
        return { kind: 'record', row };
      case 'write': {
        const rows = staged.rows.get(machine) ?? new Map<string, KeptRow>();
        staged.rows.set(machine, rows.set(key, { text: JSON.stringify(step.row), index: step.index }));
        return { kind: 'record', row: step.row };
      }
    }
  }

  #append(write: AppendWrite, staged: Staged): WriteReceipt {
    const name = streamName(write.stream);
    const base = this.#streams.get(name);
    const added = staged.records.get(name) ?? new KeptStream();
    staged.records.set(name, added);
    const cursors = write.records.map(({ body, ...draft }) => {
      const known = base?.cursors.get(draft.eventId) ?? added.cursors.get(draft.eventId);
      if (known !== undefined) return known;
      const cursor = (base?.records.length ?? 0) + added.records.length + 1;
      added.records.push({ cursor, ...draft, bodyText: JSON.stringify(body) });
      added.cursors.set(draft.eventId, cursor);
      return cursor;
    });
    return { kind: 'appended', cursors };
  }

  #apply(staged: Staged): void {
    for (const [machine, rows] of staged.rows) {
      const kept = this.#rows.get(machine) ?? new Map<string, KeptRow>();
      for (const [key, row] of rows) kept.set(key, row);
      this.#rows.set(machine, kept);
    }
    for (const [name, added] of staged.records) {
      const kept = this.#streams.get(name) ?? new KeptStream();
      for (const record of added.records) {
        assert(record.cursor === kept.records.push(record), 'cursors of a stream are gapless');
        kept.cursors.set(record.eventId, record.cursor);
      }
      this.#streams.set(name, kept);
    }
    for (const entry of this.#listeners) queueMicrotask(() => this.#listeners.has(entry) && entry.call());
  }

  #assertOpen(): void {
    if (this.#closed) throw new HostApiError('host-api/store_closed');
  }
}

function streamName(stream: StreamKey): string {
  return `${stream.family}|${stream.tenantId}`;
}

function matches(record: KeptRecord, filter: StreamFilter | undefined): boolean {
  if (filter?.kinds !== undefined && !filter.kinds.includes(record.kind)) return false;
  return LABELS.every((label) => {
    const wanted = filter?.labels?.[label];
    return wanted === undefined || record.labels[label] === wanted;
  });
}

function toRecord(kept: KeptRecord): StreamRecord {
  const { bodyText, ...record } = kept;
  return { ...record, labels: { ...record.labels }, body: fromText(bodyText) };
}

function fromText(text: string): JsonObject {
  return JSON.parse(text) as JsonObject;
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
