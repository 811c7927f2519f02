/**
 * The unit of work: a list of guarded writes, sent once to the writer. All of it becomes durable or none of it.
 *
 * Not here: what a write means (`state-machine.ts`, `stream.ts`), and the stores themselves (the storage adapters).
 */
import type { JsonObject } from '../json.ts';
import type { Machine, StoredMachine } from './state-machine.ts';
import type { HeadAnchor } from './chain.ts';
import type { RawRecord, RecordDraft, StreamKey, StreamReader } from './stream.ts';

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

/**
 * Takes the content of single records away: cursor, event id and link stay, so that the stream stays gapless, the chain
 * holds and an append that is retried is still known. Cursors that are cut off or removed already are passed by.
 */
export interface RemoveWrite {
  readonly kind: 'remove';
  readonly stream: StreamKey;
  readonly cursors: readonly number[];
}

/**
 * Cuts a stream off: drops every record up to `through` and marks where it now begins. Their ids are forgotten: one that is
 * appended again is a new record. 0 and a stream that was not begun: nothing.
 */
export interface TruncateWrite {
  readonly kind: 'truncate';
  readonly stream: StreamKey;
  readonly through: number;
}

/**
 * Puts records back exactly as they were read by `readRaw`, at their cursors. `base` says where the exported stream
 * begins: the cursor before its first record, and that one's link. Idempotent: records that are there already, and are
 * the same, are passed by, also those that were removed or cut off here.
 */
export interface ImportWrite {
  readonly kind: 'import';
  readonly stream: StreamKey;
  readonly base: { readonly cursor: number; readonly chain: string };
  readonly records: readonly RawRecord[];
}

/** A write that moves records of a stream as a whole. Its refusals name the machine `stream` and the key of the stream. */
export type StreamWrite = RemoveWrite | TruncateWrite | ImportWrite;
export type Write = TransitionWrite | AppendWrite | StreamWrite;

/**
 * What became of one write. `cursors` stand in the order of the records; `records` counts what was removed, cut off or
 * put back.
 */
export type WriteReceipt =
  | { readonly kind: 'record'; readonly row: JsonObject | undefined }
  | { readonly kind: 'appended'; readonly cursors: readonly number[] }
  | { readonly kind: 'stream'; readonly records: number };

/**
 * Why a stream refuses. `beyond_head`: a cursor that nobody was given. `not_adjacent`: an import that leaves a gap.
 * `chain_broken`: an import whose links, or whose base, do not hold. `differs`: an import that contradicts what is there.
 */
export type StreamRefusal = 'beyond_head' | 'not_adjacent' | 'chain_broken' | 'differs';

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
   * Shape: 1 to 256 writes, with at most `UNIT_BYTES_MAX` of bodies and commands, applied in order; a later write sees
   * the earlier ones.
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
  /** Who may open it at once: one process, the processes of one machine, or of several. */
  readonly shared: 'process' | 'machine' | 'network';
  /** Whether a head anchor outside the database tells a log that lost its acknowledged tail. */
  readonly anchored: boolean;
}

/** Everything a storage adapter implements. */
export interface DurableStore extends UnitOfWork, RecordReader, StreamReader {
  readonly durability: StoreDurability;
  /** The anchor as it was last written; `undefined` where there is none, or nothing was appended yet. */
  anchor(): Promise<HeadAnchor | undefined>;
  /** Idempotent. Later calls of anything else fail with `host-api/store_closed`. */
  close(): Promise<void>;
}

/** What a store needs of its host when it opens. */
export interface StoreOpening {
  readonly machines: readonly StoredMachine[];
  readonly clock: { nowMs(): number };
  readonly timers: { schedule(delayMs: number, callback: () => void): () => void };
}

/** The key of a stream where one text is needed. Injective: no family holds a bar. */
export function streamName(stream: StreamKey): string {
  return `${stream.family}|${stream.tenantId}`;
}

/** How the refusal of a stream is told. */
export function streamConflict(
  stream: StreamKey,
  at: number,
  reason: StreamRefusal,
): Extract<CommitOutcome, { kind: 'conflict' }> {
  return { kind: 'conflict', at, machine: 'stream', key: streamName(stream), reason, row: undefined };
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
  return stored === undefined ? undefined : machine.parseRow(stored);
}
