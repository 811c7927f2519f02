/** What the commands about events share: their options, and how one entry is shown. */
import { EventsError, LOG_FAMILIES, parseCursor, type Cursor, type LogEntry, type LogFamily } from '@reborn/events';
import { parseTenantId, streamFamilySchema, type StreamFamily, type StreamKey } from '@reborn/host-api';
import { CliError } from '../../errors.ts';
import type { Reporter } from '../../reporter.ts';
import { storyLine } from '../../render/happening-line.ts';
import { toTime } from '../../render/run-lines.ts';
import { eventWire } from '../../wire.ts';

/** Families that the log reads: facts, reasons, decisions. Errors: `cli/invalid_option`. */
export function parseLogFamily(typed: string | undefined): LogFamily {
  const family = LOG_FAMILIES.find((known) => known === (typed ?? 'runtime'));
  if (family !== undefined) return family;
  throw invalidOption('--family', `must be one of ${LOG_FAMILIES.join(', ')}`);
}

/** Families of streams, also those that the log does not read. Errors: `cli/invalid_option`. */
export function parseStreamFamily(typed: string | undefined): StreamFamily {
  const family = streamFamilySchema.safeParse(typed ?? 'runtime');
  if (family.success) return family.data;
  throw invalidOption('--family', `must be one of ${streamFamilySchema.options.join(', ')}`);
}

/** The stream of the tenant that this command line works for. */
export function ownStream(typed: string | undefined): StreamKey {
  return { family: parseStreamFamily(typed), tenantId: parseTenantId('default') };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** What `Date` would make of other words is anybody's guess: it takes 90 for a year. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** A moment, or a time before now such as `90m` or `7d`. Units: milliseconds. Errors: `cli/invalid_option`. */
export function parseMoment(typed: string, field: string, nowMs: number): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(typed) ?? [];
  const unitMs = UNITS.get(unit ?? '');
  const ms =
    unitMs === undefined ? (ISO_TIME.test(typed) ? Date.parse(typed) : Number.NaN) : nowMs - Number(count) * unitMs;
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw invalidOption(field, 'must be a time such as 2026-01-31T12:00Z, or a while ago such as 90m, 12h or 7d');
}

/** Errors: `cli/invalid_option`. */
export function parseCount(typed: string | undefined, field: string, standard: number, max: number): number {
  const count = typed === undefined ? standard : /^\d{1,9}$/.test(typed) ? Number(typed) : 0;
  if (count >= 1 && count <= max) return count;
  throw invalidOption(field, `must be a whole number from 1 to ${max}`);
}

/** Errors: `events/invalid_cursor` naming the field as it was typed. */
export function parseCursorOption(typed: string, field: string): Cursor {
  if (/^(0|[1-9]\d{0,14})$/.test(typed)) return parseCursor(typed);
  throw new EventsError('events/invalid_cursor', { detail: { field, rule: 'must be a whole decimal number' } });
}

export function invalidOption(field: string, rule: string): CliError {
  return new CliError('cli/invalid_option', { detail: { field, rule } });
}

export function showEntry(reporter: Reporter, entry: LogEntry, withFamily = false): void {
  reporter.value(eventWire(entry));
  const label = withFamily ? `${entry.family.slice(0, 3)} ${entry.cursor}` : String(entry.cursor);
  if (!entry.known) {
    reporter.line({ label, text: `${toTime(entry.atMs)}  ${entry.kind} (of a newer version)`, tone: 'faint' });
    return;
  }
  const { record, family, cursor } = entry;
  const { label: what, text } = storyLine({
    kind: 'record',
    key: record.eventId,
    atMs: record.atMs,
    family,
    cursor,
    record,
  });
  reporter.line({ label, text: `${toTime(record.atMs)}  ${record.kind}  ${what}: ${text}`, tone: 'plain' });
}
