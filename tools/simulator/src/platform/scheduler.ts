/**
 * Virtual time. Every completion that a machine would bring from outside (a timer, a store's answer, a message) is held
 * here until its time has come; among those that are due at once, the seed decides. Promise jobs run as they are: for
 * fixed inputs their order is fixed.
 *
 * Not here: what is held (stores, networks, timers of platforms).
 */
import type { SeededRandom } from './seeded-random.ts';

/** Whoever holds something: when it dies, nothing of it comes back. */
export interface Owner {
  readonly name: string;
  alive: boolean;
}

export interface Scheduler {
  /** Units: milliseconds since the start of the simulation, whole. */
  nowMs(): number;
  /** Calls back after `delayMs` of virtual time, never at once, unless the owner is dead by then. */
  hold(owner: Owner, label: string, delayMs: number, callback: () => void): () => void;
  /** Runs what falls due up to and including `untilMs`, and then stands there. */
  run(untilMs: number): Promise<void>;
  /** How many completions of living owners are held. */
  held(): number;
}

export interface SchedulerOptions {
  readonly random: SeededRandom;
  /** Hears of each step: the trace. */
  readonly onStep?: (atMs: number, owner: string, label: string) => void;
  /** Ends a run before its time. */
  readonly isOver?: () => boolean;
  /** Hears that something is held: for a scheduler that nobody runs otherwise. */
  readonly onHold?: () => void;
}

interface Held {
  readonly dueMs: number;
  /** Drawn when it is held: the order among those that are due at once. */
  readonly lot: number;
  readonly owner: Owner;
  readonly label: string;
  callback: (() => void) | undefined;
}

export function createScheduler({ random, onStep, isOver, onHold }: SchedulerOptions): Scheduler {
  const heap: Held[] = [];
  let nowMs = 0;
  return { nowMs: () => nowMs, hold, run, held };

  function hold(owner: Owner, label: string, delayMs: number, callback: () => void): () => void {
    const dueMs = nowMs + Math.max(0, Math.trunc(delayMs) || 0);
    const entry: Held = { dueMs, lot: random.next(), owner, label, callback };
    push(heap, entry);
    onHold?.();
    return () => void (entry.callback = undefined);
  }

  async function run(untilMs: number): Promise<void> {
    await promiseJobs();
    for (let next = heap[0]; next !== undefined && next.dueMs <= untilMs; next = heap[0]) {
      pop(heap);
      if (next.callback === undefined || !next.owner.alive) continue;
      nowMs = Math.max(nowMs, next.dueMs);
      onStep?.(nowMs, next.owner.name, next.label);
      next.callback();
      await promiseJobs();
      if (isOver?.() === true) return;
    }
    nowMs = Math.max(nowMs, untilMs);
  }

  function held(): number {
    return heap.filter(({ callback, owner }) => callback !== undefined && owner.alive).length;
  }
}

/**
 * A scheduler that runs by itself as long as something is held: virtual time goes as fast as it can. For stores that are
 * used outside a simulation.
 */
export function createSelfRunningScheduler(random: SeededRandom): Scheduler {
  let running = false;
  const scheduler = createScheduler({
    random,
    onHold: () => {
      if (running) return;
      running = true;
      setImmediate(() => void runAll());
    },
  });
  return scheduler;

  async function runAll(): Promise<void> {
    while (scheduler.held() > 0) await scheduler.run(scheduler.nowMs() + 1);
    running = false;
  }
}

/** A turn of the real event loop: whatever promises had to do is done. */
function promiseJobs(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isBefore(left: Held, right: Held): boolean {
  return left.dueMs === right.dueMs ? left.lot < right.lot : left.dueMs < right.dueMs;
}

function push(heap: Held[], entry: Held): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!swapIfBefore(heap, at, above)) return;
    at = above;
  }
}

function pop(heap: Held[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ;) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    const below = isBelow(heap, right, left) ? right : left;
    if (below >= heap.length || !swapIfBefore(heap, below, at)) return;
    at = below;
  }
}

function isBelow(heap: readonly Held[], at: number, than: number): boolean {
  const [left, right] = [heap[at], heap[than]];
  return left !== undefined && right !== undefined && isBefore(left, right);
}

function swapIfBefore(heap: Held[], at: number, other: number): boolean {
  const [left, right] = [heap[at], heap[other]];
  if (left === undefined || right === undefined || !isBefore(left, right)) return false;
  heap[at] = right;
  heap[other] = left;
  return true;
}
