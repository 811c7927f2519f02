import { describe, expect, test } from 'vitest';
import { alternate, FULL, QUICK, type Plan, type Series } from './alternate.ts';
import { PER_SECOND, repeatSync, type Block, type Side } from './block.ts';
import { describeResult } from './report.ts';
import { compare, measured, resultSchema, rowSchema, unmeasured, unscored, voidUnlessQuiet, type Row } from './row.ts';

const better = { baseline: 'bare', metric: PER_SECOND, id: 'P0', name: 'something' };

function blocks(...perSecond: readonly number[]): readonly Block[] {
  return perSecond.map((operations, round) => ({
    round,
    operations,
    elapsedMs: 1000,
    latenciesUs: [],
    gcMs: 0,
    loopDelayP99Ms: 1,
  }));
}

const series: Series = new Map([
  ['bare', blocks(100, 200, 400)],
  ['reborn', blocks(80, 160, 320)],
]);

describe('A comparison', () => {
  test('is the median of the ratios of pairs, with both sides and their samples', () => {
    const row = compare(series, FULL, { ...better, subject: 'reborn', goal: 0.75 });
    expect(rowSchema.parse(row)).toEqual({
      id: 'P0',
      name: 'something',
      ratio: 0.8,
      low: 0.8,
      high: 0.8,
      goal: 0.75,
      better: 'higher',
      met: true,
      subject: side('reborn', [80, 160, 320]),
      baseline: side('bare', [100, 200, 400]),
      note: '',
    });
  });

  test.each<[string, Plan, number | undefined, boolean | null]>([
    ['met inside the goal', FULL, 0.8, true],
    ['missed when the whole interval is beyond the goal', FULL, 0.81, false],
    ['not judged in quick runs', QUICK, 0.8, null],
    ['not judged without a goal', FULL, undefined, null],
  ])('is %s', (_, plan, goal, met) => {
    const row = compare(series, plan, { ...better, subject: 'reborn', ...(goal === undefined ? {} : { goal }) });
    expect([row.goal, row.met]).toEqual([goal ?? null, met]);
  });

  test('is met while its interval still touches the goal, also where less is better', () => {
    const what = { id: 'P0', name: 'delay', better: 'lower' } as const;
    const values = [4, 5, 6];
    expect(measured(FULL, { ...what, goal: 4.5 }, values, 'ms')).toMatchObject({
      ratio: 5,
      low: 4,
      high: 6,
      met: true,
    });
    expect(measured(FULL, { ...what, goal: 3.9 }, values, 'ms')).toMatchObject({ met: false });
  });

  test('takes pairs of one round, also of a side that took part in some only', () => {
    const [, second] = blocks(0, 100);
    const some: Series = new Map([...series, ['beside', second === undefined ? [] : [second]]]);
    expect(compare(some, FULL, { ...better, subject: 'beside' })).toMatchObject({ ratio: 0.5, low: 0.5, high: 0.5 });
  });

  test('of a side that was not measured is an error', () => {
    expect(() => compare(series, FULL, { ...better, subject: 'nobody' })).toThrow('"nobody" was not measured');
  });
});

describe('A control', () => {
  const rows = [compare(series, FULL, { ...better, subject: 'reborn', goal: 0.75 })];
  const control = (ratio: number): Row => ({ ...measured(FULL, { ...better, better: 'higher' }, [ratio], 'x') });

  test('inside its band leaves the verdicts alone', () => {
    expect(voidUnlessQuiet(FULL, control(1.05), rows)).toEqual([...rows, control(1.05)]);
  });

  test('says nothing in quick runs', () => {
    expect(voidUnlessQuiet(QUICK, control(0.5), rows)).toEqual([...rows, control(0.5)]);
  });

  test('outside its band takes them back and says so', () => {
    expect(voidUnlessQuiet(FULL, control(0.94), rows)[0]).toEqual({
      ...rows[0],
      met: null,
      note: 'void: the A/A control was 0.94',
    });
  });
});

describe('A side that may not be compared', () => {
  test('is shown by its own numbers, without a ratio or a goal', () => {
    const shown = { id: 'P0.peer', name: 'somebody', subject: 'reborn', metric: PER_SECOND, note: 'in memory' };
    expect(unscored(series, FULL, shown)).toMatchObject({
      id: 'P0.peer',
      name: 'somebody, per second, not scored',
      ratio: 160,
      goal: null,
      met: null,
      baseline: {},
      note: 'in memory',
    });
  });
});

describe('Sides in turns', () => {
  test('go there and back again, without the first rounds, and are verified and closed', async () => {
    const seen: string[] = [];
    const side = (name: string): Side => ({
      name,
      async work() {
        seen.push(name);
        return { operations: 1, elapsedMs: 1, latenciesUs: [] };
      },
      verify: async () => void seen.push(`verify ${name}`),
      close: async () => void seen.push(`close ${name}`),
    });
    const result = await alternate([side('a'), side('b')], { mode: 'quick', warmups: 1, rounds: 2, blockMs: 1 });
    expect(seen).toEqual(['a', 'b', 'b', 'a', 'a', 'b', 'verify a', 'verify b', 'close a', 'close b']);
    expect([...result].map(([name, blocks]) => [name, blocks.length])).toEqual([
      ['a', 2],
      ['b', 2],
    ]);
  });

  test('that only stand beside take part in every fourth round of a full run', async () => {
    const side = (name: string, beside: boolean): Side => ({
      name,
      beside,
      work: async () => ({ operations: 1, elapsedMs: 1, latenciesUs: [] }),
    });
    const full = { ...FULL, warmups: 1, rounds: 8, blockMs: 1 };
    const result = await alternate([side('a', false), side('b', true)], full);
    expect(result.get('a')?.map(({ round }) => round)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(result.get('b')?.map(({ round }) => round)).toEqual([4, 8]);
  });

  test('are closed when one fails', async () => {
    const closed: string[] = [];
    const side = (name: string): Side => ({
      name,
      work: async () => Promise.reject(new Error('lost an event')),
      close: async () => void closed.push(name),
    });
    await expect(alternate([side('a'), side('b')], QUICK)).rejects.toThrow('lost an event');
    expect(closed).toEqual(['a', 'b']);
  });

  test('work at least as long as they are asked to', () => {
    let calls = 0;
    const work = repeatSync(2, () => void (calls += 1));
    expect(work.operations).toBe(calls);
    expect(work.latenciesUs.length).toBe(calls);
    expect(work.elapsedMs).toBeGreaterThanOrEqual(2);
  });
});

describe('A result', () => {
  const missing = unmeasured({ id: 'P9', name: 'somebody else', goal: 2 }, 'not installed');
  const result = { area: 'events', machine: 'two cores', versions: { node: '24' }, rows: [missing] };

  test('has the form that is agreed on and no other', () => {
    expect(resultSchema.parse(result)).toEqual(result);
    expect(resultSchema.safeParse({ ...result, more: 1 }).success).toBe(false);
    expect(resultSchema.safeParse({ ...result, rows: [{ ...missing, ratio: 'fast' }] }).success).toBe(false);
  });

  test('is printed as a table that says what was not measured, and why', () => {
    expect(describeResult(result).split('\n')).toEqual([
      '| id | subject | baseline | result | 95 % | goal | verdict | what                                        |',
      '| -- | ------- | -------- | ------ | ---- | ---- | ------- | ------------------------------------------- |',
      '| P9 |         |          | –      | –    | ≥ 2  |         | somebody else (not measured: not installed) |',
    ]);
  });
});

function side(name: string, samples: readonly number[]): object {
  return { name, unit: 'per second', median: samples[1], gcMs: 0, loopDelayP99Ms: 1, samples };
}
