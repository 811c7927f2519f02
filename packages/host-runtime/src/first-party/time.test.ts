import type { JsonObject } from '@reborn/host-api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callTool } from '../../test/first-party/call-tool.ts';
import { createTime } from './time.ts';

const tool = createTime({ nowMs: () => 1_767_225_600_250 });
const call = async (input: JsonObject) => callTool(tool, input);
const answer = async (input: JsonObject) => {
  const outcome = await call(input);
  if (outcome.kind !== 'completed') throw new Error(JSON.stringify(outcome));
  return outcome.output;
};
const code = async (input: JsonObject) => {
  const outcome = await call(input);
  return outcome.kind === 'failed' ? [outcome.code, outcome.effect] : outcome;
};

describe('time', () => {
  it('tells the time of the host, and what clocks show somewhere', async () => {
    expect(await answer({})).toEqual({ utc: '2026-01-01T00:00:00.250Z', unix: 1767225600.25, weekday: 'Thursday' });
    expect(await answer({ operation: 'now', timezone: 'America/New_York' })).toEqual({
      utc: '2026-01-01T00:00:00.250Z',
      unix: 1767225600.25,
      weekday: 'Wednesday',
      timezone: 'America/New_York',
      local: '2025-12-31T19:00:00.250-05:00',
      offset: '-05:00',
    });
  });

  it.each([
    ['2026-03-29T10:00:00Z', '2026-03-29T10:00:00.000Z'],
    ['2026-03-29t10:00:00z', '2026-03-29T10:00:00.000Z'],
    ['2026-03-29 10:00+02:00', '2026-03-29T08:00:00.000Z'],
    ['2026-03-29T10:00:00.123456789-0330', '2026-03-29T13:30:00.123Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
    [1767225600, '2026-01-01T00:00:00.000Z'],
    [-1, '1969-12-31T23:59:59.000Z'],
  ])('parses %j', async (input, utc) => {
    expect(await answer({ operation: 'parse', input })).toMatchObject({ utc });
    expect(await answer({ operation: 'parse', timestamp: input })).toMatchObject({ utc });
  });

  it.each([
    'tomorrow',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T23:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-01-01T10:00:00+24:00',
    '2026-01-01Z',
    '0000-01-01T00:00:00Z',
    '26-01-01T00:00:00Z',
    '2026-01-01T00:00:00Zx',
    9e14,
  ])('refuses %j', async (input) => {
    expect(await code({ operation: 'parse', input, timezone: 'UTC' })).toEqual(['invalid_time', 'none']);
  });

  it('wants a zone for a time that does not say where', async () => {
    const input = '2026-03-01T10:00:00';
    expect(await code({ operation: 'parse', input })).toEqual(['timezone_missing', 'none']);
    expect(await code({ operation: 'convert', input, to_timezone: 'UTC' })).toEqual(['timezone_missing', 'none']);
    for (const zone of [{ timezone: 'Europe/Berlin' }, { from_timezone: 'Europe/Berlin' }])
      expect(await answer({ operation: 'parse', input, ...zone })).toMatchObject({
        utc: '2026-03-01T09:00:00.000Z',
        local: '2026-03-01T10:00:00.000+01:00',
      });
    expect(await answer({ operation: 'parse', input: '2026-03-01', timezone: 'Asia/Tokyo' })).toMatchObject({
      utc: '2026-02-28T15:00:00.000Z',
    });
  });

  it('converts from one zone to another', async () => {
    const from = { input: '2026-07-01T10:00', from_timezone: 'Europe/Berlin', to_timezone: 'Asia/Kolkata' };
    expect(await answer({ operation: 'convert', ...from })).toMatchObject({
      local: '2026-07-01T13:30:00.000+05:30',
      timezone: expect.stringMatching(/^Asia\/(Kolkata|Calcutta)$/),
    });
    expect(await code({ operation: 'convert', input: 0 })).toEqual(['parameter_missing', 'none']);
    expect(await code({ operation: 'convert', input: 0, to_timezone: 'Mars/Olympus' })).toEqual([
      'invalid_timezone',
      'none',
    ]);
  });

  it.each([
    ['2026-03-29T02:30:00', 'Europe/Berlin', 'time_skipped'],
    ['2026-10-25T02:30:00', 'Europe/Berlin', 'time_ambiguous'],
    ['2026-03-08T02:00:00', 'America/New_York', 'time_skipped'],
    ['2026-11-01T01:59:59', 'America/New_York', 'time_ambiguous'],
    ['2011-12-30T12:00:00', 'Pacific/Apia', 'time_skipped'],
    ['2026-10-04T02:15:00', 'Australia/Lord_Howe', 'time_skipped'],
    ['2026-04-05T01:45:00', 'Australia/Lord_Howe', 'time_ambiguous'],
  ])('refuses %s in %s, which was not there once', async (input, timezone, expected) => {
    expect(await code({ operation: 'parse', input, timezone })).toEqual([expected, 'none']);
  });

  it.each([
    ['2026-03-29T01:59:59', '2026-03-29T00:59:59.000Z'],
    ['2026-03-29T03:00:00', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25T01:59:59', '2026-10-24T23:59:59.000Z'],
    ['2026-10-25T03:00:00', '2026-10-25T02:00:00.000Z'],
  ])('takes %s right beside a change', async (input, utc) => {
    expect(await answer({ operation: 'parse', input, timezone: 'Europe/Berlin' })).toMatchObject({ utc });
  });

  it('says how to write a time that was there twice', async () => {
    const outcome = await call({ operation: 'parse', input: '2026-10-25T02:30:00', timezone: 'Europe/Berlin' });
    expect(outcome).toMatchObject({ message: expect.stringContaining('+02:00 or +01:00') });
    expect(await answer({ operation: 'parse', input: '2026-10-25T02:30:00+01:00' })).toMatchObject({
      utc: '2026-10-25T01:30:00.000Z',
    });
  });

  it('writes times as it is told, in English', async () => {
    const format = (format_string: string, input = '2026-03-09T17:05:06.078Z') =>
      answer({ operation: 'format', input, timezone: 'Europe/Berlin', format_string });
    expect(await format('%A %a, %d %B %b %Y %y')).toEqual({ formatted: 'Monday Mon, 09 March Mar 2026 26' });
    expect(await format('%F %T.%L %H %I:%M %p %S %m %j %u %s %z %Z %%')).toEqual({
      formatted: '2026-03-09 18:05:06.078 18 06:05 PM 06 03 068 1 1773075906 +01:00 Europe/Berlin %',
    });
    expect(await format('%I %p %j', '2024-12-31T23:30:00Z')).toEqual({ formatted: '12 AM 001' });
    expect(await format('%j', '2024-12-31T12:00:00Z')).toEqual({ formatted: '366' });
    expect(await format('plain')).toEqual({ formatted: 'plain' });
    for (const format_string of ['%Q', '%', '%constructor', 'a%']) {
      expect(await code({ operation: 'format', input: 0, format_string })).toEqual(['invalid_format', 'none']);
    }
    expect(await code({ operation: 'format', input: 0 })).toEqual(['parameter_missing', 'none']);
  });

  it('measures from one time to another', async () => {
    const diff = (timestamp: string | number, timestamp2: string | number) =>
      answer({ operation: 'diff', timestamp, timestamp2, timezone: 'Europe/Berlin' });
    expect(await diff('2026-03-28T12:00', '2026-03-29T12:00')).toEqual({
      from: '2026-03-28T11:00:00.000Z',
      to: '2026-03-29T10:00:00.000Z',
      seconds: 82_800,
      text: '23 h',
    });
    expect(await diff(0, 90_061)).toMatchObject({ text: '1 d 1 h 1 min 1 s' });
    expect(await diff(60, 0)).toMatchObject({ seconds: -60, text: '-1 min' });
    expect(await diff(0, 0)).toMatchObject({ seconds: 0, text: '0 s' });
    expect(await code({ operation: 'diff', timestamp: 0 })).toEqual(['parameter_missing', 'none']);
  });

  it('shows the seconds of an offset where a zone had them', async () => {
    const input = { operation: 'convert', input: '1890-01-01T00:00:00Z', to_timezone: 'Europe/Amsterdam' };
    expect(await answer(input)).toMatchObject({ offset: expect.stringMatching(/^\+00:(17:30|18|19:32)$/) });
  });

  it('refuses times and zones of more than 64 bytes', async () => {
    await expect(call({ timezone: 'x'.repeat(65) })).rejects.toThrow('must be at most 64 bytes');
    await expect(call({ operation: 'parse', input: '1'.repeat(65) })).rejects.toThrow('input.input');
  });

  it('leads back from what a clock shows to the same instant', async () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC');
    const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 });
    await fc.assert(
      fc.asyncProperty(seconds, zones, async (input, timezone) => {
        const shown = (await answer({ operation: 'parse', input, timezone })) as { local: string; utc: string };
        const again = await call({ operation: 'parse', input: shown.local.slice(0, 23), timezone });
        if (again.kind === 'failed') expect(again.code).toBe('time_ambiguous');
        else expect(again).toMatchObject({ output: shown });
      }),
      { numRuns: 100 },
    );
  });
});
