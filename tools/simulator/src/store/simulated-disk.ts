/**
 * One disk with one store on it, and the memory that the processes of its machine share while any of them lives.
 *
 * Not here: the processes' stores (`simulated-store.ts`).
 */
import { headAnchorSchema, HostApiError, type HeadAnchor, type MachineIndex, type TableChange } from '@reborn/host-api';
import type { Owner } from '../platform/scheduler.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { StoreDiscipline } from './discipline.ts';
import { recoverLog, type KnownFrames } from './frame.ts';
import { ReplacedFile, SimulatedFile, type PowerLoss } from './simulated-file.ts';
import { SimulatedTables } from './simulated-tables.ts';

/** `position`: how many frames were committed with it. */
export interface PlacedAnchor {
  readonly anchor: HeadAnchor;
  readonly position: number;
}

/** Lost with the last process. `texts` are the committed frames, `changes` what they hold; `commits` counts batches. */
export interface SharedMemory {
  readonly texts: string[];
  readonly changes: TableChange[];
  commits: number;
  lockedBy: Owner | undefined;
  readonly users: Set<Owner>;
}

/** `leftOut`: frames of a batch that was not whole. */
export interface OpenedDisk {
  readonly shared: SharedMemory;
  readonly leftOut: number;
}

export class SimulatedDisk {
  readonly log: SimulatedFile;
  readonly anchor: ReplacedFile;
  readonly #known: KnownFrames;
  #shared: SharedMemory | undefined;

  constructor(log = new SimulatedFile(), anchor = new ReplacedFile(), known: KnownFrames = new Map()) {
    this.log = log;
    this.anchor = anchor;
    this.#known = known;
  }

  /**
   * Joins the others, or recovers the log as the first. What was recovered is written again and synced before anybody is
   * answered: whether it is on the disk is not known when the last process ended with a failed sync.
   * Errors: `host-api/store_rolled_back` for a log that ends below the anchor.
   */
  open(owner: Owner, machines: MachineIndex, discipline: StoreDiscipline): OpenedDisk {
    for (const user of this.#shared?.users ?? []) if (!user.alive) this.leave(user);
    if (this.#shared !== undefined) {
      this.#shared.users.add(owner);
      return { shared: this.#shared, leftOut: 0 };
    }
    const { texts, changes, leftOut } = recoverLog(this.log.read(), discipline.recovery, this.#known);
    const anchor = this.readAnchor()?.anchor;
    if (discipline.anchorChecked) checkAnchor(anchor, new SimulatedTables(machines, discipline, changes));
    if (discipline.failedSync === 'fatal') {
      this.log.write(0, texts);
      this.log.sync();
    }
    this.#shared = {
      texts: [...texts],
      changes: [...changes],
      commits: 0,
      lockedBy: undefined,
      users: new Set([owner]),
    };
    return { shared: this.#shared, leftOut };
  }

  /** The lock of a process goes with it, and so does its part of the shared memory. */
  leave(owner: Owner): void {
    const shared = this.#shared;
    if (shared === undefined) return;
    shared.users.delete(owner);
    if (shared.lockedBy === owner) shared.lockedBy = undefined;
    if (shared.users.size === 0) this.#shared = undefined;
  }

  /** Takes the lock from outside, if it is free. The result gives it back; `undefined` when it was not free. */
  hold(owner: Owner): (() => void) | undefined {
    const shared = this.#shared;
    if (shared === undefined || shared.lockedBy?.alive === true) return undefined;
    shared.lockedBy = owner;
    return () => {
      if (shared.lockedBy === owner) shared.lockedBy = undefined;
    };
  }

  losePower(random: SeededRandom): PowerLoss {
    this.#shared = undefined;
    this.anchor.losePower(random);
    return this.log.losePower(random);
  }

  /** The files as they are, for looking at what would be left. */
  clone(): SimulatedDisk {
    return new SimulatedDisk(this.log.clone(), this.anchor.clone(), this.#known);
  }

  /** How many frames are committed, as the processes that are alive know it. */
  get committedFrames(): number {
    return this.#shared?.texts.length ?? 0;
  }

  readAnchor(): PlacedAnchor | undefined {
    const text = this.anchor.read();
    if (text === undefined) return undefined;
    const { position, anchor } = JSON.parse(text) as { readonly position: number; readonly anchor: unknown };
    return { position, anchor: headAnchorSchema.parse(anchor) };
  }

  writeAnchor(placed: PlacedAnchor): void {
    this.anchor.replace(JSON.stringify(placed));
  }
}

function checkAnchor(anchor: HeadAnchor | undefined, tables: SimulatedTables): void {
  if (anchor === undefined) return;
  const { head, earliest, baseChain, records } = tables.readRaw({
    stream: anchor.stream,
    after: anchor.cursor - 1,
    limit: 1,
  });
  const chain = anchor.cursor === earliest - 1 ? baseChain : records[0]?.chain;
  const contradicts = anchor.cursor >= earliest - 1 && chain !== anchor.chain;
  if (anchor.cursor <= head && !contradicts) return;
  throw new HostApiError('host-api/store_rolled_back');
}
