/**
 * The unit of work: a list of guarded writes, sent once to the writer. All of it becomes durable or none of it.
 *
 * Not here: what a write means (`state-machine.ts`, `stream.ts`), and the stores themselves (the storage adapters).
 */
import type { JsonObject } from '../json.ts';
import type { Machine, StoredMachine } from './state-machine.ts';
import type { RecordDraft, StreamKey, StreamReader } from './stream.ts';

/** Moves one record along its machine, or only checks it when the machine keeps the record. */
export interface TransitionWrite {
  readonly kind: 'transition';
  readonly machine: string;
  readonly key: string;
  readonly command: JsonObject;
}

/** Appends records to one stream. Idempotent by event id: a record that is there already keeps its cursor. */
export interface AppendWrite {
  readonly kind: 'append';
  readonly stream: StreamKey;
  readonly records: readonly RecordDraft[];
}

export type Write = TransitionWrite | AppendWrite;

/** What became of one write. `cursors` stand in the order of the records. */
export type WriteReceipt =
  | { readonly kind: 'record'; readonly row: JsonObject | undefined }
  | { readonly kind: 'appended'; readonly cursors: readonly number[] };

/**
 * `committed`: durable, visible to every reader, and its records have their cursors.
 * `conflict`: the write at `at` was refused and nothing of the unit happened.
 */
export type CommitOutcome =
  | { readonly kind: 'committed'; readonly receipts: readonly WriteReceipt[] }
  | {
      readonly kind: 'conflict';
      readonly at: number;
      readonly machine: string;
      readonly key: string;
      readonly reason: string;
      readonly row: JsonObject | undefined;
    };

export interface UnitOfWork {
  /**
   * Shape: 1 to 256 writes, applied in order; a later write sees the earlier ones.
   * Errors: `host-api/store_unavailable` (retryable; the unit may or may not have happened, so retry only units that
   * are idempotent), `host-api/store_closed`, `host-api/store_corrupt`, `host-api/invalid_value`.
   */
  commit(writes: readonly Write[]): Promise<CommitOutcome>;
}

export interface ListRequest {
  readonly owner?: string;
  readonly status?: string;
  readonly limit: number;
  /** `newest` turns the order round. */
  readonly order?: 'oldest' | 'newest';
}

export interface StoredRecord {
  readonly key: string;
  readonly row: JsonObject;
}

/** Reads committed records. A read takes no lock and promises nothing about the next commit: guards do. */
export interface RecordReader {
  get(machine: string, key: string): Promise<JsonObject | undefined>;
  list(machine: string, request: ListRequest): Promise<readonly StoredRecord[]>;
}

/** What a backend promises. A test holds each flag to the truth. */
export interface StoreDurability {
  readonly backend: string;
  /** What an acknowledged unit survives: nothing, the death of the process, or the loss of power. */
  readonly survives: 'nothing' | 'process_death' | 'power_loss';
  /** Whether several processes may open it at once. */
  readonly shared: boolean;
}

/** Everything a storage adapter implements. */
export interface DurableStore extends UnitOfWork, RecordReader, StreamReader {
  readonly durability: StoreDurability;
  /** Idempotent. Later calls of anything else fail with `host-api/store_closed`. */
  close(): Promise<void>;
}

/** What a store needs of its host when it opens. */
export interface StoreOpening {
  readonly machines: readonly StoredMachine[];
  readonly clock: { nowMs(): number };
  readonly timers: { schedule(delayMs: number, callback: () => void): () => void };
}

/** Makes a write for a machine; the command is checked by the compiler here and by the writer again. */
export function transition<Row extends { readonly status: string }, Command extends { readonly trigger: string }>(
  machine: Machine<Row, Command>,
  key: string,
  command: NoInfer<Command>,
): TransitionWrite {
  return { kind: 'transition', machine: machine.name, key, command: command as unknown as JsonObject };
}

/** Reads one record with the type of its machine. Errors: those of `RecordReader`, `host-api/store_corrupt`. */
export async function getRecord<Row extends { readonly status: string }, Command extends { readonly trigger: string }>(
  reader: RecordReader,
  machine: Machine<Row, Command>,
  key: string,
): Promise<Row | undefined> {
  const stored = await reader.get(machine.name, key);
  return stored === undefined ? undefined : (machine.parseRow(stored) as unknown as Row);
}
