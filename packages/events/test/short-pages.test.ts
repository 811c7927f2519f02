import {
  createInMemoryStore,
  leaseMachine,
  parseCapabilityId,
  parseTenantId,
  type DurableStore,
} from '@reborn/host-api';
import {
  buildGrant,
  buildScope,
  createFakePlatform,
  createRecordingStore,
  FAKE_START_MS,
  fixedUuid,
  withShortPages,
} from '@reborn/host-api/testkit';
import { buildLogRecord } from '@reborn/events/testkit';
import { expect, test } from 'vitest';
import {
  applyRetention,
  createConsumer,
  createEventLog,
  createRunProjection,
  exportStream,
  LOG_READ_CAPABILITY,
  readScopeByGrant,
  readScopeFor,
  type Cursor,
  type LogEntry,
  type RetentionReport,
} from '../src/index.ts';
import { pinMachine } from '../src/retention/pin.ts';
import { retentionMachine } from '../src/retention/retention-guard.ts';
import { subscriptionMachine } from '../src/subscription/subscription.ts';

const tenantId = parseTenantId('acme');
const capability = parseCapabilityId(LOG_READ_CAPABILITY);
const grant = buildGrant({ capability, grantee: { kind: 'tenant', id: tenantId } });
const whole = readScopeByGrant(tenantId, grant, FAKE_START_MS);
const agentless = readScopeFor(buildScope({ agentId: undefined }));
const correlationId = fixedUuid(7) as never;
const LIMIT = 5;

/** Records of two families and of somebody with and without an agent. */
async function filled(count = 40): Promise<DurableStore> {
  const platform = createFakePlatform();
  const machines = [leaseMachine, pinMachine, retentionMachine, subscriptionMachine];
  const store = createInMemoryStore({ machines, ...platform });
  const records = Array.from({ length: count }, (_, at) => {
    const scope = buildScope({ agentId: at % 3 === 0 ? undefined : 'agent' });
    const about = { scope, correlationId, atMs: FAKE_START_MS + ((at * 7) % 11) };
    return buildLogRecord(at % 4 === 0 ? 'hook_note' : 'run_submitted', at + 1, about);
  });
  await createEventLog(store).append(records);
  return store;
}

/** The same store, whole and with room for one, two and three records in a page. */
const views = (store: DurableStore) => [store, ...[1, 2, 3].map((most) => withShortPages(store, most))];

async function allPages(ask: (page: string | undefined) => Promise<{ entries: readonly LogEntry[]; page?: string }>) {
  const found: LogEntry[] = [];
  for (let page: string | undefined, first = true; first || page !== undefined; first = false) {
    const answer = await ask(page);
    found.push(...answer.entries);
    page = answer.page;
  }
  return found;
}

async function readAll(store: DurableStore, scope: typeof whole): Promise<readonly LogEntry[]> {
  const log = createEventLog(store);
  const found: LogEntry[] = [];
  for (let after = 0 as Cursor; ;) {
    const outcome = await log.read({ family: 'runtime', scope, after, limit: LIMIT });
    if (outcome.kind !== 'page') throw new Error(outcome.kind);
    found.push(...outcome.entries);
    after = outcome.next;
    if (after === outcome.head) return found;
  }
}

test('what a log answers page by page does not depend on how much a page of its store holds', async () => {
  const store = await filled();
  for (const scope of [whole, agentless]) {
    const answers = await Promise.all(
      views(store).map(async (view) => {
        const log = createEventLog(view);
        const page = (token: string | undefined) => (token === undefined ? {} : { page: token });
        const query = (order: 'oldest' | 'newest') =>
          allPages((token) => log.query({ family: 'runtime', scope, order, limit: LIMIT, ...page(token) }));
        const trace = await allPages((token) => log.trace({ scope, correlationId, limit: LIMIT, ...page(token) }));
        const seen: LogEntry[] = [];
        const stop = new AbortController();
        const history = await readAll(view, scope);
        for await (const entry of log.tail({ family: 'runtime', scope, signal: stop.signal })) {
          seen.push(entry);
          if (seen.length === history.length) stop.abort();
        }
        const folded = await createRunProjection({ log, digest: createFakePlatform().digest }).snapshot({ scope });
        return { oldest: await query('oldest'), newest: await query('newest'), trace, history, seen, folded };
      }),
    );
    expect(answers[0]?.history.length).toBeGreaterThan(LIMIT);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  }
});

test('followers, retention, verifying and exporting go through the whole stream over a store with short pages', async () => {
  for (const most of [1, 2]) {
    const store = withShortPages(await filled(), most);
    const { clock, timers, ids } = createFakePlatform();
    const stream = { family: 'runtime', tenantId } as const;
    const delivered: number[] = [];
    const consumer = createConsumer({
      store,
      clock,
      timers,
      name: 'reader',
      stream,
      holder: 'host-1',
      from: 'origin',
      admits: ({ cursor }) => cursor % 10 === 0,
      handle: async ({ record }) => {
        delivered.push(record.cursor);
        return [];
      },
      onFailure: () => [],
    });
    expect([await consumer.drain(60_000), delivered]).toEqual(['caught_up', [10, 20, 30]]);

    let lines = 0;
    for await (const _ of exportStream(store, { family: 'runtime', scope: whole })) lines += 1;
    expect(lines).toBe(32);
    const outcome = await createEventLog(store).verify({ family: 'runtime', scope: whole });
    expect(outcome).toEqual({ kind: 'intact', first: 1, head: 30, records: 30, removed: 0 });

    const nowMs = FAKE_START_MS + 2 * 60 * 60 * 1000;
    const rules = [{ family: 'runtime', keepMs: 60 * 60 * 1000 }] as const;
    const by = { kind: 'host' } as const;
    const reports: RetentionReport[] = [];
    const request = { store, rules, nowMs, holds: [], streams: [stream], ids, by };
    for await (const report of applyRetention(request)) reports.push(report);
    expect(reports).toEqual([{ stream, cutThrough: 30, cut: 30, removed: 0, done: true }]);
  }
});

test('an owner whose records lie far apart costs few looks, however small the pages that are asked for', async () => {
  const platform = createFakePlatform();
  const store = createRecordingStore(createInMemoryStore({ machines: [], ...platform }));
  const log = createEventLog(store);
  const others = Array.from({ length: 900 }, (_, at) => buildLogRecord('run_submitted', at + 1));
  await log.append(others);
  await log.append([buildLogRecord('run_submitted', 901, { scope: buildScope({ agentId: undefined }) })]);
  const before = store.calls.length;
  const page = await log.query({ family: 'runtime', scope: agentless, order: 'oldest', limit: 1 });
  expect(page.entries.map(({ cursor }) => cursor)).toEqual([901]);
  expect(store.calls.length - before).toBeLessThan(12);
});
