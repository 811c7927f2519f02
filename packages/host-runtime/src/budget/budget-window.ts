/**
 * When the periods of a budget begin, in the time zone of whoever set it: also where a day has 23 hours, or begins at one
 * o'clock.
 *
 * Not here: what happens to an account when its period is over (the limiter of `@reborn/host-api`).
 */
import { assert, type LimiterWindow } from '@reborn/host-api';
import type { BudgetPeriod } from './budget-limit.ts';

type CalendarPeriod = Extract<BudgetPeriod, { timeZone: string }>;

const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
/** No clock on earth has ever been further from UTC. */
const OFFSET_MS_MAX = 16 * 60 * 60 * SECOND_MS;

/**
 * The window of a period around an instant. Periods of the calendar are computed once for as long as they last.
 * Units: milliseconds since 1970.
 */
export function createWindowOf(period: Exclude<BudgetPeriod, { kind: 'per_call' }>): (nowMs: number) => LimiterWindow {
  if (period.kind === 'rolling_day') return () => ({ kind: 'from_first_use', lengthMs: DAY_MS });
  const { timeZone } = period;
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  });
  let startsMs: readonly number[] = [];
  return (nowMs) => {
    const [, begins = Infinity, ends = Infinity] = startsMs;
    if (nowMs < begins || nowMs >= ends) startsMs = periodStarts(period, format, nowMs);
    return { kind: 'calendar', startsMs: [...startsMs] };
  };
}

/** Where the period before the present one begins, the present one, the next, and the one after that. */
function periodStarts({ kind }: CalendarPeriod, format: Intl.DateTimeFormat, nowMs: number): readonly number[] {
  const today = localDay(format, nowMs);
  return [-1, 0, 1, 2].map((step) => firstInstantOf(format, firstDayOf(kind, today, step)));
}

/** The first day of a period, `step` periods after the one that holds `today`. Days are numbered from 1970-01-01. */
function firstDayOf(kind: CalendarPeriod['kind'], today: number, step: number): number {
  switch (kind) {
    case 'day':
      return today + step;
    case 'week':
      // 1970 began on a Thursday, three days after a Monday.
      return today - ((((today + 3) % 7) + 7) % 7) + 7 * step;
    case 'month': {
      const date = new Date(today * DAY_MS);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + step, 1) / DAY_MS;
    }
  }
}

/** The instant at which a day begins somewhere: midnight, or later where the clock is put forward at midnight. */
function firstInstantOf(format: Intl.DateTimeFormat, day: number): number {
  let beforeMs = day * DAY_MS - OFFSET_MS_MAX;
  let withinMs = day * DAY_MS + OFFSET_MS_MAX;
  while (withinMs - beforeMs > SECOND_MS) {
    const middleMs = beforeMs + Math.floor((withinMs - beforeMs) / (2 * SECOND_MS)) * SECOND_MS;
    if (localDay(format, middleMs) >= day) withinMs = middleMs;
    else beforeMs = middleMs;
  }
  return withinMs;
}

function localDay(format: Intl.DateTimeFormat, atMs: number): number {
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const [year, month, day] = [parts.get('year'), parts.get('month'), parts.get('day')];
  assert(year !== undefined && month !== undefined && day !== undefined, 'a date has a year, a month and a day');
  return Date.UTC(year, month - 1, day) / DAY_MS;
}
