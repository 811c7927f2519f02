/** Many operations at a time: callers side by side, and batches. */
import { repeat, type Work } from './block.ts';

/** Each caller calls again as soon as it is answered, until the time is over. */
export async function crowd(callers: number, minMs: number, call: () => Promise<unknown>): Promise<Work> {
  const latenciesUs: number[] = [];
  const start = performance.now();
  const caller = async (): Promise<void> => {
    for (let before = start; before - start < minMs;) {
      await call();
      const after = performance.now();
      latenciesUs.push((after - before) * 1000);
      before = after;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { operations: latenciesUs.length, elapsedMs: performance.now() - start, latenciesUs };
}

/** Repeats batches; an operation is an event. Units of the latencies: microseconds a batch. */
export async function repeatBatches(minMs: number, batch: number, write: () => Promise<void>): Promise<Work> {
  const work = await repeat(minMs, write);
  return { ...work, operations: work.operations * batch };
}
