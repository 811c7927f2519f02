/**
 * A durable store of one's own: the content in memory, the changes in one file of JSON lines, a unit a line.
 *
 * Not here: what units do (`InMemoryTables`, from `@reborn/host-api`), the file itself (`log-file.ts`).
 */
import {
  CommitListeners,
  HostApiError,
  InMemoryTables,
  indexMachines,
  isFault,
  parseUnit,
  type AppliedUnit,
  type CommitInterest,
  type CommitOutcome,
  type DurableStore,
  type ListRequest,
  type MachineIndex,
  type ParsedWrite,
  type RawRequest,
  type StoreDurability,
  type StoreOpening,
  type StreamListRequest,
  type StreamRequest,
  type TableChange,
  type Write,
} from '@reborn/host-api';
import { LogFile, sha256Hex } from './log-file.ts';

/** Records on one line when the file is written anew: a line is read as a whole. */
const LINE_RECORDS_MAX = 100;

/** A unit that waits for its turn, and its caller with it. */
interface Waiting {
  readonly unit: readonly ParsedWrite[];
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** Errors: those of `LogFile.open`; `host-api/store_unavailable` for what the operating system says, without its words. */
export async function openOwnStore(
  path: string,
  opening: StoreOpening,
  sync?: (descriptor: number) => void,
): Promise<DurableStore> {
  const { file, lines } = openFile(path, sync);
  return new OwnStore(file, lines, opening);
}

class OwnStore implements DurableStore {
  /** One process at a time, which nothing enforces; a file that lost its whole last line is not told from a shorter one. */
  readonly durability: StoreDurability = {
    backend: 'own-store',
    survives: 'power_loss',
    shared: 'process',
    anchored: false,
  };
  readonly #file: LogFile;
  readonly #machines: MachineIndex;
  readonly #clock: StoreOpening['clock'];
  readonly #tables: InMemoryTables;
  readonly #listeners = new CommitListeners();
  #waiting: Waiting[] = [];
  #state: 'open' | 'closed' | 'failed' = 'open';

  constructor(file: LogFile, lines: readonly string[], { machines, clock }: StoreOpening) {
    this.#file = file;
    this.#machines = indexMachines(machines);
    this.#clock = clock;
    this.#tables = new InMemoryTables(this.#machines, sha256Hex);
    for (const line of lines) this.#tables.replay(JSON.parse(line) as readonly TableChange[]);
  }

  /** Units that come in one turn of the event loop share one write and one sync. */
  async commit(writes: readonly Write[]): Promise<CommitOutcome> {
    this.#usable();
    const unit = parseUnit(writes, this.#machines);
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ unit, resolve, reject }) === 1) setImmediate(() => this.#writeWaiting());
    });
  }

  async get(machine: string, key: string) {
    return this.#usable().get(machine, key);
  }

  async list(machine: string, request: ListRequest) {
    return this.#usable().list(machine, request);
  }

  async readStream(request: StreamRequest) {
    return this.#usable().readStream(request);
  }

  async readRaw(request: RawRequest) {
    return this.#usable().readRaw(request);
  }

  async listStreams(request: StreamListRequest) {
    return this.#usable().listStreams(request);
  }

  onCommit(listener: () => void, interest?: CommitInterest): () => void {
    this.#usable();
    return this.#listeners.add(listener, interest);
  }

  async anchor(): Promise<undefined> {
    this.#usable();
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#writeWaiting();
    this.#state = 'closed';
    this.#listeners.clear();
    this.#file.close();
  }

  /** Nothing is awaited in here, so that nobody reads what is not yet on the disk. */
  #writeWaiting(): void {
    const answers: (() => void)[] = [];
    const applied: AppliedUnit[] = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { unit, resolve, reject } of waiting) {
      try {
        const done = this.#tables.apply(unit, this.#clock.nowMs());
        if (done.outcome.kind === 'committed') applied.push(done);
        answers.push(() => resolve(done.outcome));
      } catch (error) {
        answers.push(() => reject(error));
      }
    }
    try {
      this.#keep(applied);
    } catch (cause) {
      // What the disk holds is not known, and what memory holds is more than that: nothing here can be believed now.
      this.#state = 'failed';
      for (const { reject } of waiting) reject(new HostApiError('host-api/store_unavailable', { cause }));
      return;
    }
    for (const answer of answers) answer();
    for (const { streams } of applied) this.#listeners.notify(streams);
  }

  /** What was removed or cut off has to leave the disk too, so the file is written anew without it. */
  #keep(applied: readonly AppliedUnit[]): void {
    const changed = applied.map(({ changes }) => changes).filter((changes) => changes.length > 0);
    if (changed.length === 0) return;
    const removes = changed.flat().some(({ kind }) => kind === 'strip' || kind === 'drop');
    if (removes) this.#file.replace(this.#contents());
    else this.#file.append(changed.map((changes) => JSON.stringify(changes)));
  }

  *#contents(): Generator<string> {
    for (const change of this.#tables.contents(LINE_RECORDS_MAX)) yield JSON.stringify([change]);
  }

  #usable(): InMemoryTables {
    if (this.#state === 'open') return this.#tables;
    throw new HostApiError(this.#state === 'closed' ? 'host-api/store_closed' : 'host-api/store_unavailable');
  }
}

function openFile(...opening: Parameters<typeof LogFile.open>): ReturnType<typeof LogFile.open> {
  try {
    return LogFile.open(...opening);
  } catch (error) {
    throw isFault(error) ? error : new HostApiError('host-api/store_unavailable', { cause: error });
  }
}
