import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runAuthoriser } from '../src/authoriser.ts';
import { runBusy } from '../src/busy.ts';
import { runEngineErrors } from '../src/engine-errors.ts';
import { runFiles } from '../src/files/run-files.ts';
import { choosePoints, findUnreached, runPoints } from '../src/points.ts';
import { checkGroups, readTrace } from '../src/syncs.ts';
import { spread } from '../src/trial/random.ts';
import { runCases } from '../src/trial/run-cases.ts';

const quiet = (): void => undefined;

describe('a few cases of each area', () => {
  test('a writer that is killed at its commit leaves everything that it acknowledged', async () => {
    const report = await runPoints({ count: 1, seed: 1, only: ' COMMIT #1', report: quiet });
    expect(report).toMatchObject({ cases: 3, failures: [] });
  });

  test("the engine's errors are told as faults and leave nothing by half", async () => {
    const report = await runEngineErrors({ count: 12, seed: 1, report: quiet });
    expect(report).toMatchObject({ cases: 19, failures: [] });
  });

  test('damaged files are refused, or reported, or whole', async () => {
    const report = await runFiles({ count: 40, seed: 1, every: false, report: quiet });
    expect(report.failures).toEqual([]);
    expect(report.cases).toBeGreaterThanOrEqual(35);
  });

  test('a lock that somebody else holds is waited for', async () => {
    const report = await runBusy({ count: 2, seed: 1, report: quiet });
    expect(report).toMatchObject({ cases: 2, failures: [] });
  });
});

describe('the authoriser', () => {
  test('is compared with the reference on exactly as many requests as were asked for, by lots', async () => {
    const lines: string[] = [];
    const report = (line: string): void => void lines.push(line);
    expect(await runAuthoriser({ count: 700, seed: 3, only: 'lot 3.', report })).toMatchObject({
      cases: 700,
      failures: [],
    });
    expect(await runAuthoriser({ count: 700, seed: 3, only: 'lot 4.', report })).toMatchObject({ cases: 0 });
    expect(lines).toEqual([]);
  });
});

describe('what the harness itself would miss', () => {
  test('a case that finds something wrong, and one that throws, fail by name', async () => {
    const cases = [
      { name: 'wrong', run: async () => ['it is wrong'] },
      { name: 'throws', run: () => Promise.reject(new Error('no')) },
      { name: 'fine', run: async () => [] },
    ];
    const { cases: run, failures } = await runCases(cases, { report: quiet });
    expect(run).toBe(3);
    expect(failures.map(({ name }) => name).sort()).toEqual(['throws', 'wrong']);
    expect(failures.map(({ kept }) => existsSync(join(kept, 'trace.txt')))).toEqual([true, true]);
    for (const { kept } of failures) rmSync(dirname(kept), { recursive: true, force: true });
  });

  test('every kind of point is taken before and after, and one that is not reached is a failure', () => {
    const names = new Map([
      ['COMMIT', 3],
      ['BEGIN IMMEDIATE', 1],
    ]);
    const points = choosePoints(names, 6, 1).map(({ name, nth, moment }) => `${moment} ${name} ${nth}`);
    expect(points.slice(0, 4)).toEqual([
      'before COMMIT 1',
      'after COMMIT 1',
      'before BEGIN IMMEDIATE 1',
      'after BEGIN IMMEDIATE 1',
    ]);
    expect(points).toHaveLength(6);
    expect(choosePoints(names, 0, 1)).toHaveLength(8);
    expect(findUnreached(names.keys())).not.toContain('no point like ^COMMIT$ was reached');
    expect(findUnreached(names.keys())).toContain('no point like ^ROLLBACK$ was reached');
  });

  test('an acknowledgement before the sync, a second sync and none are told apart', () => {
    const asked = 'group asked for';
    const [synced, told] = ['log synced', 'unit acknowledged'] as const;
    expect(checkGroups([asked, asked, synced, told, told, asked, synced, told], [2, 1])).toEqual([]);
    expect(checkGroups([asked, told, synced], [1])).toEqual([
      'group 1: a unit was acknowledged before the log was synced',
    ]);
    expect(checkGroups([asked, synced, synced, told], [1])).toEqual(['group 1: 2 syncs of the log']);
    expect(checkGroups([asked, told], [1])).toEqual([
      'group 1: a unit was acknowledged before the log was synced',
      'group 1: 0 syncs of the log',
    ]);
    expect(checkGroups([asked, synced], [1])).toEqual(['group 1: 1 asked, 0 acknowledged, 1 sent']);
  });

  test('a sync counts where it ends, also when another thread comes between', () => {
    const trace = [
      '10 write(20</t/oracle>, "{\\"asked\\":0,\\"wri"..., 300) = 300',
      '11 fdatasync(21</t/agent.db-wal> <unfinished ...>',
      '10 write(20</t/oracle>, "{\\"told\\":0,\\"outc"..., 90) = 90',
      '11 <... fdatasync resumed>) = 0',
      '10 fdatasync(20</t/oracle>) = 0',
      '11 write(22</t/agent.db-wake>, "\\n", 1) = 1',
    ];
    expect(readTrace(trace.join('\n'))).toEqual(['group asked for', 'unit acknowledged', 'log synced']);
  });

  test('cases are spread over all that there are', () => {
    const items = Array.from({ length: 100 }, (_none, at) => at);
    expect(spread(items, 1000, 1)).toEqual(items);
    expect(spread(items, 0, 1)).toEqual([]);
    const some = spread(items, 10, 3);
    expect(some.map((item) => Math.floor(item / 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
