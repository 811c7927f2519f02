/**
 * Times in a form that somebody asks for, as `strftime` writes it, in English.
 *
 * Not here: what time it is somewhere (`zoned-time.ts`).
 */
import { showOffset } from './zoned-time.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Units: milliseconds; `localMs` as if the place were Greenwich. */
export interface ShownTime {
  readonly localMs: number;
  readonly offsetMs: number;
  readonly zone: string;
}

const DIRECTIVES: Readonly<Record<string, (date: Date, shown: ShownTime) => string | number>> = {
  '%': () => '%',
  A: (date) => weekday(date),
  a: (date) => weekday(date).slice(0, 3),
  B: (date) => MONTHS[date.getUTCMonth()] ?? '',
  b: (date) => MONTHS[date.getUTCMonth()]?.slice(0, 3) ?? '',
  d: (date) => padded(date.getUTCDate(), 2),
  F: (date) => date.toISOString().slice(0, 10),
  H: (date) => padded(date.getUTCHours(), 2),
  I: (date) => padded(date.getUTCHours() % 12 || 12, 2),
  j: (date) => padded(dayOfYear(date), 3),
  L: (date) => padded(date.getUTCMilliseconds(), 3),
  M: (date) => padded(date.getUTCMinutes(), 2),
  m: (date) => padded(date.getUTCMonth() + 1, 2),
  p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  S: (date) => padded(date.getUTCSeconds(), 2),
  s: (date, { offsetMs }) => Math.floor((date.getTime() - offsetMs) / 1000),
  T: (date) => date.toISOString().slice(11, 19),
  u: (date) => date.getUTCDay() || 7,
  Y: (date) => padded(date.getUTCFullYear(), 4),
  y: (date) => padded(date.getUTCFullYear() % 100, 2),
  Z: (_date, { zone }) => zone,
  z: (_date, { offsetMs }) => showOffset(offsetMs),
};
export const TIME_DIRECTIVES: readonly string[] = Object.keys(DIRECTIVES);

/** Nothing for a format with a directive that is not known. */
export function formatTime(shown: ShownTime, format: string): string | undefined {
  const date = new Date(shown.localMs);
  let isKnown = true;
  const text = format.replaceAll(/%(.?)/gsu, (_all, directive: string) => {
    const write = Object.hasOwn(DIRECTIVES, directive) ? DIRECTIVES[directive] : undefined;
    isKnown &&= write !== undefined;
    return String(write?.(date, shown) ?? '');
  });
  return isKnown ? text : undefined;
}

export function weekday(date: Date): string {
  return DAYS[date.getUTCDay()] ?? '';
}

function dayOfYear(date: Date): number {
  const first = new Date(date);
  first.setUTCMonth(0, 1);
  return Math.round((date.getTime() - first.getTime()) / 86_400_000) + 1;
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
