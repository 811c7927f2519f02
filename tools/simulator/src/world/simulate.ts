/**
 * One run: a seed, its faults, its operations, the quiet after them, and what was found.
 *
 * Not here: several seeds (`../campaign.ts`), making a failing run small (`../shrink.ts`).
 */
import { createHash } from 'node:crypto';
import type { Actor, Operation } from '../actor/actor.ts';
import { actorsOf, drawCast, type Cast } from '../actor/actors.ts';
import { castFor, disciplineOf, type BugName } from '../bugs.ts';
import { readStoreImage } from '../invariant/store-image.ts';
import { violation, type Violation } from '../invariant/violation.ts';
import { createScheduler } from '../platform/scheduler.ts';
import { createSeededRandom, type SeededRandom } from '../platform/seeded-random.ts';
import { createSimulatedNetwork } from '../platform/simulated-network.ts';
import { GOOD_CONDITIONS, type StoreEvent } from '../store/conditions.ts';
import { openSimulatedStore } from '../store/simulated-store.ts';
import { drawFaults, networkConditions, storeConditions, type Fault } from './faults.ts';
import { checkImage, inspectCorruption, inspectPowerLoss } from './inspect.ts';
import type { Mark } from './marks.ts';
import { drawSteps, type Step } from './swarm.ts';
import { MACHINE, SIMULATED_MACHINES, World } from './world.ts';

const PROCESSES = ['p1', 'p2', 'p3'];
/** Until nothing happens any more, and then until everything has caught up. Units: milliseconds of virtual time. */
const SETTLE_MS = 15_000;
const QUIET_MS = 60_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly operations: number;
  readonly bug?: BugName;
  /** Instead of those that the seed stands for. */
  readonly steps?: readonly Step[];
  /** Other luck for the same faults and operations: 0 unless told. */
  readonly luck?: number;
  /** Hears of every step of the scheduler and every operation. */
  readonly onTrace?: (line: string) => void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly cast: Cast;
  readonly steps: readonly Step[];
  /** Empty, or what the first look that found something has found. */
  readonly violations: readonly Violation[];
  readonly marks: ReadonlySet<Mark>;
  /** When it ended. Units: milliseconds of virtual time. */
  readonly endedMs: number;
  /** Equal for equal options. */
  readonly traceHash: string;
  /** Units that the store was asked for. */
  readonly units: number;
}

export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const run = new Run(options);
  await run.go();
  return run.result();
}

/** How likely a look at what a loss of power would leave is, behind each event. */
const INSPECTED: Partial<Record<StoreEvent, number>> = {
  acknowledged: 0.04,
  anchor_written: 0.25,
  batch_written: 0.04,
};

const MARK_OF_EVENT: Partial<Record<StoreEvent, Mark>> = {
  answer_lost: 'a unit was committed and its answer lost',
  batch_of_several: 'several units shared one sync',
  batch_left_out: 'a batch that was not whole was left out',
  disk_full: 'the disk was full and had room again',
  waited_for_lock: 'a batch waited for the lock of another process',
  gave_up_waiting: 'a batch gave up waiting for the lock',
  stale_answer: 'an older state was read while a newer one was committed',
  made_up_for_wake_up: 'a lost wake-up was made up for',
};

class Run {
  readonly #options: SimulationOptions;
  readonly #random: SeededRandom;
  readonly #scheduler;
  readonly #network;
  readonly #world: World;
  readonly #actors: readonly Actor[];
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #faults: readonly Fault[];
  readonly #cast: Cast;
  readonly #steps: readonly Step[];
  readonly #marks = new Set<Mark>();
  readonly #hash = createHash('sha256');

  constructor(options: SimulationOptions) {
    this.#options = options;
    const seeded = createSeededRandom(`${options.seed}`);
    this.#random = options.luck === undefined || options.luck === 0 ? seeded : seeded.fork(`luck ${options.luck}`);
    const sometimes = (mark: Mark): void => void this.#marks.add(mark);
    this.#faults = drawFaults(seeded.fork('faults'));
    this.#cast = options.bug === undefined ? drawCast(seeded.fork('cast')) : castFor(options.bug);
    this.#scheduler = createScheduler({
      random: this.#random.fork('schedule'),
      onStep: (atMs, owner, label) => this.#trace(`${atMs} ${owner}: ${label}`),
      isOver: () => this.#world.violations.length > 0,
    });
    this.#network = createSimulatedNetwork({
      scheduler: this.#scheduler,
      random: this.#random.fork('network'),
      conditions: networkConditions(this.#faults),
      on: { lost: () => sometimes('a wake-up was lost'), doubled: () => sometimes('a wake-up came twice') },
    });
    const discipline = disciplineOf(options.bug);
    this.#world = new World({
      random: this.#random.fork('world'),
      scheduler: this.#scheduler,
      network: this.#network,
      processNames: PROCESSES,
      conditions: storeConditions(this.#faults),
      storeDiscipline: discipline.store,
      actorDiscipline: discipline.actors,
      doorDiscipline: discipline.door,
      sometimes,
      trace: (line) => this.#trace(line),
      onStart: (process) => {
        for (const { start } of this.#actors) start?.(process);
      },
      onStoreEvent: (event) => this.#onStoreEvent(event),
      look: () => this.#look(),
    });
    this.#actors = actorsOf(this.#cast).map((create) => create(this.#world));
    const operations = this.#actors.flatMap(({ operations }) => operations);
    this.#operations = new Map(operations.map((operation) => [operation.name, operation]));
    const parts = { faults: this.#faults, cast: this.#cast, operations, processNames: PROCESSES };
    this.#steps = options.steps ?? drawSteps(seeded.fork('steps'), options.operations, parts);
  }

  async go(): Promise<void> {
    const world = this.#world;
    world.startAll();
    for (const step of this.#steps) {
      this.#scheduler.hold(MACHINE, 'operation', step.atMs, () => this.#begin(step));
    }
    const lastMs = this.#steps.at(-1)?.atMs ?? 0;
    const phases: readonly (() => Promise<void>)[] = [
      () => this.#scheduler.run(lastMs),
      () => this.#settle(lastMs),
      () => this.#quieten(lastMs),
      () => this.#end(),
    ];
    for (const phase of phases) if (world.violations.length === 0) await phase();
  }

  result(): SimulationResult {
    return {
      seed: this.#options.seed,
      faults: this.#faults,
      cast: this.#cast,
      steps: this.#steps,
      violations: this.#world.violations,
      marks: this.#marks,
      endedMs: this.#scheduler.nowMs(),
      traceHash: this.#hash.digest('hex'),
      units: this.#world.history.units.length,
    };
  }

  /** No new operations, the disk in order; the network as it was: what it has lost is made up for without its help. */
  async #settle(lastMs: number): Promise<void> {
    this.#world.calm();
    await this.#scheduler.run(lastMs + SETTLE_MS);
    this.#failWith(this.#actors.flatMap(({ checkSettled }) => checkSettled?.() ?? []));
  }

  async #quieten(lastMs: number): Promise<void> {
    this.#network.heal();
    await this.#scheduler.run(lastMs + SETTLE_MS + QUIET_MS);
    const stuck = this.#world.stuck();
    this.#failWith(stuck.map((name) => violation('I11', `${name} has not ended, though all is quiet`)));
  }

  /** Power is lost once more, and a fresh process looks at everything through the port of stores. */
  async #end(): Promise<void> {
    const world = this.#world;
    const [machineRandom, owner] = [this.#random.fork('end'), { name: 'auditor', alive: true }];
    for (const process of world.living()) process.owner.alive = false;
    world.disk.losePower(machineRandom);
    const store = openSimulatedStore(
      {
        machines: SIMULATED_MACHINES,
        clock: { nowMs: () => this.#scheduler.nowMs() },
        timers: { schedule: () => () => undefined },
      },
      {
        owner,
        scheduler: this.#scheduler,
        random: machineRandom,
        disk: world.disk,
        conditions: () => GOOD_CONDITIONS,
        discipline: world.options.storeDiscipline,
        on: () => undefined,
      },
    );
    const names = SIMULATED_MACHINES.map(({ name }) => name);
    const image = await this.#runFor(readStoreImage(store, names));
    this.#failWith(checkImage(world, this.#actors, image));
    this.#failWith(this.#actors.flatMap(({ checkEnd }) => checkEnd?.(image) ?? []));
  }

  /** Lets time pass until a promise of the store is kept. */
  async #runFor<T>(work: Promise<T>): Promise<T> {
    const progress = { isDone: false };
    const done = work.finally(() => void (progress.isDone = true));
    done.catch(() => undefined);
    while (!progress.isDone && this.#scheduler.held() > 0) await this.#scheduler.run(this.#scheduler.nowMs() + 1_000);
    if (!progress.isDone) throw new Error('the store does not answer');
    return done;
  }

  #begin({ process: name, operation: operationName, seed }: Step): void {
    const process = this.#world.process(name);
    const operation = this.#operations.get(operationName);
    if (process === undefined || operation === undefined || this.#world.violations.length > 0) return;
    this.#trace(`${this.#scheduler.nowMs()} ${name} does ${operationName}`);
    const running = operation.run({ process, random: this.#random.fork(`operation ${seed}`) });
    this.#world.carryOut(process.owner, operationName, running);
  }

  #onStoreEvent(event: StoreEvent): void {
    const mark = MARK_OF_EVENT[event];
    if (mark !== undefined) this.#marks.add(mark);
    const { violations, options } = this.#world;
    if (violations.length > 0) return;
    if (options.random.chance(INSPECTED[event] ?? 0)) this.#look();
    if (event === 'acknowledged' && options.random.chance(0.01)) this.#failWith(inspectCorruption(this.#world));
  }

  #look(): void {
    if (this.#world.violations.length === 0) this.#failWith(inspectPowerLoss(this.#world, this.#actors));
  }

  #failWith(violations: readonly Violation[]): void {
    for (const found of violations) {
      this.#trace(`violation ${found.invariant}: ${found.sentence}`);
      this.#world.fail(found);
    }
  }

  #trace(line: string): void {
    this.#hash.update(`${line}\n`);
    this.#options.onTrace?.(line);
  }
}
