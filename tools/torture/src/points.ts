/**
 * Kills inside the thread of the writer: before and after each call of the driver and each step on the files beside the
 * database, while a workload runs.
 *
 * Not here: the points themselves (`sqlite/point-driver.ts`), those of a migration (`migration-points.ts`).
 */
import { join } from 'node:path';
import { sqlite } from '@reborn/adapter-sqlite';
import { migrationCases } from './migration-points.ts';
import type { Point } from './sqlite/point-driver.ts';
import { readPoints } from './sqlite/read-points.ts';
import { judge } from './trial/judge.ts';
import { opening } from './trial/opening.ts';
import { readOracles } from './trial/oracle.ts';
import { spread } from './trial/random.ts';
import { runCases, type AreaOptions, type AreaReport, type Case, type Place } from './trial/run-cases.ts';
import { startChild } from './trial/start-child.ts';
import { sendSteps, stepsLeft } from './trial/workload.ts';

/** The third transaction is refused by a full disk, so that taking back has its points too. */
const DRIVER = { keepLog: false, fullCommit: 3 };

/** How often these come depends upon the time. */
const BY_TIMER = /wal_checkpoint|anchor|folder/;

/** What has to be among the points: a writer that goes another way must not make this area silent. */
const NEEDED: readonly RegExp[] = [
  /^BEGIN IMMEDIATE$/,
  /^COMMIT$/,
  /^ROLLBACK$/,
  /^SAVEPOINT /,
  /^RELEASE /,
  /^ROLLBACK TO /,
  /^INSERT INTO log_record/,
  /^INSERT INTO record /,
  /^INSERT INTO stream /,
  /^UPDATE stream /,
  /^UPDATE log_record /,
  /^DELETE FROM log_record /,
  /^CREATE TABLE /,
  /^CREATE UNIQUE INDEX /,
  /^PRAGMA user_version = /,
  /^PRAGMA wal_checkpoint\(PASSIVE\)$/,
  /^write anchor aside$/,
  /^sync anchor aside$/,
  /^rename anchor$/,
  /^sync folder$/,
  /^write wake file$/,
  /^close$/,
];

export async function runPoints({ count, seed, only, report }: AreaOptions): Promise<AreaReport> {
  const names = new Map<string, number>();
  const first = await runCases([{ name: 'nobody is killed', run: (place) => runCalm(place, names) }], { report });
  if (first.failures.length > 0) return { ...first, notes: [] };
  const migrating = await migrationCases();
  const cases = [...migrating, ...choosePoints(names, count === 0 ? 0 : count - migrating.length, seed).map(toCase)];
  const done = await runCases(cases, only === undefined ? { report } : { only, report });
  const notes = [
    `${names.size} kinds of points in the work, ${migrating.length / 2} in a migration, each before and after`,
  ];
  return { cases: done.cases + 1, failures: done.failures, notes };
}

/** Every kind before and after, then more of those that come more than once, evenly. */
export function choosePoints(names: ReadonlyMap<string, number>, count: number, seed: number): readonly Point[] {
  const moments = ['before', 'after'] as const;
  const firsts = [...names.keys()].flatMap((name) => moments.map((moment): Point => ({ name, nth: 1, moment })));
  const steady = [...names].filter(([name]) => !BY_TIMER.test(name));
  const later = steady.flatMap(([name, times]) =>
    Array.from({ length: times - 1 }, (_none, at) =>
      moments.map((moment): Point => ({ name, nth: at + 2, moment })),
    ).flat(),
  );
  return [...firsts, ...(count === 0 ? later : spread(later, count - firsts.length, seed))];
}

/** What of this must be reached and was not. */
export function findUnreached(names: Iterable<string>): readonly string[] {
  const reached = [...names];
  return NEEDED.filter((needed) => !reached.some((name) => needed.test(name))).map(
    ({ source }) => `no point like ${source} was reached`,
  );
}

async function runCalm({ folder }: Place, names: Map<string, number>): Promise<readonly string[]> {
  const [file, oracle, list] = [join(folder, 'agent.db'), join(folder, 'oracle'), join(folder, 'points')];
  const driver = { ...DRIVER, list };
  const child = startChild({ kind: 'workload', file, oracle, driver, work: 'all', dies: false });
  const ended = await child.ended;
  if (ended !== 0) return [`it does not even work when nobody kills it: ${child.lines.slice(-3).join(' | ')}`];
  for (const name of readPoints(list)) names.set(name, (names.get(name) ?? 0) + 1);
  return [...findUnreached(names.keys()), ...(await checkWhatIsLeft(file, oracle))];
}

function toCase(point: Point): Case {
  const { name, nth, moment } = point;
  return {
    name: `${moment} ${name} #${nth}`,
    run: async ({ folder, note }) => {
      const [file, oracle] = [join(folder, 'agent.db'), join(folder, 'oracle')];
      const driver = { ...DRIVER, kill: point };
      const child = startChild({ kind: 'workload', file, oracle, driver, work: 'all', dies: false });
      const ended = await child.ended;
      for (const line of child.lines) note(line);
      if (ended !== 'SIGKILL') return [`this point was not reached: the process ended with ${ended}`];
      return checkWhatIsLeft(file, oracle);
    },
  };
}

/** As found, and after somebody has finished the work. */
async function checkWhatIsLeft(file: string, oracle: string): Promise<readonly string[]> {
  const history = readOracles(oracle);
  const store = await sqlite(file).open(opening);
  try {
    const found = await judge(store, history);
    const finished = await sendSteps(store, history, stepsLeft(history), { tries: 1 });
    const after = (await judge(store, history)).map((sentence) => `after the work was finished: ${sentence}`);
    return [...found, ...after, ...(finished ? [] : ['the work could not be finished'])];
  } finally {
    await store.close();
  }
}
