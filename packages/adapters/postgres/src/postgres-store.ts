/**
 * The durable store over sessions to one database: one that writes, some that read, one for wake-ups.
 *
 * Not here: what a store promises (`@reborn/host-api`), how sessions are made (`open-session.ts`).
 */
import {
  CommitListeners,
  HostApiError,
  indexMachines,
  parseListRequest,
  parseMachine,
  parseRawRequest,
  parseRecordKey,
  parseStreamListRequest,
  parseStreamRequest,
  parseUnit,
  streamName,
  type CommitInterest,
  type CommitOutcome,
  type DurableStore,
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
import { CommitQueue } from './commit-queue.ts';
import type { Session } from './driver.ts';
import { toStoreFault } from './errors.ts';
import { migrate } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import type { OpenSession } from './open-session.ts';
import { ReaderPool } from './reader-pool.ts';
import { getRow, listRows, listStreamRows, readPage, readRawPage } from './reads.ts';
import { Reconnecting } from './reconnecting.ts';
import { SafetyNet } from './safety-net.ts';
import { Signals, type Heard } from './signals.ts';
import { ToldVersions, type TouchedStream } from './told-versions.ts';
import { Writer } from './writer.ts';

export const POSTGRES_DURABILITY: StoreDurability = Object.freeze({
  backend: 'postgres',
  survives: 'power_loss',
  shared: 'network',
  anchored: false,
});

export interface StoreSettings {
  readonly openSession: OpenSession;
  readonly migrations: readonly Migration[];
  /** A plain name. */
  readonly schema: string;
  readonly time: 'database' | 'host';
  readonly wakeMs: number;
  readonly readersMax: number;
}

export async function openPostgresStore(settings: StoreSettings, opening: StoreOpening): Promise<DurableStore> {
  const machines = indexMachines(opening.machines);
  let opened: { close(): Promise<void> } | undefined;
  try {
    const first = await settings.openSession('write');
    opened = first;
    await migrate(first, quoted(settings.schema), settings.migrations);
    const store = new PostgresStore({ settings, opening, machines, first });
    opened = store;
    await store.start(first);
    return store;
  } catch (error) {
    await opened?.close();
    throw toStoreFault(error);
  }
}

interface Parts {
  readonly settings: StoreSettings;
  readonly opening: StoreOpening;
  readonly machines: MachineIndex;
  readonly first: Session;
}

class PostgresStore implements DurableStore {
  readonly durability = POSTGRES_DURABILITY;
  readonly #schema: string;
  readonly #machines: MachineIndex;
  readonly #connection: Reconnecting;
  readonly #writer: Writer;
  readonly #queue: CommitQueue;
  readonly #pool: ReaderPool;
  readonly #signals: Signals;
  readonly #net: SafetyNet;
  readonly #listeners = new CommitListeners();
  readonly #told = new ToldVersions();
  #listening = 0;
  #closed: Promise<void> | undefined;

  constructor({ settings, opening, machines, first }: Parts) {
    const { openSession, time, readersMax, wakeMs } = settings;
    const schema = quoted(settings.schema);
    const { timers, clock } = opening;
    const onHeard = (heard: Heard): void => this.#hear(heard);
    this.#schema = schema;
    this.#machines = machines;
    this.#connection = new Reconnecting({ open: () => openSession('write'), timers, first });
    const ownClock = time === 'host' ? clock : undefined;
    this.#writer = new Writer({ schema, machines, clock: ownClock, connection: this.#connection });
    this.#queue = new CommitQueue({ writer: this.#writer, onCommitted: (...told) => this.#tell(...told) });
    this.#pool = new ReaderPool(() => openSession('read'), readersMax);
    this.#signals = new Signals({
      open: () => openSession('signal'),
      timers,
      channel: `${settings.schema}_commit`,
      onHeard,
    });
    const told = this.#told;
    this.#net = new SafetyNet({ schema, pool: this.#pool, timers, everyMs: wakeMs, told, onHeard });
  }

  /** Nothing that others commit from here on is missed. */
  async start(first: Session): Promise<void> {
    await this.#net.prepare(first);
    await this.#signals.start();
  }

  async commit(writes: readonly Write[]): Promise<CommitOutcome> {
    this.#assertOpen();
    return this.#queue.enqueue(parseUnit(writes, this.#machines));
  }

  async get(machine: string, key: string): Promise<JsonObject | undefined> {
    this.#assertOpen();
    const { name } = parseMachine(machine, this.#machines);
    const parsed = parseRecordKey(key);
    return this.#pool.read((session) => getRow(session, this.#schema, name, parsed));
  }

  async list(machine: string, request: ListRequest): Promise<readonly StoredRecord[]> {
    this.#assertOpen();
    const { name } = parseMachine(machine, this.#machines);
    const parsed = parseListRequest(request);
    return this.#pool.read((session) => listRows(session, this.#schema, name, parsed));
  }

  async readStream(request: StreamRequest): Promise<StreamPage> {
    this.#assertOpen();
    const parsed = parseStreamRequest(request);
    return this.#pool.read((session) => readPage(session, this.#schema, parsed));
  }

  async readRaw(request: RawRequest): Promise<RawPage> {
    this.#assertOpen();
    const parsed = parseRawRequest(request);
    return this.#pool.read((session) => readRawPage(session, this.#schema, parsed));
  }

  async listStreams(request: StreamListRequest): Promise<readonly StreamInfo[]> {
    this.#assertOpen();
    const parsed = parseStreamListRequest(request);
    return this.#pool.read((session) => listStreamRows(session, this.#schema, parsed));
  }

  onCommit(listener: () => void, interest?: CommitInterest): () => void {
    this.#assertOpen();
    const remove = this.#listeners.add(listener, interest);
    this.#listening += 1;
    this.#net.start();
    let disposed = false;
    return () => {
      remove();
      if (disposed) return;
      disposed = true;
      this.#listening -= 1;
      if (this.#listening === 0) this.#net.rest();
    };
  }

  async anchor(): Promise<undefined> {
    this.#assertOpen();
  }

  /** What was asked for before is finished first. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#net.rest();
    this.#listeners.clear();
    await this.#queue.idle();
    await Promise.all([this.#signals.close(), this.#connection.close(), this.#pool.close()]);
  }

  #tell(streams: readonly TouchedStream[], written: boolean): void {
    for (const { stream, versions } of streams) this.#told.add(streamName(stream), versions);
    this.#listeners.notify(streams);
    if (written) this.#signals.tell(streams);
  }

  #hear(heard: Heard): void {
    if (heard === undefined) {
      this.#writer.forget(undefined);
      this.#listeners.notifyAll();
      return;
    }
    for (const { stream, versions } of heard) {
      this.#told.add(streamName(stream), versions);
      this.#writer.forget(streamName(stream));
    }
    this.#listeners.notify(heard);
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new HostApiError('host-api/store_closed');
  }
}

function quoted(name: string): string {
  return `"${name}"`;
}
