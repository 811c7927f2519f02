import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BudgetPeriod } from './budget-limit.ts';
import { createWindowOf } from './budget-window.ts';

const HOUR_MS = 3_600_000;

/** Where the period at an instant begins and ends, as UTC. */
function periodOf(kind: 'day' | 'week' | 'month', timeZone: string, at: string): readonly string[] {
  const window = createWindowOf({ kind, timeZone })(Date.parse(at));
  if (window.kind !== 'calendar') throw new Error('no period of the calendar');
  return window.startsMs.slice(1, 3).map((startMs) => new Date(startMs).toISOString().replace(':00.000Z', ''));
}

describe('A period of the calendar', () => {
  test.each([
    ['a day in UTC', 'day', 'UTC', '2026-02-28T23:59:59.999Z', ['2026-02-28T00:00', '2026-03-01T00:00']],
    ['a day east of UTC', 'day', 'Asia/Kathmandu', '2026-06-01T18:15:00Z', ['2026-06-01T18:15', '2026-06-02T18:15']],
    ['a day far east', 'day', 'Pacific/Kiritimati', '2026-06-01T09:59:00Z', ['2026-05-31T10:00', '2026-06-01T10:00']],
    ['a day far west', 'day', 'Pacific/Pago_Pago', '2026-06-01T11:00:00Z', ['2026-06-01T11:00', '2026-06-02T11:00']],
    ['a day of 23 hours', 'day', 'Europe/Berlin', '2026-03-29T12:00:00Z', ['2026-03-28T23:00', '2026-03-29T22:00']],
    ['a day of 25 hours', 'day', 'Europe/Berlin', '2026-10-25T12:00:00Z', ['2026-10-24T22:00', '2026-10-25T23:00']],
    ['a day without midnight', 'day', 'Asia/Beirut', '2026-03-29T12:00:00Z', ['2026-03-28T22:00', '2026-03-29T21:00']],
    [
      'a day with two midnights',
      'day',
      'America/Havana',
      '2026-11-01T12:00:00Z',
      ['2026-11-01T04:00', '2026-11-02T05:00'],
    ],
    ['a week from Monday', 'week', 'UTC', '2026-03-01T23:00:00Z', ['2026-02-23T00:00', '2026-03-02T00:00']],
    [
      'a week over a change of the clock',
      'week',
      'Europe/Berlin',
      '2026-03-29T21:59:59Z',
      ['2026-03-22T23:00', '2026-03-29T22:00'],
    ],
    ['a week before 1970', 'week', 'UTC', '1969-12-31T00:00:00Z', ['1969-12-29T00:00', '1970-01-05T00:00']],
    ['a month', 'month', 'UTC', '2028-02-29T12:00:00Z', ['2028-02-01T00:00', '2028-03-01T00:00']],
    [
      'a month at the turn of the year',
      'month',
      'America/New_York',
      '2027-01-01T04:59:00Z',
      ['2026-12-01T05:00', '2027-01-01T05:00'],
    ],
  ] as const)('is %s', (_name, kind, timeZone, at, expected) => {
    expect(periodOf(kind, timeZone, at)).toEqual(expected);
  });

  test('holds every instant between the starts around it, in every zone', () => {
    const windows = [
      'UTC',
      'Europe/Berlin',
      'America/Havana',
      'Asia/Beirut',
      'Australia/Lord_Howe',
      'Pacific/Apia',
    ].flatMap((timeZone) => (['day', 'week', 'month'] as const).map((kind) => createWindowOf({ kind, timeZone })));
    const year2020 = Date.UTC(2020, 0);
    const instant = fc.integer({ min: year2020, max: Date.UTC(2035, 0) });
    fc.assert(
      fc.property(fc.constantFrom(...windows), instant, (windowAt, nowMs) => {
        const window = windowAt(nowMs);
        if (window.kind !== 'calendar') throw new Error('no period of the calendar');
        const [before = 0, begins = 0, ends = 0, after = 0] = window.startsMs;
        expect(window.startsMs.toSorted((left, right) => left - right)).toEqual(window.startsMs);
        expect(begins <= nowMs && nowMs < ends).toBe(true);
        expect(Math.min(begins - before, ends - begins, after - ends)).toBeGreaterThanOrEqual(23 * HOUR_MS);
        expect(windowAt(begins)).toEqual(window);
        expect(windowAt(ends - 1)).toEqual(window);
      }),
      { numRuns: 100 },
    );
  });
});

test('A day that rolls is as long as a day', () => {
  const period: BudgetPeriod = { kind: 'rolling_day' };
  expect(createWindowOf({ ...period })(0)).toEqual({ kind: 'from_first_use', lengthMs: 24 * HOUR_MS });
});
