/**
 * A simulated machine with its processes on one disk: started, killed, started again, and looked at from outside.
 *
 * Not here: what the processes do (`../actor`), what goes wrong when (`swarm.ts`), one whole run (`simulate.ts`).
 */
import { subscriptionMachine } from '@reborn/events';
import { HostApiError, indexMachines, isFault, leaseMachine, type DurableStore } from '@reborn/host-api';
import { runMachine } from '@reborn/turns';
import type { ActorDiscipline } from '../actor/actor-discipline.ts';
import type { DoorDiscipline } from '../door/door-discipline.ts';
import { DOOR_MACHINES } from '../invariant/door-image.ts';
import { createHistory, recordUnits, type HistoryRecorder } from '../invariant/history.ts';
import { tallyMachine } from '../invariant/tally.ts';
import { violation, type Violation } from '../invariant/violation.ts';
import type { Owner, Scheduler } from '../platform/scheduler.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { SimulatedNetwork } from '../platform/simulated-network.ts';
import { createSimulatedPlatform, type SimulatedPlatform } from '../platform/simulated-platform.ts';
import { GOOD_CONDITIONS, type StoreConditions, type StoreEvent } from '../store/conditions.ts';
import type { StoreDiscipline } from '../store/discipline.ts';
import { SimulatedDisk } from '../store/simulated-disk.ts';
import { openSimulatedStore } from '../store/simulated-store.ts';
import type { Mark } from './marks.ts';

/** The machines of the simulated stores. */
export const SIMULATED_MACHINES = [leaseMachine, subscriptionMachine, tallyMachine, runMachine, ...DOOR_MACHINES];
export const SIMULATED_MACHINE_INDEX = indexMachines(SIMULATED_MACHINES);

/** How long a process takes to come back. Units: milliseconds. */
const RESTART_MS_MAX = 200;

/** One life of a process. Its store notes every unit in the history. */
export interface SimulatedProcess {
  readonly owner: Owner;
  readonly platform: SimulatedPlatform;
  readonly store: DurableStore;
}

export interface WorldOptions {
  readonly random: SeededRandom;
  readonly scheduler: Scheduler;
  readonly network: SimulatedNetwork;
  readonly processNames: readonly string[];
  readonly conditions: StoreConditions;
  readonly storeDiscipline: StoreDiscipline;
  readonly actorDiscipline: ActorDiscipline;
  readonly doorDiscipline: DoorDiscipline;
  readonly sometimes: (mark: Mark) => void;
  readonly trace: (line: string) => void;
  /** Called with each process that has come up. */
  readonly onStart: (process: SimulatedProcess) => void;
  readonly onStoreEvent: (event: StoreEvent) => void;
  /** Looks at what a loss of power would leave at this moment. */
  readonly look: () => void;
}

export class World {
  readonly options: WorldOptions;
  readonly history: HistoryRecorder = createHistory();
  readonly disk = new SimulatedDisk();
  readonly violations: Violation[] = [];
  /** From now on nothing goes wrong any more: also handlers do not fail. */
  quiet = false;
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #starting = new Set<string>();
  readonly #open = new Set<{ readonly owner: Owner; readonly name: string }>();
  #conditions: StoreConditions;

  constructor(options: WorldOptions) {
    this.options = options;
    this.#conditions = options.conditions;
  }

  startAll(): void {
    for (const name of this.options.processNames) this.#start(name);
  }

  process(name: string): SimulatedProcess | undefined {
    return this.#processes.get(name);
  }

  living(): readonly SimulatedProcess[] {
    return [...this.#processes.values()];
  }

  /** The process is gone at once, whatever it was doing, and comes back after a while. */
  kill(name: string): void {
    const process = this.#processes.get(name);
    if (process === undefined) return;
    this.options.trace(`kill ${name}`);
    process.owner.alive = false;
    this.#processes.delete(name);
    this.#restart(name);
  }

  /** All processes are gone, and what was not synced is as the disk has it. */
  losePower(): void {
    const { random, trace, sometimes, processNames } = this.options;
    trace('lose power');
    for (const { owner } of this.#processes.values()) owner.alive = false;
    this.#processes.clear();
    const { lost, torn } = this.disk.losePower(random);
    if (lost > 0) sometimes('frames that were not synced were lost');
    if (torn > 0) sometimes('a frame that was not synced was torn');
    for (const name of processNames) this.#restart(name);
  }

  /** Ends what is wrong with the disk and with the clocks. */
  calm(): void {
    this.quiet = true;
    for (const { platform } of this.#processes.values()) platform.setClock();
    this.#conditions = GOOD_CONDITIONS;
  }

  /** Work of a process, from whose end nothing else follows. What ends it that is no fault is a violation. */
  carryOut(owner: Owner, name: string, work: Promise<unknown>): void {
    const running = { owner, name };
    this.#open.add(running);
    work
      .catch((error: unknown) => {
        if (!isFault(error)) this.fail(violation('I11', `${name} failed: ${String(error)}`));
      })
      .finally(() => this.#open.delete(running));
  }

  /** What living processes have begun and not ended. */
  stuck(): readonly string[] {
    return [...this.#open].filter(({ owner }) => owner.alive).map(({ name }) => name);
  }

  fail(found: Violation): void {
    this.violations.push(found);
  }

  #restart(name: string): void {
    if (this.#starting.has(name)) return;
    this.#starting.add(name);
    const { scheduler, random } = this.options;
    scheduler.hold(MACHINE, `start ${name}`, random.between(1, RESTART_MS_MAX), () => this.#start(name));
  }

  #start(name: string): void {
    const { scheduler, random, trace, network, storeDiscipline, onStart } = this.options;
    this.#starting.delete(name);
    const owner: Owner = { name, alive: true };
    const report = (message: string): void => trace(`${name} reports ${message}`);
    const platform = createSimulatedPlatform({
      owner,
      scheduler,
      random: random.fork(`${name} ${random.next()}`),
      report,
    });
    try {
      const store = openSimulatedStore(
        { machines: SIMULATED_MACHINES, ...platform },
        {
          owner,
          scheduler,
          random,
          disk: this.disk,
          network,
          conditions: () => this.#conditions,
          discipline: storeDiscipline,
          on: (event) => this.#onStoreEvent(event, name),
        },
      );
      const process = { owner, platform, store: recordUnits(store, this.history) };
      this.#processes.set(name, process);
      onStart(process);
    } catch (error) {
      if (!HostApiError.is(error)) throw error;
      this.fail(violation('I13', `a store that lost nothing acknowledged was not opened: ${error.code}`));
    }
  }

  #onStoreEvent(event: StoreEvent, name: string): void {
    const { scheduler, sometimes, onStoreEvent } = this.options;
    const anchor = event === 'anchor_written' ? this.disk.readAnchor()?.anchor : undefined;
    if (anchor !== undefined) this.history.keepAnchor(anchor);
    if (event === 'sync_failed' && this.options.storeDiscipline.failedSync === 'fatal') {
      sometimes('a sync failed and the store was opened again');
      scheduler.hold(MACHINE, `${name} has lost its store`, 5, () => this.kill(name));
    }
    onStoreEvent(event);
  }
}

/** What lives as long as the simulation: the machine itself. */
export const MACHINE: Owner = { name: 'machine', alive: true };
