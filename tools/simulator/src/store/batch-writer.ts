/**
 * Group commit: units that wait are written as one batch under the lock of the disk, synced once, and then answered.
 *
 * Not here: reads and listeners (`simulated-store.ts`).
 */
import {
  HostApiError,
  type CommitOutcome,
  type HeadAnchor,
  type MachineIndex,
  type ParsedWrite,
  type StreamChange,
  type TableChange,
} from '@reborn/host-api';
import { AnchorKeeper } from './anchor-keeper.ts';
import { checkedAtCall } from './checked-at-call.ts';
import type { StoreEnvironment } from './environment.ts';
import { encodeFrame } from './frame.ts';
import type { SharedMemory } from './simulated-disk.ts';
import { SimulatedTables } from './simulated-tables.ts';

/** Units one batch may hold. */
const BATCH_UNITS_MAX = 16;
/** How long a batch waits for the lock of another process. Units: milliseconds. */
const BUSY_MS_MAX = 5_000;

interface Waiting {
  readonly unit: readonly ParsedWrite[];
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

type Answer = { readonly waiting: Waiting } & ({ readonly outcome: CommitOutcome } | { readonly error: unknown });

interface Batch {
  readonly answers: readonly Answer[];
  readonly logged: readonly TableChange[];
  readonly changes: readonly TableChange[];
  readonly streams: readonly StreamChange[];
  readonly newest: HeadAnchor | undefined;
}

export interface WriterParts {
  readonly environment: StoreEnvironment;
  readonly machines: MachineIndex;
  readonly shared: SharedMemory;
  readonly nowMs: () => number;
  readonly onCommitted: (streams: readonly StreamChange[]) => void;
}

export class BatchWriter {
  /** Bounds the log from below. */
  readonly anchor: AnchorKeeper;
  readonly #parts: WriterParts;
  #tables: SimulatedTables;
  /** How many changes of the shared memory the tables hold. */
  #applied: number;
  #queue: Waiting[] = [];
  #phase: 'idle' | 'working' | 'dead' = 'idle';
  #late: TableChange[] = [];
  #idle: (() => void)[] = [];

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.anchor = new AnchorKeeper(parts.environment, parts.shared);
    this.#tables = new SimulatedTables(parts.machines, parts.environment.discipline, parts.shared.changes);
    this.#tables.markOpened();
    this.#applied = parts.shared.changes.length;
  }

  commit(unit: readonly ParsedWrite[]): Promise<CommitOutcome> {
    if (this.#phase === 'dead') return Promise.reject(new HostApiError('host-api/store_unavailable'));
    return new Promise((resolve, reject) => {
      const { discipline, random, conditions } = this.#parts.environment;
      const asked = { unit, resolve, reject };
      this.#queue.push(discipline.guards === 'at_call' ? this.#lookAtGuards(asked) : asked);
      if (this.#phase !== 'idle') return;
      this.#phase = 'working';
      const hopMs = random.between(0, conditions().hopMsMax);
      this.#later('begin', hopMs, () => this.#begin(this.#now()));
    });
  }

  /** Resolves when nothing waits any more. */
  drained(): Promise<void> {
    return this.#phase === 'working' ? new Promise((resolve) => void this.#idle.push(resolve)) : Promise.resolve();
  }

  #begin(sinceMs: number): void {
    const { shared, environment } = this.#parts;
    const { owner, random, on } = environment;
    if (shared.lockedBy?.alive === true && shared.lockedBy !== owner) {
      on('waited_for_lock');
      if (this.#now() - sinceMs < BUSY_MS_MAX) {
        this.#later('busy', random.between(2, 20), () => this.#begin(sinceMs));
        return;
      }
      on('gave_up_waiting');
      for (const { reject } of this.#queue.splice(0)) reject(new HostApiError('host-api/store_unavailable'));
      this.#next();
      return;
    }
    shared.lockedBy = owner;
    this.#work(this.#queue.splice(0, BATCH_UNITS_MAX));
  }

  #work(units: readonly Waiting[]): void {
    const { disk, discipline, random, conditions, on } = this.#parts.environment;
    const { shared } = this.#parts;
    this.#catchUp();
    this.#tables.markBatch();
    const batch = this.#apply(units);
    if (batch.logged.length === 0) {
      this.#release(batch);
      return;
    }
    if (random.chance(conditions().diskFull)) {
      on('disk_full');
      this.#forgetBatch();
      const error = new HostApiError('host-api/store_unavailable');
      this.#release({ ...batch, answers: units.map((waiting) => ({ waiting, error })) });
      return;
    }
    const texts = framesOf(shared.texts.at(-1), batch.logged);
    disk.log.write(shared.texts.length, texts);
    if (units.length > 1) on('batch_of_several');
    if (discipline.visible === 'when_written') this.#show(batch, texts);
    if (discipline.acknowledges === 'before_sync') this.#answer(batch.answers);
    if (discipline.anchorWritten === 'before_sync') this.anchor.keepAtOnce(batch.newest);
    on('batch_written');
    this.#later('sync', random.between(1, conditions().syncMsMax), () => this.#synced(batch, texts));
  }

  #synced(batch: Batch, texts: readonly string[]): void {
    const { disk, discipline, random, conditions, on } = this.#parts.environment;
    if (random.chance(conditions().syncFailures)) {
      disk.log.failSync();
      on('sync_failed');
      if (discipline.failedSync === 'fatal') {
        this.#die(batch);
        return;
      }
    }
    disk.log.sync();
    if (discipline.visible === 'after_sync') this.#show(batch, texts);
    if (discipline.anchorWritten === 'after_sync') this.anchor.keep(batch.newest);
    this.#release(discipline.acknowledges === 'after_sync' ? batch : { ...batch, answers: [] });
  }

  /** What a failed sync leaves on the disk is not known: nothing is acknowledged any more. */
  #die(batch: Batch): void {
    const { disk, owner } = this.#parts.environment;
    this.#phase = 'dead';
    const error = new HostApiError('host-api/store_unavailable');
    for (const { waiting } of batch.answers) waiting.reject(error);
    for (const { reject } of this.#queue.splice(0)) reject(error);
    for (const done of this.#idle.splice(0)) done();
    disk.leave(owner);
  }

  #release({ answers }: Batch): void {
    this.#parts.shared.lockedBy = undefined;
    this.#answer(answers);
    this.#next();
  }

  #next(): void {
    if (this.#queue.length > 0) {
      this.#later('begin', 0, () => this.#begin(this.#now()));
      return;
    }
    this.#phase = 'idle';
    for (const done of this.#idle.splice(0)) done();
  }

  #apply(units: readonly Waiting[]): Batch {
    const answers: Answer[] = [];
    const changes: TableChange[] = this.#late.splice(0);
    const logged = [...changes];
    const streams: StreamChange[] = [];
    for (const waiting of units) {
      try {
        const applied = this.#tables.apply(waiting.unit, this.#parts.nowMs());
        answers.push({ waiting, outcome: applied.outcome });
        const kept = applied.outcome.kind === 'committed' ? applied.changes : this.#leftOver(applied.changes);
        changes.push(...kept);
        logged.push(...this.#logged(kept));
        streams.push(...(applied.outcome.kind === 'committed' ? applied.streams : []));
      } catch (error) {
        answers.push({ waiting, error });
      }
    }
    return { answers, changes, logged, streams, newest: newestOf(changes) };
  }

  /** What a refused unit leaves behind in a store that does not take everything back. */
  #leftOver(changes: readonly TableChange[]): readonly TableChange[] {
    if (this.#parts.environment.discipline.rollsBack === 'everything') return [];
    const heads = changes.flatMap((change): TableChange[] => {
      const before = change.kind === 'stream' ? this.#tables.stream(change.stream) : undefined;
      if (change.kind !== 'stream' || before === undefined) return [];
      return [{ ...change, state: { ...before, head: change.state.head } }];
    });
    this.#tables.replay(heads);
    return heads;
  }

  #logged(changes: readonly TableChange[]): readonly TableChange[] {
    const { discipline } = this.#parts.environment;
    if (discipline.removals === 'in_memory') return changes.filter(({ kind }) => kind !== 'strip');
    if (discipline.changes === 'with_events' || !changes.some(({ kind }) => kind === 'records')) return changes;
    this.#late.push(...changes.filter(({ kind }) => kind === 'row'));
    return changes.filter(({ kind }) => kind !== 'row');
  }

  #show({ changes, streams }: Batch, texts: readonly string[]): void {
    const { shared } = this.#parts;
    shared.texts.push(...texts);
    shared.changes.push(...changes);
    shared.commits += 1;
    this.#applied = shared.changes.length;
    this.#parts.onCommitted(streams);
  }

  #catchUp(): void {
    const { shared, environment } = this.#parts;
    if (environment.discipline.heads === 'under_lock') this.#tables.replay(shared.changes.slice(this.#applied));
    this.#applied = shared.changes.length;
  }

  #forgetBatch(): void {
    const { machines, environment, shared } = this.#parts;
    this.#tables = new SimulatedTables(machines, environment.discipline, shared.changes);
    this.#tables.markOpened();
  }

  #answer(answers: readonly Answer[]): void {
    const { random, conditions, on } = this.#parts.environment;
    for (const answer of answers) {
      const { waiting } = answer;
      const isLost = random.chance(conditions().lostAnswers);
      this.#later('answer', random.between(0, conditions().answerMsMax), () => {
        if ('error' in answer) return waiting.reject(answer.error);
        if (isLost) {
          on('answer_lost');
          return waiting.reject(new HostApiError('host-api/store_unavailable'));
        }
        waiting.resolve(structuredClone(answer.outcome));
        on('acknowledged');
      });
    }
  }

  #lookAtGuards(asked: Waiting): Waiting {
    const { shared, machines, environment, nowMs } = this.#parts;
    const tables = new SimulatedTables(machines, environment.discipline, shared.changes);
    const { unit, complete } = checkedAtCall(asked.unit, tables, machines, nowMs());
    return { ...asked, unit, resolve: (outcome) => asked.resolve(complete(outcome)) };
  }

  #now(): number {
    return this.#parts.environment.scheduler.nowMs();
  }

  #later(label: string, delayMs: number, callback: () => void): void {
    const { scheduler, owner } = this.#parts.environment;
    scheduler.hold(owner, label, delayMs, callback);
  }
}

/** The last record that a batch adds. */
function newestOf(changes: readonly TableChange[]): HeadAnchor | undefined {
  for (const change of changes.toReversed()) {
    const last = change.kind === 'records' ? change.records.at(-1) : undefined;
    if (change.kind === 'records' && last !== undefined) {
      return { stream: change.stream, cursor: last.cursor, chain: last.chain };
    }
  }
  return undefined;
}

function framesOf(behind: string | undefined, changes: readonly TableChange[]): readonly string[] {
  const texts: string[] = [];
  for (const [at, change] of changes.entries()) {
    texts.push(encodeFrame(texts.at(-1) ?? behind, { change, commits: at === changes.length - 1 }));
  }
  return texts;
}
