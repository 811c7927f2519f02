/** How long a store takes to open: after a clean stop, and after its process was killed. */
import { once } from 'node:events';
import { alternate, type Plan } from '../measure/alternate.ts';
import { P50_US, type Side } from '../measure/block.ts';
import { startChild } from '../measure/child-process.ts';
import { compare, type Row } from '../measure/row.ts';
import type { Context } from '../measure/context.ts';
import { openSqlite } from './store-side.ts';

/** Acknowledged after the last checkpoint and left in the write-ahead log: as many for both sizes. */
const LEFT_EVENTS = 50;
/** Each kill costs a process. */
const KILL_ROUNDS = 10;

export async function openingRows(context: Context, small: string, large: string): Promise<readonly Row[]> {
  const { plan } = context;
  const killPlan: Plan = { ...plan, warmups: 1, rounds: plan.mode === 'full' ? KILL_ROUNDS : 2, blockMs: 0 };
  const clean = await alternate([opening('small', small), opening('large', large)], plan);
  const killed = await alternate([openingAfterKill('small', small), openingAfterKill('large', large)], killPlan);
  const sizes = { subject: 'large', baseline: 'small', metric: P50_US };
  return [
    compare(clean, plan, {
      ...sizes,
      id: 'P11.open-clean-events',
      name: 'open after a clean stop: large ÷ small, p50',
      goal: 1.5,
    }),
    compare(killed, plan, {
      ...sizes,
      id: 'P11.open-killed-events',
      name: 'open after a kill: large ÷ small, p50',
      goal: 2,
      note: `${LEFT_EVENTS} events left in the log of both`,
    }),
  ];
}

function opening(name: string, file: string): Side {
  return {
    name,
    async work(minMs) {
      const latenciesUs: number[] = [];
      const start = performance.now();
      do latenciesUs.push(await openAndClose(file));
      while (performance.now() - start < minMs);
      return { operations: latenciesUs.length, elapsedMs: performance.now() - start, latenciesUs };
    },
  };
}

function openingAfterKill(name: string, file: string): Side {
  return {
    name,
    async work() {
      const child = startChild({ kind: 'kill', file, events: LEFT_EVENTS });
      await once(child, 'exit');
      const took = await openAndClose(file);
      return { operations: 1, elapsedMs: took / 1000, latenciesUs: [took] };
    },
  };
}

/** Units: microseconds that opening took. */
async function openAndClose(file: string): Promise<number> {
  const before = performance.now();
  const store = await openSqlite(file);
  const took = (performance.now() - before) * 1000;
  await store.close();
  return took;
}
