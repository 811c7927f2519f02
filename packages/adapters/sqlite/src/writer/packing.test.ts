import { LABELS, parseTenantId, type Labels, type ParsedWrite } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { packResults, packUnits, unpackResults, unpackUnits } from './packing.ts';
import type { UnitResult } from './protocol.ts';

const stream = { family: 'journal', tenantId: parseTenantId('zürich 😀') } as const;
const draft = { eventId: 'e', kind: 'noted', atMs: 0, labels: {}, bodyText: '{}' };
const others: readonly ParsedWrite[] = [
  { kind: 'transition', machine: 'lease', key: 'k', command: { trigger: 'acquire', deep: [null, { a: 1 }] } },
  { kind: 'remove', stream, cursors: [1, 2] },
  { kind: 'truncate', stream, through: 7 },
  { kind: 'import', stream, base: { cursor: 0, chain: 'c' }, records: [{ cursor: 1, eventId: 'e', chain: 'd' }] },
];

describe('units', () => {
  const labels: Labels = Object.fromEntries(LABELS.map((label) => [label, `${label}-x`]));
  test.each<readonly [string, readonly (readonly ParsedWrite[])[]]>([
    ['none', []],
    ['one that appends nothing', [[{ kind: 'append', stream, records: [] }]]],
    [
      'records with all labels, with some and with none',
      [[{ kind: 'append', stream, records: [{ ...draft, labels }, { ...draft, labels: { runId: 'r' } }, draft] }]],
    ],
    [
      'every kind of write, in order',
      [[...others, { kind: 'append', stream, records: [draft] }], [], others.toReversed()],
    ],
  ])('come out as they went in: %s', (_what, units) => {
    const packed = structuredClone(packUnits(units));
    expect(unpackUnits(packed)).toEqual(units);
    expect(JSON.stringify(unpackUnits(packed)[0]?.[0])).toBe(JSON.stringify(reordered(units[0]?.[0])));
  });
});

describe('results', () => {
  test('come out as they went in', () => {
    const results: readonly UnitResult[] = [
      { kind: 'done', outcome: { kind: 'committed', receipts: [] } },
      {
        kind: 'done',
        outcome: {
          kind: 'committed',
          receipts: [
            { kind: 'appended', cursors: [3, 1] },
            { kind: 'appended', cursors: [] },
          ],
        },
      },
      {
        kind: 'done',
        outcome: {
          kind: 'committed',
          receipts: [
            { kind: 'appended', cursors: [1] },
            { kind: 'stream', records: 2 },
          ],
        },
      },
      { kind: 'done', outcome: { kind: 'committed', receipts: [{ kind: 'record', row: undefined }] } },
      { kind: 'done', outcome: { kind: 'conflict', at: 0, machine: 'm', key: 'k', reason: 'r', row: { a: 1 } } },
      { kind: 'fault', error: { kind: 'engine', code: 'SQLITE_FULL' } },
      { kind: 'done', outcome: { kind: 'committed', receipts: [{ kind: 'appended', cursors: [9] }] } },
    ];
    expect(unpackResults(structuredClone(packResults(results)))).toEqual(results);
  });
});

/** Absent labels are absent on the other side, too, and not `undefined`. */
function reordered(write: ParsedWrite | undefined): unknown {
  if (write?.kind !== 'append') return write;
  const records = write.records.map(({ eventId, kind, atMs, bodyText, labels }) => ({
    eventId,
    kind,
    atMs,
    bodyText,
    labels,
  }));
  return { ...write, records };
}
