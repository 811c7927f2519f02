/** P11: what those cost who do nothing: idle subscriptions and idle tenants. */
import { setTimeout } from 'node:timers/promises';
import { createConsumer, type Consumer } from '@reborn/events';
import { parseTenantId, type DurableStore, type StreamKey } from '@reborn/host-api';
import { alternate } from '../measure/alternate.ts';
import { borrowed, P50_US, repeat, type Side } from '../measure/block.ts';
import { askChild } from '../measure/child-process.ts';
import { compare, measured, type Row } from '../measure/row.ts';
import { memoryAnswerSchema } from '../child/measure-memory.ts';
import { scaled, type Context, type Group } from '../measure/context.ts';
import { logAppends, OPENING, openSqlite } from './store-side.ts';
import { Supply } from '../measure/supply.ts';
import { createDrafts, createLogRecords } from './supply.ts';

const FEW_SUBSCRIPTIONS = 10;
const MANY = 10_000;
/** Everybody gets through the first look before the first measurement. Units: milliseconds. */
const STARTED_MS = 60_000;
/** Units: milliseconds. */
const IDLE_MS = 5000;
const TENANT_BYTES_MAX = 4096;

export const idle: Group = {
  id: 'P11.idle',
  async run(context) {
    return [...(await subscriptions(context)), ...(await tenants(context))];
  },
};

async function subscriptions(context: Context): Promise<readonly Row[]> {
  const { plan, folder, say } = context;
  const few = await openSqlite(folder.file('few.db'));
  const many = await openSqlite(folder.file('many.db'));
  const count = scaled(context, MANY);
  say(`  starting ${count} followers`);
  const followers = [...(await follow(few, FEW_SUBSCRIPTIONS)), ...(await follow(many, count))];
  const busyMs = await idleCpuMs(plan.mode === 'full' ? IDLE_MS : 200);
  const series = await alternate(
    [logAppends('few', few, createLogRecords(21)), logAppends('many', many, createLogRecords(22))].map(borrowed),
    plan,
  );
  await Promise.all(followers.map((follower) => follower.stop()));
  await Promise.all([few.close(), many.close()]);
  return [
    compare(series, plan, {
      id: 'P11.append-subscriptions',
      name: `append with ${count} ÷ with ${FEW_SUBSCRIPTIONS} idle subscriptions, p50`,
      subject: 'many',
      baseline: 'few',
      metric: P50_US,
      goal: 1.1,
    }),
    measured(
      plan,
      {
        id: 'P11.cpu-subscriptions',
        name: `processor that ${count} idle subscriptions take, % of a core`,
        goal: 2,
        better: 'lower',
      },
      busyMs,
      '% of a core',
    ),
  ];
}

/** Followers of streams of their own, to which nobody writes. */
async function follow(store: DurableStore, count: number): Promise<readonly Consumer[]> {
  const followers = Array.from({ length: count }, (_, at) =>
    createConsumer({
      store,
      clock: OPENING.clock,
      timers: OPENING.timers,
      name: 'idle',
      holder: 'bench',
      stream: tenantStream(at),
      from: 'head',
      handle: async () => [],
      onFailure: () => [],
    }),
  );
  for (const follower of followers) await follower.drain(STARTED_MS);
  for (const follower of followers) follower.start();
  return followers;
}

/** Shares of a core that the process uses while nothing happens, one a second. */
async function idleCpuMs(forMs: number): Promise<readonly number[]> {
  await setTimeout(forMs);
  const shares: number[] = [];
  const partMs = forMs / 5;
  for (let part = 0; part < 5; part += 1) {
    const before = process.cpuUsage();
    const start = performance.now();
    await setTimeout(partMs);
    const { user, system } = process.cpuUsage(before);
    shares.push((user + system) / 10 / (performance.now() - start));
  }
  return shares;
}

async function tenants(context: Context): Promise<readonly Row[]> {
  const { plan, folder } = context;
  const count = scaled(context, MANY);
  const one = await openSqlite(folder.file('one.db'));
  const many = await openSqlite(folder.file('tenants.db'));
  await touchAll(many, count);
  const series = await alternate([toTenants('one', one, 1), toTenants('many', many, count)], plan);
  const memory = memoryAnswerSchema.parse(
    await askChild({ kind: 'memory', what: 'idle_tenants', file: folder.file('memory.db'), count }),
  );
  return [
    compare(series, plan, {
      id: 'P11.append-tenants',
      name: `append to one of ${count} tenants ÷ to the only one, p50`,
      subject: 'many',
      baseline: 'one',
      metric: P50_US,
      goal: 1.3,
    }),
    measured(
      plan,
      {
        id: 'P11.memory-tenants',
        name: `memory of the process for each of ${count} tenants that were written to once, bytes`,
        goal: TENANT_BYTES_MAX,
        better: 'lower',
      },
      [Math.max(0, memory.grownBytes) / memory.count],
      'bytes a tenant',
    ),
  ];
}

function toTenants(name: string, store: DurableStore, count: number): Side {
  const supply = new Supply(createDrafts(512, 23));
  let at = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 8),
    work(minMs) {
      return repeat(minMs, () => {
        at = (at + 7919) % count;
        return store.commit([{ kind: 'append', stream: tenantStream(at), records: [supply.next()] }]);
      });
    },
    close: () => store.close(),
  };
}

async function touchAll(store: DurableStore, count: number): Promise<void> {
  const make = createDrafts(512, 24);
  const all = Array.from({ length: count }, (_, at) => at);
  await Promise.all(all.map((at) => store.commit([{ kind: 'append', stream: tenantStream(at), records: [make()] }])));
}

function tenantStream(at: number): StreamKey {
  return { family: 'journal', tenantId: parseTenantId(`tenant-${at}`) };
}
