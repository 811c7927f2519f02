/**
 * A durable store on a simulated disk: semantics of the real ones, every answer held by the scheduler, every fault drawn
 * from the seed.
 *
 * Not here: how units are written (`batch-writer.ts`), what is on the disk (`simulated-disk.ts`).
 */
import {
  CommitListeners,
  HostApiError,
  indexMachines,
  parseUnit,
  type CommitInterest,
  type CommitOutcome,
  type DurableStore,
  type HeadAnchor,
  type JsonObject,
  type ListRequest,
  type RawPage,
  type RawRequest,
  type StoredRecord,
  type StoreOpening,
  type StreamInfo,
  type StreamListRequest,
  type StreamPage,
  type StreamRequest,
  type Write,
} from '@reborn/host-api';
import { BatchWriter } from './batch-writer.ts';
import type { StoreEnvironment } from './environment.ts';
import type { SharedMemory } from './simulated-disk.ts';
import { SimulatedTables } from './simulated-tables.ts';

/** How often a store looks whether a wake-up was lost. Units: milliseconds. */
const SAFETY_NET_MS = 2_000;

/** Errors: `host-api/store_rolled_back` when the log ends below its anchor. */
export function openSimulatedStore(opening: StoreOpening, environment: StoreEnvironment): DurableStore {
  return new SimulatedStore(opening, environment);
}

class SimulatedStore implements DurableStore {
  readonly durability = Object.freeze({
    backend: 'simulated',
    survives: 'power_loss',
    shared: 'machine',
    anchored: true,
  } as const);
  readonly #machines;
  readonly #environment: StoreEnvironment;
  readonly #shared: SharedMemory;
  readonly #writer: BatchWriter;
  readonly #reader: SimulatedTables;
  readonly #listeners = new CommitListeners();
  readonly #timers: StoreOpening['timers'];
  readonly #leaveNetwork: () => void;
  #stopNet: () => void = () => undefined;
  #read: number;
  #heardOf: number;
  #closing: Promise<void> | undefined;

  constructor({ machines, clock, timers }: StoreOpening, environment: StoreEnvironment) {
    this.#machines = indexMachines(machines);
    this.#environment = environment;
    this.#timers = timers;
    const { disk, owner, discipline, network, on } = environment;
    const { shared, leftOut } = disk.open(owner, this.#machines, discipline);
    if (leftOut > 0) on('batch_left_out');
    this.#shared = shared;
    this.#reader = new SimulatedTables(this.#machines, discipline, shared.changes);
    this.#read = shared.changes.length;
    this.#heardOf = shared.commits;
    this.#writer = new BatchWriter({
      environment,
      machines: this.#machines,
      shared,
      nowMs: () => clock.nowMs(),
      onCommitted: (streams) => {
        // A commit of another process that was not heard of stays to be heard of.
        const isNext = this.#heardOf === shared.commits - 1 || discipline.ownCommits === 'hide_others';
        if (isNext) this.#heardOf = shared.commits;
        this.#listeners.notify(streams);
        network?.broadcast(owner, 'committed');
      },
    });
    this.#leaveNetwork = network?.join(owner, () => this.#wakeUp()) ?? (() => undefined);
    if (discipline.safetyNet === 'on' && network !== undefined) this.#castNet();
  }

  async commit(writes: readonly Write[]): Promise<CommitOutcome> {
    this.#assertOpen();
    return this.#writer.commit(parseUnit(writes, this.#machines));
  }

  get(machine: string, key: string): Promise<JsonObject | undefined> {
    return this.#answer((tables) => tables.get(machine, key));
  }

  list(machine: string, request: ListRequest): Promise<readonly StoredRecord[]> {
    return this.#answer((tables) => tables.list(machine, request));
  }

  readStream(request: StreamRequest): Promise<StreamPage> {
    return this.#answer((tables) => tables.readStream(request));
  }

  readRaw(request: RawRequest): Promise<RawPage> {
    return this.#answer((tables) => tables.readRaw(request));
  }

  listStreams(request: StreamListRequest): Promise<readonly StreamInfo[]> {
    return this.#answer((tables) => tables.listStreams(request));
  }

  anchor(): Promise<HeadAnchor | undefined> {
    return this.#answer(() => this.#environment.disk.readAnchor()?.anchor);
  }

  onCommit(listener: () => void, interest?: CommitInterest): () => void {
    this.#assertOpen();
    return this.#listeners.add(listener, interest);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#listeners.clear();
    this.#leaveNetwork();
    this.#stopNet();
    await this.#writer.drained();
    this.#writer.anchor.write();
    this.#environment.disk.leave(this.#environment.owner);
  }

  /** Looks at once, and under bad conditions tells only later what it saw; otherwise looks when it tells. */
  async #answer<T>(look: (tables: SimulatedTables) => T): Promise<T> {
    this.#assertOpen();
    const { scheduler, owner, random, conditions, on } = this.#environment;
    const { answerMsMax, staleReads } = conditions();
    const seen = this.#shared.commits;
    const early = random.chance(staleReads) ? { value: look(this.#tables()) } : undefined;
    const delayMs = random.between(0, answerMsMax) + (early === undefined ? 0 : random.between(5, 50));
    await new Promise<void>((resolve) => void scheduler.hold(owner, 'read', delayMs, resolve));
    if (early !== undefined && this.#shared.commits > seen) on('stale_answer');
    return early === undefined ? look(this.#tables()) : early.value;
  }

  /** What is committed, by whichever process. */
  #tables(): SimulatedTables {
    const { changes } = this.#shared;
    if (this.#read < changes.length) this.#reader.replay(changes.slice(this.#read));
    this.#read = changes.length;
    return this.#reader;
  }

  #wakeUp(): void {
    if (this.#heardOf === this.#shared.commits) return;
    this.#heardOf = this.#shared.commits;
    this.#listeners.notifyAll();
  }

  #castNet(): void {
    this.#stopNet = this.#timers.schedule(SAFETY_NET_MS, () => {
      if (this.#heardOf !== this.#shared.commits) this.#environment.on('made_up_for_wake_up');
      this.#wakeUp();
      this.#castNet();
    });
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new HostApiError('host-api/store_closed');
  }
}
