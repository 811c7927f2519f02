/**
 * The durable store over two connections to one file: commits through the one, reads through the other.
 *
 * Not here: what a store promises (`@reborn/host-api`), how the file is opened (`open-database.ts`).
 */
import {
  HostApiError,
  indexMachines,
  parseListRequest,
  parseMachine,
  parseRecordKey,
  parseStreamRequest,
  parseUnit,
  type CommitOutcome,
  type DurableStore,
  type JsonObject,
  type ListRequest,
  type MachineIndex,
  type StoreDurability,
  type StoredRecord,
  type StoreOpening,
  type StreamPage,
  type StreamRequest,
  type Write,
} from '@reborn/host-api';
import { createJitter, patiently, type Patience } from './busy-retry.ts';
import { CommitQueue } from './commit-queue.ts';
import { stoppedFault } from './errors.ts';
import { openDatabase, type Database, type DatabaseSource } from './open-database.ts';
import { getRow, listRows } from './records.ts';
import { prepareReads, prepareWrites, type ReadStatements, type WriteStatements } from './statements.ts';
import { readPage } from './streams.ts';
import { Wake } from './wake.ts';

export const SQLITE_DURABILITY: StoreDurability = Object.freeze({
  backend: 'sqlite',
  survives: 'power_loss',
  shared: true,
});

export async function openSqliteStore(
  source: DatabaseSource,
  opening: StoreOpening,
  wakeMs: number,
): Promise<DurableStore> {
  const machines = indexMachines(opening.machines);
  const patience = { timers: opening.timers, jitter: createJitter() };
  const database = await openDatabase(source, patience);
  try {
    const reads = await patiently(patience, () => prepareReads(database.reader));
    const writes = await patiently(patience, () => prepareWrites(database.writer));
    return new SqliteStore({ database, reads, writes, machines, patience, clock: opening.clock, wakeMs });
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

interface Parts {
  readonly database: Database;
  readonly reads: ReadStatements;
  readonly writes: WriteStatements;
  readonly machines: MachineIndex;
  readonly patience: Patience;
  readonly clock: StoreOpening['clock'];
  readonly wakeMs: number;
}

class SqliteStore implements DurableStore {
  readonly durability = SQLITE_DURABILITY;
  readonly #database: Database;
  readonly #machines: MachineIndex;
  readonly #patience: Patience;
  readonly #reads: ReadStatements;
  readonly #queue: CommitQueue;
  readonly #wake: Wake;
  #closed: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { database, reads, writes, machines, patience, clock, wakeMs } = parts;
    this.#database = database;
    this.#machines = machines;
    this.#patience = patience;
    this.#reads = reads;
    const foreignVersion = (): unknown => this.#foreignVersion();
    this.#wake = new Wake({ timers: patience.timers, everyMs: wakeMs, foreignVersion });
    const writer = { connection: database.writer, statements: writes, machines, clock };
    this.#queue = new CommitQueue({ writer, patience, onCommitted: () => this.#wake.notify() });
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

  onCommit(listener: () => void): () => void {
    this.#assertAble();
    return this.#wake.add(listener);
  }

  /** What was asked for before is finished first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#wake.close();
    await this.#queue.idle();
    closeQuietly(this.#database);
  }

  #read<T>(work: () => T): Promise<T> {
    return patiently(this.#patience, () => {
      this.#assertAble();
      return work();
    });
  }

  /** Asked of the writing connection: its own commits do not count there. */
  #foreignVersion(): unknown {
    try {
      return this.#queue.stopped ? undefined : this.#database.writer.pragma('data_version');
    } catch {
      return undefined;
    }
  }

  #assertAble(): void {
    if (this.#closed !== undefined) throw new HostApiError('host-api/store_closed');
    if (this.#queue.stopped) throw stoppedFault();
  }
}

/** The writing connection goes last: it moves the log into the file if nobody else has the file open. */
function closeQuietly(database: Database): void {
  for (const connection of [database.reader, database.writer]) {
    try {
      connection.close();
    } catch {
      // Everything acknowledged is in the log already; the next one to open the file takes it from there.
    }
  }
}
