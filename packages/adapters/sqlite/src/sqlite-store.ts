/**
 * The durable store over one file: commits go to the thread of the writer, reads through a connection of this thread.
 *
 * Not here: what a store promises (`@reborn/host-api`), how the file is opened (`writer/open-writer.ts`).
 */
import {
  HostApiError,
  indexMachines,
  parseListRequest,
  parseMachine,
  parseRawRequest,
  parseRecordKey,
  parseStreamListRequest,
  parseStreamRequest,
  parseUnit,
  type CommitInterest,
  type CommitOutcome,
  type DurableStore,
  type HeadAnchor,
  type JsonObject,
  type ListRequest,
  type MachineIndex,
  type RawPage,
  type RawRequest,
  type StoreDurability,
  type StoredRecord,
  type StoreOpening,
  type StreamInfo,
  type StreamListRequest,
  type StreamPage,
  type StreamRequest,
  type Write,
} from '@reborn/host-api';
import { readAnchor } from './anchor-file.ts';
import { createJitter, patiently, type Patience } from './busy-retry.ts';
import { CommitQueue } from './commit-queue.ts';
import type { Connect, Connection } from './driver.ts';
import { engineCode, stoppedFault } from './errors.ts';
import { CACHE_KIB } from './limits.ts';
import { readPage, readRawPage, readStreamList } from './pages.ts';
import { prepareReads, type ReadStatements } from './read-statements.ts';
import { getRow, listRows } from './records.ts';
import { Wake, type Watch } from './wake.ts';
import { WriterFailure, WriterThread, type ThreadDriver } from './writer/writer-thread.ts';

export const SQLITE_DURABILITY: StoreDurability = Object.freeze({
  backend: 'sqlite',
  survives: 'power_loss',
  shared: 'machine',
  anchored: true,
});

/** Where the store is and what it is opened with. */
export interface StoreSource {
  readonly file: string;
  /** For the reading connection; the writer's is in its own thread. */
  readonly connect: Connect;
  readonly driver: ThreadDriver | undefined;
  readonly watch: Watch;
  /** Units: milliseconds. */
  readonly safetyNetMs: number;
}

/** Errors: those of `SqliteStorage.open`. */
export async function openSqliteStore(source: StoreSource, opening: StoreOpening): Promise<DurableStore> {
  const machines = indexMachines(opening.machines);
  const patience = { timers: opening.timers, jitter: createJitter() };
  const thread = WriterThread.take(source.driver);
  try {
    const addresses = opening.machines.map(({ name, module }) => ({ name, module }));
    const { path } = await patiently(patience, () =>
      askPlainly(thread.ask({ kind: 'open', file: source.file, machines: addresses })),
    );
    const reader = await patiently(patience, () => openReader(source.connect, path));
    return new SqliteStore({ source, path, thread, reader, machines, patience, clock: opening.clock });
  } catch (error) {
    await thread.ask({ kind: 'close' }).catch(() => undefined);
    thread.release();
    throw error;
  }
}

interface Parts {
  readonly source: StoreSource;
  readonly path: string;
  readonly thread: WriterThread;
  readonly reader: { readonly connection: Connection; readonly reads: ReadStatements };
  readonly machines: MachineIndex;
  readonly patience: Patience;
  readonly clock: StoreOpening['clock'];
}

class SqliteStore implements DurableStore {
  readonly durability = SQLITE_DURABILITY;
  readonly #path: string;
  readonly #thread: WriterThread;
  readonly #machines: MachineIndex;
  readonly #patience: Patience;
  readonly #connection: Connection;
  readonly #reads: ReadStatements;
  readonly #queue: CommitQueue;
  readonly #wake: Wake;
  #closed: Promise<void> | undefined;

  constructor({ source, path, thread, reader, machines, patience, clock }: Parts) {
    const { watch, safetyNetMs } = source;
    const { connection, reads } = reader;
    this.#path = path;
    this.#thread = thread;
    this.#machines = machines;
    this.#patience = patience;
    this.#connection = connection;
    this.#reads = reads;
    const busy = (): boolean => this.#queue.busy;
    this.#wake = new Wake({ timers: patience.timers, watch, safetyNetMs, path, reads, busy });
    this.#queue = new CommitQueue({
      thread,
      clock,
      patience,
      onCommitted: (units, span) => this.#wake.committed(units, span),
      onIdle: () => this.#wake.rested(),
    });
  }

  async commit(writes: readonly Write[]): Promise<CommitOutcome> {
    this.#assertAble();
    return this.#queue.enqueue(parseUnit(writes, this.#machines));
  }

  async get(machine: string, key: string): Promise<JsonObject | undefined> {
    this.#assertAble();
    const { name } = parseMachine(machine, this.#machines);
    const parsed = parseRecordKey(key);
    return this.#read(() => getRow(this.#reads.getRecord, name, parsed));
  }

  async list(machine: string, request: ListRequest): Promise<readonly StoredRecord[]> {
    this.#assertAble();
    const { name } = parseMachine(machine, this.#machines);
    const parsed = parseListRequest(request);
    return this.#read(() => listRows(this.#reads, name, parsed));
  }

  async readStream(request: StreamRequest): Promise<StreamPage> {
    this.#assertAble();
    const parsed = parseStreamRequest(request);
    return this.#read(() => readPage(this.#reads, parsed));
  }

  async readRaw(request: RawRequest): Promise<RawPage> {
    this.#assertAble();
    const parsed = parseRawRequest(request);
    return this.#read(() => readRawPage(this.#reads, parsed));
  }

  async listStreams(request: StreamListRequest): Promise<readonly StreamInfo[]> {
    this.#assertAble();
    const parsed = parseStreamListRequest(request);
    return this.#read(() => readStreamList(this.#reads, parsed));
  }

  onCommit(listener: () => void, interest?: CommitInterest): () => void {
    this.#assertAble();
    return this.#wake.add(listener, interest);
  }

  async anchor(): Promise<HeadAnchor | undefined> {
    this.#assertAble();
    return readAnchor(this.#path)?.record;
  }

  /** What was asked for before is finished first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /**
   * The last connection to a file moves the log into it. That is the writer's to do, unless one of its writes has failed:
   * then it goes first, and the log stays as it is for the next one who opens the file.
   */
  async #close(): Promise<void> {
    this.#wake.close();
    await this.#queue.idle();
    const stopped = this.#queue.stopped !== undefined;
    if (!stopped) closeQuietly(this.#connection);
    // A thread that has ended has let go of everything already.
    await this.#thread.ask({ kind: 'close' }).catch(() => undefined);
    this.#thread.release();
    if (stopped) closeQuietly(this.#connection);
  }

  #read<T>(work: () => T): Promise<T> {
    return patiently(this.#patience, () => {
      this.#assertAble();
      return work();
    });
  }

  #assertAble(): void {
    if (this.#closed !== undefined) throw new HostApiError('host-api/store_closed');
    if (this.#queue.stopped !== undefined) throw stoppedFault(this.#queue.stopped);
  }
}

function openReader(connect: Connect, path: string): Parts['reader'] {
  const connection = connect(path, 'read');
  try {
    connection.pragma(`cache_size = ${-CACHE_KIB}`);
    return { connection, reads: prepareReads(connection) };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The writer's own errors instead of the one that says it failed. */
function askPlainly<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    throw error instanceof WriterFailure ? error.cause : error;
  });
}

function closeQuietly(connection: Connection): void {
  try {
    connection.close();
  } catch (error) {
    // Everything acknowledged is in the log already; the next one to open the file takes it from there.
    if (engineCode(error) === undefined) throw error;
  }
}
