/**
 * A rival process holds the write lock: for a while, which is waited for, or until the caller gives up, which is a fault. Reads
 * go on meanwhile, and afterwards everything does.
 *
 * Not here: the rival (`child/hold-locks.ts`).
 */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { sqlite } from '@reborn/adapter-sqlite';
import { HostApiError, type DurableStore } from '@reborn/host-api';
import { createHistory, recordUnits } from '@reborn/simulator';
import { checkFault } from './trial/leaks.ts';
import { judge } from './trial/judge.ts';
import { opening } from './trial/opening.ts';
import { randomNumbers } from './trial/random.ts';
import { runCases, type AreaOptions, type AreaReport, type Case } from './trial/run-cases.ts';
import { startChild, type Child } from './trial/start-child.ts';
import { append, KEPT, tallied, type Unit } from './trial/workload.ts';

/** Well below the bound of the store (5 s of counted waiting, which never runs ahead of the clock). */
const HOLD_MS_MAX = 3000;
/** Waiting costs nothing: so many cases wait at the same time. */
const LANES = 8;
/** One case in so many waits until the store gives up. */
const GIVES_UP_EACH = 6;

export async function runBusy({ count, seed, only, report }: AreaOptions): Promise<AreaReport> {
  const rival = startChild({ kind: 'rival' });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  try {
    const next = randomNumbers(seed);
    const cases = Array.from({ length: Math.max(1, count) }, (_none, at) => {
      const holdMs = Math.round(next() ** 2 * HOLD_MS_MAX);
      return at % GIVES_UP_EACH === GIVES_UP_EACH - 1 ? heldOn(rival, at) : heldFor(rival, at, holdMs);
    });
    const done = await runCases(cases, { report, lanes: LANES, ...(only === undefined ? {} : { only }) });
    const stallMs = Math.round(delay.max / 1e6);
    return {
      ...done,
      notes: [`the longest stall of the event loop: ${stallMs} ms, with everything that this process does itself`],
    };
  } finally {
    rival.process.kill('SIGKILL');
    delay.disable();
  }
}

function heldFor(rival: Child, at: number, holdMs: number): Case {
  return {
    name: `lock ${at} is held for ${holdMs} ms`,
    run: ({ folder }) =>
      withStore(folder, async (store, file, history) => {
        await store.commit([append(KEPT, 1)]);
        rival.say(`hold ${file} ${holdMs}`);
        await rival.heard(`held ${file}`);
        const commits = workUnits().map((unit) => store.commit(unit));
        const sentences = await readMeanwhile(store);
        const results = await Promise.allSettled(commits);
        for (const result of results) {
          if (result.status === 'rejected')
            sentences.push(`a lock of ${holdMs} ms was not waited for`, ...checkFault(result.reason, [folder]));
        }
        await rival.heard(`released ${file}`);
        return [...sentences, ...(await judge(store, history))];
      }),
  };
}

function heldOn(rival: Child, at: number): Case {
  return {
    name: `lock ${at} is held until the store gives up`,
    run: ({ folder }) =>
      withStore(folder, async (store, file, history) => {
        await store.commit([append(KEPT, 1)]);
        rival.say(`hold ${file}`);
        await rival.heard(`held ${file}`);
        const units = workUnits();
        const commits = units.map((unit) => store.commit(unit));
        const sentences = await readMeanwhile(store);
        for (const result of await Promise.allSettled(commits)) {
          if (result.status === 'fulfilled') sentences.push('a unit was acknowledged under somebody else’s lock');
          else sentences.push(...checkFault(result.reason, [folder]), ...checkBusy(result.reason));
        }
        sentences.push(...(await readMeanwhile(store)));
        rival.say(`release ${file}`);
        await rival.heard(`released ${file}`);
        for (const unit of units) await store.commit(unit);
        return [...sentences, ...(await judge(store, history))];
      }),
  };
}

async function withStore(
  folder: string,
  work: (store: DurableStore, file: string, history: ReturnType<typeof createHistory>) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const file = join(folder, 'agent.db');
  const history = createHistory();
  const store = await sqlite(file).open(opening);
  try {
    return await work(recordUnits(store, history), file, history);
  } finally {
    await store.close();
  }
}

function workUnits(): readonly Unit[] {
  return [[append(KEPT, 2, 3)], tallied(4), [append(KEPT, 5)]];
}

/** What was committed before is there; what waits is not. */
async function readMeanwhile(store: DurableStore): Promise<string[]> {
  const { head } = await store.readStream({ stream: KEPT, after: 0, limit: 10 });
  return head >= 1 ? [] : ['a reader saw less than was acknowledged'];
}

function checkBusy(error: unknown): readonly string[] {
  if (HostApiError.is(error) && error.code === 'host-api/store_unavailable' && error.retryable) return [];
  return ['giving up is not said to be worth another try'];
}
