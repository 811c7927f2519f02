/**
 * One block: an operation repeated for a while, with what the process did meanwhile.
 *
 * Not here: in what order blocks run (`alternate.ts`).
 */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { quantile } from './statistics.ts';

/** How finely the loop's delay is seen. Units: milliseconds; every reading includes it. */
export const LOOP_RESOLUTION_MS = 1;

/**
 * Latencies are empty where single operations were not timed; parts are of those of which a part was timed by itself.
 * Units: microseconds each, milliseconds in all.
 */
export interface Work {
  readonly operations: number;
  readonly elapsedMs: number;
  readonly latenciesUs: readonly number[];
  readonly partsUs?: readonly number[];
}

export interface Block extends Work {
  /** Blocks of one round are pairs. */
  readonly round: number;
  readonly gcMs: number;
  /** The longest that the loop kept timers waiting, but for one in a hundred times. Units: milliseconds. */
  readonly loopDelayP99Ms: number;
}

/** What is compared. `work` runs for at least `minMs`; `verify` throws when something is missing or different. */
export interface Side {
  readonly name: string;
  /** Only stands beside, without a goal: it takes part in every fourth round. */
  readonly beside?: boolean;
  /** Makes ready what a block of that length uses, while nothing is watched. */
  prepare?(minMs: number): void | Promise<void>;
  work(minMs: number): Promise<Work>;
  verify?(): Promise<void>;
  close?(): Promise<void>;
}

/** The same side, without a goal. */
export function beside(side: Side): Side {
  return { ...side, beside: true };
}

/** The same side over something that lives on: neither checked nor closed with it. */
export function borrowed({ name, prepare, work }: Side): Side {
  return { name, work, ...(prepare === undefined ? {} : { prepare }) };
}

/** One number of a block. `better` says which direction is. */
export interface Metric {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly of: (block: Block) => number;
}

export const PER_SECOND: Metric = {
  name: 'per second',
  better: 'higher',
  of: (block) => (block.operations * 1000) / block.elapsedMs,
};
export const P50_US = latency(0.5, 'p50 µs');
export const P99_US = latency(0.99, 'p99 µs');
export const PART_P50_US: Metric = {
  name: 'p50 µs',
  better: 'lower',
  of: (block) => quantile(block.partsUs ?? [], 0.5),
};
export const LOOP_P99_MS: Metric = { name: 'loop delay p99 ms', better: 'lower', of: (block) => block.loopDelayP99Ms };

/** Repeats one call after the other, timing each. */
export async function repeat(minMs: number, call: () => Promise<unknown>): Promise<Work> {
  const latenciesUs: number[] = [];
  const start = performance.now();
  let before = start;
  while (before - start < minMs) {
    await call();
    const after = performance.now();
    latenciesUs.push((after - before) * 1000);
    before = after;
  }
  return { operations: latenciesUs.length, elapsedMs: before - start, latenciesUs };
}

/** As `repeat`, for calls that return at once what they have done: a promise for each would be counted as theirs. */
export function repeatSync(minMs: number, call: () => void): Work {
  const latenciesUs: number[] = [];
  const start = performance.now();
  let before = start;
  while (before - start < minMs) {
    call();
    const after = performance.now();
    latenciesUs.push((after - before) * 1000);
    before = after;
  }
  return { operations: latenciesUs.length, elapsedMs: before - start, latenciesUs };
}

/** Runs one block and watches the process. */
export async function runBlock(side: Side, minMs: number, round: number): Promise<Block> {
  await side.prepare?.(minMs);
  let gcMs = 0;
  const collections = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) gcMs += entry.duration;
  });
  collections.observe({ entryTypes: ['gc'] });
  const loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  loop.enable();
  try {
    const work = await side.work(minMs);
    const loopDelayP99Ms = loop.percentile(99) / 1e6;
    // Collections are told a turn of the loop later.
    await setImmediate();
    await setImmediate();
    return { ...work, round, gcMs, loopDelayP99Ms };
  } finally {
    loop.disable();
    collections.disconnect();
  }
}

function latency(share: number, name: string): Metric {
  return { name, better: 'lower', of: (block) => quantile(block.latenciesUs, share) };
}
