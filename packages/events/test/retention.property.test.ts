import { createInMemoryStore, leaseMachine, parseTenantId, type StreamFilter } from '@reborn/host-api';
import { buildGrant, createFakePlatform, FAKE_START_MS } from '@reborn/host-api/testkit';
import {
  applyRetention,
  createEventLog,
  cursorSchema,
  LOG_READ_CAPABILITY,
  pinEvent,
  pinMachine,
  readScopeByGrant,
  retentionMachine,
  subscriptionKey,
  subscriptionMachine,
  type RetentionRule,
} from '@reborn/events';
import { buildLogRecord } from '@reborn/events/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const HOUR_MS = 60 * 60 * 1000;
const stream = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
const grant = buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: stream.tenantId } });
const scope = readScopeByGrant(stream.tenantId, grant, FAKE_START_MS);

const kind = fc.constantFrom('run_submitted' as const, 'run_completed' as const, 'run_failed' as const);
const record = fc.record({ kind, ageHours: fc.integer({ min: 0, max: 5 }) });
const rule: fc.Arbitrary<RetentionRule> = fc
  .record({
    kinds: fc.option(fc.constantFrom<string[]>(['run_submitted'], ['run_*ed'], ['run_failed', 'run_completed']), {
      nil: undefined,
    }),
    keepMs: fc.oneof(
      fc.constant('forever' as const),
      fc.integer({ min: 1, max: 4 }).map((hours) => hours * HOUR_MS),
    ),
  })
  .map(({ kinds, keepMs }) => ({ family: 'runtime', keepMs, ...(kinds === undefined ? {} : { kinds }) }));
const follower = fc.record({
  cursor: fc.nat(30),
  kinds: fc.option(fc.constantFrom<string[]>(['run_failed'], ['run_submitted']), { nil: undefined }),
});

describe('Retention', () => {
  test('takes what the rules let go, and nothing that a rule, a pin, a follower or a hold protects', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 30 }),
        fc.array(rule, { maxLength: 4 }),
        fc.array(fc.nat(30), { maxLength: 4 }),
        fc.array(follower, { maxLength: 3 }),
        fc.option(fc.nat(31), { nil: undefined }),
        async (records, rules, pins, followers, hold) => {
          const platform = createFakePlatform();
          const machines = [subscriptionMachine, pinMachine, retentionMachine, leaseMachine];
          const store = createInMemoryStore({ machines, ...platform });
          const log = createEventLog(store);
          const nowMs = FAKE_START_MS + 10 * HOUR_MS;
          await log.append(
            records.map((made, at) => buildLogRecord(made.kind, at + 1, { atMs: nowMs - made.ageHours * HOUR_MS })),
          );
          const pinned = new Set<number>();
          for (const pin of pins) {
            const outcome = await pinEvent(store, {
              stream,
              cursor: cursorSchema.parse(pin + 1),
              by: { kind: 'host' },
            });
            if (outcome.kind === 'pinned') pinned.add(pin + 1);
          }
          const standing = followers.map(({ cursor, ...rest }) => ({
            cursor: Math.min(cursor, records.length),
            ...rest,
          }));
          for (const [at, { cursor, kinds }] of standing.entries()) {
            const filter: StreamFilter = kinds === undefined ? {} : { kinds };
            const command = { trigger: 'open', cursor, stream, filter } as never;
            const key = subscriptionKey(stream, `follower-${at}`);
            await store.commit([{ kind: 'transition', machine: 'subscription', key, command }]);
          }
          const needs = (cursor: number, ofKind: string) =>
            standing.some((one) => cursor > one.cursor && (one.kinds?.includes(ofKind) ?? true));
          const firstNeeded = records.findIndex((made, at) => needs(at + 1, made.kind)) + 1 || Number.POSITIVE_INFINITY;
          const keptFrom = Math.min(firstNeeded, hold === undefined ? Number.POSITIVE_INFINITY : hold + 1);
          const protects = (cursor: number) => pinned.has(cursor) || cursor >= keptFrom;
          const isOver = ({ kind: ofKind, ageHours }: (typeof records)[number]) => {
            const first = rules.find(({ kinds }) => kinds?.some((one) => one === ofKind || one === 'run_*ed') ?? true);
            return first !== undefined && first.keepMs !== 'forever' && ageHours * HOUR_MS >= first.keepMs;
          };
          const holds =
            hold === undefined ? [] : [{ name: 'hold', needsFrom: async () => cursorSchema.parse(hold + 1) }];
          const request = {
            store,
            rules,
            nowMs,
            holds,
            ids: platform.ids,
            by: { kind: 'host' },
            streams: [stream],
          } as const;
          const reports = [];
          for await (const report of applyRetention(request)) reports.push(report);
          const expected = records.flatMap((made, at) => (isOver(made) && !protects(at + 1) ? [] : [at + 1]));
          const page = await store.readStream({ stream, after: 0, limit: 100 });
          expect(page.records.map(({ cursor }) => cursor)).toEqual(expected);
          expect(reports.every(({ done }) => done)).toBe(true);
          expect(await log.verify({ family: 'runtime', scope })).toMatchObject({
            kind: 'intact',
            head: records.length,
          });
          for await (const report of applyRetention(request)) expect(report).toBe('nothing left to do');
        },
      ),
      { numRuns: 200 },
    );
  });
});
