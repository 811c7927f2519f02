import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEventId, parseTenantId } from '../ids.ts';
import { portableDigest } from '../portable-digest.ts';
import { fixedUuid } from '../testkit/fake-platform.ts';
import type { Sha256Hex } from './chain.ts';
import { InMemoryTables } from './in-memory-tables.ts';
import { acquireLease, leaseMachine } from './lease.ts';
import { indexMachines, parseUnit } from './parse-unit.ts';
import type { TableChange } from './store-tables.ts';
import type { Write } from './unit-of-work.ts';

const sha256Hex: Sha256Hex = (text) => portableDigest.sha256Hex(new TextEncoder().encode(text));
const machines = indexMachines([leaseMachine]);
const streams = (['journal', 'audit'] as const).map((family) => ({ family, tenantId: parseTenantId('acme') }));

/** Everything that can be read. */
function contentOf(tables: InMemoryTables): unknown {
  return [
    tables.list('lease', { limit: 1000 }),
    tables.listStreams({ limit: 1000 }),
    streams.map((stream) => [
      tables.readRaw({ stream, after: 0, limit: 1000 }),
      tables.readStream({ stream, after: 0, limit: 1000 }),
      Array.from({ length: 12 }, (_, at) => tables.cursorOf(stream, fixedUuid(at))),
    ]),
  ];
}

const stream = fc.constantFrom(...streams);
const small = fc.nat({ max: 11 });
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record({ stream, ids: fc.array(small, { maxLength: 4 }) }).map(({ stream, ids }) => ({
    kind: 'append' as const,
    stream,
    records: ids.map((id) => ({
      eventId: parseEventId(fixedUuid(id)),
      kind: 'noted',
      atMs: id,
      labels: {},
      body: { id },
    })),
  })),
  fc
    .record({ stream, cursors: fc.array(small, { maxLength: 3 }) })
    .map(({ stream, cursors }) => ({ kind: 'remove' as const, stream, cursors: cursors.map((cursor) => cursor + 1) })),
  fc.record({ stream, through: small }).map((cut) => ({ kind: 'truncate' as const, ...cut })),
  fc.constantFrom('a', 'b').map((key) => acquireLease(key, 'me', 1000)),
);
const units = fc.array(fc.array(write, { minLength: 1, maxLength: 4 }), { maxLength: 20 });

describe('Tables in memory', () => {
  test('leave nothing of a unit that is refused', () => {
    fc.assert(
      fc.property(units, (given) => {
        const tables = new InMemoryTables(machines, sha256Hex);
        for (const [at, unit] of given.entries()) {
          const before = contentOf(tables);
          const { outcome } = tables.apply(parseUnit(unit, machines), at * 600);
          if (outcome.kind === 'conflict') expect(contentOf(tables)).toEqual(before);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('are made again by their changes, or by their contents', () => {
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 5 }), (given, recordsMax) => {
        const tables = new InMemoryTables(machines, sha256Hex);
        const kept: TableChange[] = [];
        for (const [at, unit] of given.entries()) {
          const { outcome, changes } = tables.apply(parseUnit(unit, machines), at * 600);
          if (outcome.kind === 'committed') kept.push(...changes);
        }
        for (const changes of [kept, [...tables.contents(recordsMax)]]) {
          const again = new InMemoryTables(machines, sha256Hex);
          again.replay(JSON.parse(JSON.stringify(changes)) as readonly TableChange[]);
          expect(contentOf(again)).toEqual(contentOf(tables));
        }
      }),
      { numRuns: 200 },
    );
  });
});
