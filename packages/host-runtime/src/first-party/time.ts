/**
 * `builtin.time`: what time it is, was or will be, somewhere.
 *
 * Not here: reading times and zones (`zoned-time.ts`), writing them (`time-format.ts`).
 * Source: specification 2, d.
 */
import { boundedLine, type Clock, type JsonObject } from '@reborn/host-api';
import { z } from 'zod';
import { ToolFailure, type DefinedTool } from '../lane/define-tool.ts';
import { defineBuiltin } from './builtin.ts';
import { TIME_FORMAT_BYTES_MAX, TIME_TEXT_BYTES_MAX } from './limits.ts';
import { formatTime, TIME_DIRECTIVES, weekday, type ShownTime } from './time-format.ts';
import { findTimeZone, inBounds, instantsOf, parseTime, showOffset, type TimeZone } from './zoned-time.ts';

const PROMPT = `Tells and converts times.

now is the time of the host. parse reads \`input\`; convert shows it in \`to_timezone\`; format writes it as \`format_string\` says, with the directives ${TIME_DIRECTIVES.map((each) => `%${each}`).join(' ')}; diff is the time from \`timestamp\` to \`timestamp2\`.

A time is written as 2026-03-29, 2026-03-29T10:00, 2026-03-29T10:00:00Z or 2026-03-29T10:00:00+02:00, or is a whole number of seconds since 1970. One without Z or an offset needs a zone, \`from_timezone\` or \`timezone\`, such as Europe/Berlin. A time that a clock there showed twice, or never, because it was put back or forward, is refused: write it with its offset.`;

const timeSchema = z.union([boundedLine(TIME_TEXT_BYTES_MAX), z.int()]).optional();
const zoneSchema = boundedLine(TIME_TEXT_BYTES_MAX).optional();

const inputSchema = z.strictObject({
  operation: z.enum(['now', 'parse', 'convert', 'format', 'diff']).default('now'),
  input: timeSchema.describe('The time: such as 2026-03-29T10:00:00Z, or seconds since 1970.'),
  timestamp: timeSchema.describe('The same as input; for diff the earlier time.'),
  timestamp2: timeSchema.describe('For diff: the later time.'),
  timezone: zoneSchema.describe('The zone to read and to show times in, such as Europe/Berlin.'),
  from_timezone: zoneSchema.describe('The zone of times that are written without one.'),
  to_timezone: zoneSchema.describe('The zone to show times in.'),
  format_string: boundedLine(TIME_FORMAT_BYTES_MAX).optional().describe('For format: such as %A, %d %B %Y.'),
});
type TimeInput = z.output<typeof inputSchema>;

const outputSchema = z.strictObject({
  utc: z.string().optional(),
  unix: z.number().optional(),
  weekday: z.string().optional(),
  timezone: z.string().optional(),
  local: z.string().optional(),
  offset: z.string().optional(),
  formatted: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  seconds: z.number().optional(),
  text: z.string().optional(),
});

export function createTime(clock: Clock): DefinedTool {
  return defineBuiltin({
    id: 'builtin.time',
    description:
      'Tells the time (now), reads one (parse), shows it in another zone (convert) or form (format), or measures from one ' +
      'to another (diff). A time without an offset needs a zone.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: [],
    run: (input) => toAnswer(input, clock),
  });
}

function toAnswer(input: TimeInput, clock: Clock): JsonObject {
  const shownIn = zoneOf(input.to_timezone ?? input.timezone ?? input.from_timezone);
  if (input.operation === 'now') return describe(clock.nowMs(), shownIn);
  const atMs = readTime(input, required(input.input ?? input.timestamp, 'input'));
  switch (input.operation) {
    case 'parse':
      return describe(atMs, shownIn);
    case 'convert':
      required(input.to_timezone, 'to_timezone');
      return describe(atMs, shownIn);
    case 'format': {
      const formatted = formatTime(show(atMs, shownIn), required(input.format_string, 'format_string'));
      if (formatted === undefined) throw new ToolFailure('invalid_format', 'The format has an unknown directive.');
      return { formatted };
    }
    case 'diff':
      return difference(atMs, readTime(input, required(input.timestamp2, 'timestamp2')));
  }
}

function required<T>(value: T | undefined, parameter: string): T {
  if (value === undefined) throw new ToolFailure('parameter_missing', `This operation needs ${parameter}.`);
  return value;
}

function readTime(input: TimeInput, time: string | number): number {
  if (typeof time === 'number' && inBounds(time * 1000)) return time * 1000;
  const written = typeof time === 'number' ? undefined : parseTime(time);
  if (written === undefined)
    throw new ToolFailure('invalid_time', 'The time is not one such as 2026-03-29T10:00:00Z, of the years 1 to 9999.');
  if (written.kind === 'instant') return written.atMs;
  const zone = zoneOf(input.from_timezone ?? input.timezone);
  if (zone === undefined) throw new ToolFailure('timezone_missing', 'A time without an offset needs a zone.');
  const [atMs, second] = instantsOf(written.localMs, zone);
  if (atMs === undefined)
    throw new ToolFailure('time_skipped', 'No clock in this zone showed this time: it was put forward.');
  if (second === undefined) return atMs;
  const offsets = [atMs, second].map((each) => showOffset(zone.offsetMsAt(each)));
  throw new ToolFailure('time_ambiguous', `This zone had this time twice: write it with ${offsets.join(' or ')}.`);
}

function zoneOf(name: string | undefined): TimeZone | undefined {
  if (name === undefined) return undefined;
  const zone = findTimeZone(name);
  if (zone === undefined)
    throw new ToolFailure('invalid_timezone', 'There is no such zone. Use one such as Europe/Berlin.');
  return zone;
}

function show(atMs: number, zone: TimeZone | undefined): ShownTime {
  const offsetMs = zone?.offsetMsAt(atMs) ?? 0;
  return { localMs: atMs + offsetMs, offsetMs, zone: zone?.name ?? 'UTC' };
}

function describe(atMs: number, zone: TimeZone | undefined): JsonObject {
  const { localMs, offsetMs } = show(atMs, zone);
  const local = new Date(localMs);
  const offset = showOffset(offsetMs);
  return {
    utc: new Date(atMs).toISOString(),
    unix: atMs / 1000,
    weekday: weekday(local),
    ...(zone === undefined ? {} : { timezone: zone.name, local: local.toISOString().replace('Z', offset), offset }),
  };
}

function difference(fromMs: number, toMs: number): JsonObject {
  const ms = toMs - fromMs;
  const seconds = Math.trunc(Math.abs(ms) / 1000);
  const parts = [
    [Math.trunc(seconds / 86_400), 'd'],
    [Math.trunc(seconds / 3600) % 24, 'h'],
    [Math.trunc(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(' ');
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    seconds: ms / 1000,
    text: `${ms < 0 ? '-' : ''}${text === '' ? '0 s' : text}`,
  };
}
