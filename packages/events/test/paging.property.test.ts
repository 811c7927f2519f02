import { createInMemoryStore, parseCorrelationId } from '@reborn/host-api';
import { buildScope, createFakePlatform, FAKE_START_MS, fixedUuid } from '@reborn/host-api/testkit';
import { createEventLog, readScopeFor, type EventLog, type LogEntry } from '@reborn/events';
import { buildLogRecord } from '@reborn/events/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const scope = readScopeFor(buildScope());
const correlationId = parseCorrelationId(fixedUuid(77));
const owners = [buildScope(), buildScope({ userId: 'bob' }), buildScope({ agentId: undefined })];
const made = fc.record({
  kind: fc.constantFrom('run_submitted' as const, 'run_failed' as const, 'call_denied' as const),
  owner: fc.nat(2),
  atMs: fc.integer({ min: 0, max: 20 }),
});

describe('Pages', () => {
  test('neither repeat nor skip while others append, in both directions and over all families', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(made, { maxLength: 25 }),
        fc.array(fc.array(made, { maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('oldest' as const, 'newest' as const),
        async (before, between, limit, order) => {
          const platform = createFakePlatform();
          const log = createEventLog(createInMemoryStore({ machines: [], ...platform }));
          const append = appender(log);
          await append(before);
          const turns = [...between];
          const next = () => append(turns.shift() ?? []);
          const about = { family: 'runtime', scope, kinds: ['run_*'], order } as const;
          const { entries: all } = await log.query({ ...about, limit: 1000 });
          expect(await collect((page) => log.query({ ...about, limit, ...page }), next)).toEqual(all);
          const { entries: whole } = await log.trace({ scope, correlationId, limit: 1000 });
          expect(await collect((page) => log.trace({ scope, correlationId, limit, ...page }), next)).toEqual(whole);
        },
      ),
      { numRuns: 150 },
    );
  });
});

function appender(log: EventLog) {
  let number = 0;
  return async (
    records: readonly { kind: 'run_submitted' | 'run_failed' | 'call_denied'; owner: number; atMs: number }[],
  ) => {
    for (const { kind, owner, atMs } of records) {
      number += 1;
      const about = { scope: owners[owner] ?? buildScope(), correlationId, atMs: FAKE_START_MS + atMs };
      await log.append([buildLogRecord(kind, number, about)]);
    }
  };
}

async function collect(
  ask: (page: { readonly page?: string }) => Promise<{ readonly entries: readonly LogEntry[]; readonly page?: string }>,
  next: () => Promise<void>,
): Promise<readonly LogEntry[]> {
  const found: LogEntry[] = [];
  let page: string | undefined;
  do {
    const answer = await ask(page === undefined ? {} : { page });
    found.push(...answer.entries);
    page = answer.page;
    await next();
  } while (page !== undefined);
  return found;
}
