/**
 * The engine's own errors at every call of the driver, before it happens or after it (the answer is lost), and a disk that is
 * really full.
 *
 * Not here: dying (`points.ts`), what the files themselves lose (`files/`).
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sqlite } from '@reborn/adapter-sqlite';
import { createDriverScript, sqliteWith, type DriverRule, type DriverScript } from '@reborn/adapter-sqlite/testkit';
import { HostApiError, type DurableStore } from '@reborn/host-api';
import { createHistory, recordUnits, type HistoryRecorder } from '@reborn/simulator';
import { LONG_LOG, LOOK_AT_LOG } from './sqlite/log-length.ts';
import { checkFault } from './trial/leaks.ts';
import { judge } from './trial/judge.ts';
import { opening } from './trial/opening.ts';
import { spread } from './trial/random.ts';
import { runCases, type AreaOptions, type AreaReport, type Case, type Place } from './trial/run-cases.ts';
import { append, BESIDE, sendSteps, stepsLeft, WORKLOAD, type Unit } from './trial/workload.ts';

const CODES = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_BUSY', 'SQLITE_CORRUPT'] as const;
type Code = (typeof CODES)[number];

/** One call of the driver that goes wrong. `nth` of those with the same text. */
interface Spot {
  readonly call: string;
  readonly nth: number;
  readonly code: Code;
  readonly moment: 'before' | 'after';
}

/** Calls whose failure nobody has to hear of: what they do is done by the next one. */
const UNFELT = /^(?:close|PRAGMA wal_checkpoint)/;
/** Longer than the writer waits before it moves its log into the file. */
const IDLE_MS = 320;
const IDLE_AFTER_STEP = 5;
/** The log is said to be long enough for that. */
const LONG: DriverRule = {
  when: exactly(LOOK_AT_LOG),
  times: Infinity,
  event: { do: 'answer', value: LONG_LOG },
};
/** Records of this many characters fill pages quickly. */
const LARGE = 30_000;
const LARGE_UNITS = 12;

export async function runEngineErrors({ count, seed, only, report }: AreaOptions): Promise<AreaReport> {
  const calls: string[] = [];
  const first = await runCases([{ name: 'nothing fails', run: (place) => runCalm(place, calls) }], { report });
  if (first.failures.length > 0) return { ...first, notes: [] };
  const spots = chooseSpots(calls, count, seed);
  const full = Array.from({ length: 6 }, (_none, at) => fullDisk(at + 1));
  const cases = [...full, ...spots.map((spot) => toCase(spot, calls))];
  const done = await runCases(cases, only === undefined ? { report } : { only, report });
  const notes = [`${calls.length} calls of the driver in one run of the work, ${CODES.length} errors`];
  return { cases: done.cases + 1, failures: done.failures, notes };
}

/** Every commit with every error, each other kind of call with each once, then the rest evenly. */
function chooseSpots(calls: readonly string[], count: number, seed: number): readonly Spot[] {
  const seen = new Map<string, number>();
  const kinds = new Set<string>();
  const [commits, firsts, others]: [Spot[], Spot[], Spot[]] = [[], [], []];
  for (const call of calls) {
    const nth = (seen.get(call) ?? 0) + 1;
    seen.set(call, nth);
    const kind = call.startsWith('prepare ') ? 'prepare' : call;
    const isFirst = !kinds.has(kind);
    kinds.add(kind);
    for (const code of CODES) {
      const before: Spot = { call, nth, code, moment: 'before' };
      // The answer can be lost after a call. A lock is met before one or not at all.
      const isPlain = code === 'SQLITE_BUSY';
      const after: readonly Spot[] = isPlain ? [] : [{ call, nth, code, moment: 'after' }];
      if (call === 'COMMIT') commits.push(before, ...after);
      else if (isFirst) firsts.push(before);
      else others.push(before);
      if (call !== 'COMMIT') others.push(...after);
    }
  }
  const always = [...commits, ...firsts];
  if (count === 0) return [...always, ...others];
  return count <= always.length
    ? spread(always, count, seed)
    : [...always, ...spread(others, count - always.length, seed)];
}

async function runCalm({ folder }: Place, calls: string[]): Promise<readonly string[]> {
  const script = createDriverScript(LONG);
  const history = createHistory();
  const store = await sqliteWith(join(folder, 'agent.db'), { driver: script.driver }).open(opening);
  const answered = await sendSteps(store, history, WORKLOAD, { afterStep: rest });
  const found = await judge(store, history);
  await store.close();
  calls.push(...script.calls());
  return answered ? found : ['the work is not done'];
}

function toCase(spot: Spot, calm: readonly string[]): Case {
  const { call, nth, code, moment } = spot;
  const shown = call.trim().replaceAll(/\s+/g, ' ').slice(0, 90);
  return {
    name: `${code} ${moment} call ${calm.indexOf(call)} #${nth}: ${shown}`,
    run: async ({ folder, note }) => {
      const file = join(folder, 'agent.db');
      const script = createDriverScript({ when: exactly(call), nth, event: { do: 'fail', code, moment } }, LONG);
      const trial = new Trial(spot, folder, script);
      const history = createHistory();
      const live = await trial.open(() => sqliteWith(file, { driver: script.driver }).open(opening));
      if (live !== undefined) await trial.use(live, history);
      for (const line of script.calls()) note(line);
      if (script.count(exactly(call)) < nth) trial.wrong('this call was not made');
      if (!trial.felt && code !== 'SQLITE_BUSY' && !UNFELT.test(call)) trial.wrong('nobody felt the error');
      await finishWork(file, history, trial.sentences);
      return trial.sentences;
    },
  };
}

/** What one case may and may not see. */
class Trial {
  readonly sentences: string[] = [];
  /** Somebody was refused something. */
  felt = false;
  readonly #spot: Spot;
  readonly #secrets: readonly string[];
  readonly #script: DriverScript;

  constructor(spot: Spot, folder: string, script: DriverScript) {
    this.#spot = spot;
    this.#secrets = [folder];
    this.#script = script;
  }

  wrong(sentence: string): void {
    this.sentences.push(sentence);
  }

  async open(work: () => Promise<DurableStore>): Promise<DurableStore | undefined> {
    try {
      return await work();
    } catch (error) {
      this.felt = true;
      this.sentences.push(...checkFault(error, this.#secrets));
      if (this.#spot.code === 'SQLITE_BUSY') this.wrong('one refusal for a lock was not waited for');
      return undefined;
    }
  }

  async use(store: DurableStore, history: HistoryRecorder): Promise<void> {
    const { code } = this.#spot;
    const recorded = recordUnits(store, history);
    let stopped = false;
    for (const [at, step] of WORKLOAD.entries()) {
      const failed = await this.#send(recorded, step);
      if (stopped && failed.units.length < step.length) this.wrong('a unit was acknowledged after a failed write');
      stopped ||= failed.afterWrite;
      if (failed.units.length > 0 && !stopped) await this.#goOn(store, history, failed.units);
      if (stopped && !code.startsWith('SQLITE_IOERR')) this.wrong('the store stopped although no write had failed');
      await this.#restIfAsked(at);
    }
    await store.close().catch((error: unknown) => this.sentences.push(...checkFault(error, this.#secrets)));
  }

  /** Units that were not answered, and whether the store says that it may not be believed any more. */
  async #send(
    store: DurableStore,
    step: readonly Unit[],
  ): Promise<{ readonly units: readonly Unit[]; readonly afterWrite: boolean }> {
    const results = await Promise.allSettled(step.map((unit) => store.commit(unit)));
    let afterWrite = false;
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      this.felt = true;
      this.sentences.push(...checkFault(result.reason, this.#secrets));
      if (!HostApiError.is(result.reason)) continue;
      const { engine, state } = result.reason.detail;
      if (engine === 'ioerr' || state === 'stopped_after_failed_write') afterWrite = true;
    }
    const units = step.filter((_unit, at) => results[at]?.status === 'rejected');
    if (units.length > 0 && this.#spot.code === 'SQLITE_BUSY') this.wrong('one refusal for a lock was not waited for');
    return { units, afterWrite };
  }

  /** Nothing is broken by a full disk: reads go on, nothing is there by half, and the same ids sent again are all it takes. */
  async #goOn(store: DurableStore, history: HistoryRecorder, units: readonly Unit[]): Promise<void> {
    this.sentences.push(...(await judge(store, history)));
    const answered = await sendSteps(store, history, [units], { tries: 1 });
    if (!answered) this.wrong('the same ids sent again were refused');
    this.sentences.push(...(await judge(store, history)));
  }

  /** A checkpoint comes when the writer has nothing to do. */
  async #restIfAsked(at: number): Promise<void> {
    if (this.#spot.call.includes('wal_checkpoint') && this.#script.count(exactly(this.#spot.call)) < this.#spot.nth)
      await rest(at);
  }
}

/** The disk has no more pages from one transaction on, by the engine's own bound; then it has again. */
function fullDisk(transaction: number): Case {
  return {
    name: `the disk is full from transaction ${transaction} on`,
    run: async ({ folder }) => {
      const file = join(folder, 'agent.db');
      const script = createDriverScript();
      const history = createHistory();
      const store = await sqliteWith(file, { driver: script.driver }).open(opening);
      const recorded = recordUnits(store, history);
      script.add({
        when: /^BEGIN IMMEDIATE$/,
        nth: transaction,
        event: { do: 'pragma', source: 'max_page_count = 1' },
      });
      const sentences: string[] = [];
      const refused: Unit[] = [];
      for (let number = 1; number <= LARGE_UNITS; number += 1) {
        const unit = [large(number * 2), append(BESIDE, number * 2 + 1)];
        await recorded.commit(unit).catch((error: unknown) => {
          sentences.push(...checkFault(error, [folder]));
          refused.push(unit);
        });
      }
      if (refused.length === 0) sentences.push('the disk was never full');
      sentences.push(...(await judge(store, history)));
      script.add({ when: /^BEGIN IMMEDIATE$/, event: { do: 'pragma', source: 'max_page_count = 1000000' } });
      if (!(await sendSteps(store, history, [refused], { tries: 1 })))
        sentences.push('the store did not go on when there was space again');
      sentences.push(...(await judge(store, history)));
      await store.close();
      return sentences;
    },
  };
}

function large(number: number): Unit[number] {
  const write = append(BESIDE, number);
  return { ...write, records: write.records.map((record) => ({ ...record, body: { text: 'x'.repeat(LARGE) } })) };
}

async function finishWork(file: string, history: HistoryRecorder, sentences: string[]): Promise<void> {
  const store = await sqlite(file).open(opening);
  try {
    sentences.push(...(await judge(store, history)));
    if (!(await sendSteps(store, history, stepsLeft(history), { tries: 1 })))
      sentences.push('the work could not be finished');
    sentences.push(...(await judge(store, history)));
  } finally {
    await store.close();
  }
}

async function rest(at: number): Promise<void> {
  if (at === IDLE_AFTER_STEP) await pause(IDLE_MS);
}

function exactly(call: string): RegExp {
  return new RegExp(`^${call.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);
}
