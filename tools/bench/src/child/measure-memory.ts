/** Memory in a process of its own, where nothing else has left any. */
import { setImmediate } from 'node:timers/promises';
import { createEventLog, ORIGIN } from '@reborn/events';
import { parseTenantId, type DurableStore } from '@reborn/host-api';
import { z } from 'zod';
import { createRequests, grantsOfTenants, openDoor, openDoorStore } from '../host-runtime/door.ts';
import { complete } from '../host-runtime/governed-calls.ts';
import { openSqlite, SCOPE_OF_ALL } from '../events/store-side.ts';
import { createDrafts } from '../events/supply.ts';

export const memoryTaskSchema = z.strictObject({
  kind: z.literal('memory'),
  what: z.enum(['replay_by_pages', 'replay_by_tail', 'idle_tenants', 'calls_of_many_tenants', 'calls_of_one_tenant']),
  file: z.string(),
  /** Events there are to replay, tenants there are to be, or calls to be made. */
  count: z.int().positive(),
});
export type MemoryTask = z.infer<typeof memoryTaskSchema>;

/** Units: bytes; events, tenants or calls in all, so that nobody measures an empty log. */
export const memoryAnswerSchema = z.strictObject({ grownBytes: z.number(), count: z.int() });

const PAGE = 1000;
/** Events between two looks at the memory. */
const LOOK_EVERY = 5000;
const TENANTS_A_UNIT = 250;
const WARM_CALLS = 1000;

export async function measureMemory(task: MemoryTask): Promise<void> {
  const store = await (task.what.startsWith('calls_') ? openDoorStore : openSqlite)(task.file);
  const answer = await measureWhat(task, store);
  await store.close();
  process.send?.(answer);
  process.disconnect();
}

async function measureWhat(task: MemoryTask, store: DurableStore): Promise<z.infer<typeof memoryAnswerSchema>> {
  switch (task.what) {
    case 'replay_by_pages':
      return await watched(pages(store));
    case 'replay_by_tail':
      return await watched(tail(store, task.count));
    case 'idle_tenants':
      return await idleTenants(task.count, (from, to) => appendToTenants(store, from, to));
    case 'calls_of_many_tenants':
      return await idleTenants(task.count, callsOfTenants(store, task.count));
    case 'calls_of_one_tenant':
      return await idleTenants(task.count, callsOfTenants(store, 1));
  }
}

/** The most that the process grew by while it went through everything. */
async function watched(counts: AsyncIterable<number>): Promise<z.infer<typeof memoryAnswerSchema>> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  let count = 0;
  for await (const more of counts) {
    count += more;
    if (count % LOOK_EVERY === 0) most = Math.max(most, process.memoryUsage.rss());
  }
  return { grownBytes: most - before, count };
}

async function* pages(store: DurableStore): AsyncGenerator<number> {
  const log = createEventLog(store);
  for (let after = ORIGIN; ;) {
    const page = await log.read({ family: 'journal', scope: SCOPE_OF_ALL, after, limit: PAGE });
    if (page.kind !== 'page') throw new Error('The log ends before its own cursor');
    yield page.entries.length;
    if (page.next >= page.head) return;
    after = page.next;
  }
}

async function* tail(store: DurableStore, count: number): AsyncGenerator<number> {
  const control = new AbortController();
  let seen = 0;
  const following = createEventLog(store).tail({ family: 'journal', scope: SCOPE_OF_ALL, signal: control.signal });
  for await (const entry of following) {
    yield entry.known ? 1 : 0;
    if ((seen += 1) === count) return;
  }
}

/** What each tenant leaves in memory after it did something once. */
async function idleTenants(
  count: number,
  use: (from: number, to: number) => Promise<void>,
): Promise<z.infer<typeof memoryAnswerSchema>> {
  await use(0, 1);
  await settle();
  const before = process.memoryUsage.rss();
  for (let from = 1; from < count; from += TENANTS_A_UNIT) await use(from, Math.min(count, from + TENANTS_A_UNIT));
  await settle();
  return { grownBytes: process.memoryUsage.rss() - before, count };
}

const makeDraft = createDrafts(512, 7);

async function appendToTenants(store: DurableStore, from: number, to: number): Promise<void> {
  const writes = [];
  for (let tenant = from; tenant < to; tenant += 1) {
    const stream = { family: 'journal', tenantId: parseTenantId(`tenant-${tenant}`) } as const;
    writes.push({ kind: 'append', stream, records: [makeDraft()] } as const);
  }
  await store.commit(writes);
}

/** Governed calls, in turns of that many tenants; many by the first, so that the process has its working size. */
function callsOfTenants(store: DurableStore, tenants: number): (from: number, to: number) => Promise<void> {
  const { runtime } = openDoor(store, grantsOfTenants(tenants));
  let tenant = 0;
  const make = createRequests('notes.write', 512, 8, () => tenant);
  return async (from, to) => {
    const warming = from === 0 ? WARM_CALLS : 0;
    for (let call = 0; call < warming; call += 1) await complete(runtime, make());
    const calls = [];
    for (let call = from; call < to; call += 1) {
      tenant = call % tenants;
      calls.push(complete(runtime, make()));
    }
    await Promise.all(calls);
  };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc?.();
    await setImmediate();
  }
}
