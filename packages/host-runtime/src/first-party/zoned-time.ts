/**
 * Times as people write them, and the zones of the IANA in which they mean something.
 *
 * Not here: the tool (`time.ts`), writing times in a form of one's own (`time-format.ts`). What the zones are is known to
 * the engine (`Intl`).
 * Source: RFC 3339; specification 2, d.
 */

/** Units: milliseconds since 1970. `local`: as if it were UTC, because nobody said where. */
export type WrittenTime =
  | { readonly kind: 'instant'; readonly atMs: number }
  | { readonly kind: 'local'; readonly localMs: number };

/** Units: milliseconds; east of Greenwich is positive. */
export interface TimeZone {
  readonly name: string;
  offsetMsAt(atMs: number): number;
}

/** The years 1 to 9999, with a day to spare on both sides for the zones. Units: milliseconds since 1970. */
const EARLIEST_MS = toUtcMs({ year: 1, month: 1, day: 2 });
const LATEST_MS = toUtcMs({ year: 9999, month: 12, day: 31 }) - 1;

const DAY_MS = 24 * 60 * 60 * 1000;
const WRITTEN =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)(?:[Tt ](?<hour>\d\d):(?<minute>\d\d)(?::(?<second>\d\d)(?:\.(?<fraction>\d{1,9}))?)?(?<zone>[Zz]|[+-]\d\d:?\d\d)?)?$/;

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly ms?: number;
}

/** Nothing for text that is no date or time, or one that no calendar has. */
export function parseTime(text: string): WrittenTime | undefined {
  const parts = WRITTEN.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = [
    parts['year'],
    parts['month'],
    parts['day'],
    parts['hour'],
    parts['minute'],
    parts['second'],
  ].map((digits) => Number(digits ?? 0));
  const ms = Number((parts['fraction'] ?? '').padEnd(3, '0').slice(0, 3));
  const localMs = toUtcMs({ year, month, day, hour, minute, second, ms });
  const isReal = new Date(localMs).toISOString().startsWith(`${text.slice(0, 10)}T`);
  if (!isReal || hour > 23 || minute > 59 || second > 59) return undefined;
  if (parts['zone'] === undefined) return inBounds(localMs) ? { kind: 'local', localMs } : undefined;
  const offsetMs = toOffsetMs(parts['zone']);
  if (offsetMs === undefined || !inBounds(localMs - offsetMs)) return undefined;
  return { kind: 'instant', atMs: localMs - offsetMs };
}

/** Nothing for a name that is no zone. */
export function findTimeZone(name: string): TimeZone | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    return { name: format.resolvedOptions().timeZone, offsetMsAt: (atMs) => offsetMs(format, atMs) };
  } catch (reason) {
    if (!(reason instanceof RangeError)) throw reason;
    return undefined;
  }
}

/** The instants that a clock in the zone showed this time at: none when it was put forward, two when it was put back. */
export function instantsOf(localMs: number, zone: TimeZone): readonly number[] {
  const offsets = new Set([localMs - DAY_MS, localMs, localMs + DAY_MS].map((atMs) => zone.offsetMsAt(atMs)));
  const instants = [...offsets].map((offset) => localMs - offset);
  return instants.filter((atMs) => atMs + zone.offsetMsAt(atMs) === localMs).sort((left, right) => left - right);
}

export function inBounds(atMs: number): boolean {
  return atMs >= EARLIEST_MS && atMs <= LATEST_MS;
}

/** `+01:00`; with seconds for the zones of earlier centuries that had them. */
export function showOffset(offsetMs: number): string {
  const seconds = Math.abs(offsetMs) / 1000;
  const parts = [
    Math.trunc(seconds / 3600),
    Math.trunc(seconds / 60) % 60,
    ...(seconds % 60 === 0 ? [] : [seconds % 60]),
  ];
  return `${offsetMs < 0 ? '-' : '+'}${parts.map((part) => String(part).padStart(2, '0')).join(':')}`;
}

function offsetMs(format: Intl.DateTimeFormat, atMs: number): number {
  const whole = Math.floor(atMs / 1000) * 1000;
  const shown = new Map(format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
  const at = (type: Intl.DateTimeFormatPartTypes): number => shown.get(type) ?? 0;
  const fields = { year: at('year'), month: at('month'), day: at('day'), hour: at('hour') };
  return toUtcMs({ ...fields, minute: at('minute'), second: at('second') }) - whole;
}

function toOffsetMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Not `Date.UTC`, which takes the years below 100 for those of the last century. */
function toUtcMs({ year, month, day, hour = 0, minute = 0, second = 0, ms = 0 }: Fields): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second, ms);
}
