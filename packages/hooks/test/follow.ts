/** A follower of one recording hook in the hands of a test, its log and its journal. */
import { parseEventId, parseTenantId, type DurableStore, type JsonObject, type ResourceScope } from '@reborn/host-api';
import { createEventLog, type RuntimeEvent } from '@reborn/events';
import { buildScope, createFakePlatform, fixedUuid, type FakePlatform } from '@reborn/host-api/testkit';
import { createEventHookFollower, createHookRegistry, type EventHookPin } from '../src/index.ts';
import { buildInstallation, type RecordingEventHook } from '../src/testkit/index.ts';
import { createStore, settle } from './harness.ts';

export const THREAD: EventHookPin = { kind: 'thread', scope: buildScope() };

let events = 0;
export function runCompleted(scope: ResourceScope = buildScope()): Extract<RuntimeEvent, { kind: 'run_completed' }> {
  events += 1;
  return { kind: 'run_completed', eventId: parseEventId(fixedUuid(5000 + events)), atMs: 1, scope };
}

interface Parts {
  readonly platform?: FakePlatform;
  readonly store?: DurableStore;
  readonly pin?: EventHookPin;
  readonly from?: 'origin' | 'head';
}

/** One follower of one recording hook; with `store` and `platform` it is the one of a restarted host. */
export function follow(recorder: RecordingEventHook, parts: Parts = {}) {
  const platform = parts.platform ?? createFakePlatform();
  const store = parts.store ?? createStore(platform);
  const registry = createHookRegistry({ hooks: [buildInstallation(recorder.hook)], digest: platform.digest });
  const [hook] = registry.eventHooks;
  if (hook === undefined) throw new Error('the recorder is registered');
  const { clock, timers, digest, diagnostics } = platform;
  const from = parts.from === undefined ? {} : { from: parts.from };
  const pin = parts.pin ?? THREAD;
  const consumer = createEventHookFollower({
    hook,
    pin,
    store,
    clock,
    timers,
    digest,
    diagnostics,
    holder: 'host',
    ...from,
  });
  return { platform, store, consumer, log: createEventLog(store), hook };
}

/** Drains while time passes, so that pauses between attempts end. */
export async function drain(
  { consumer, platform }: Pick<ReturnType<typeof follow>, 'consumer' | 'platform'>,
  forMs = 60_000,
) {
  const drained = consumer.drain(forMs);
  const progress = { over: false };
  const end = () => void (progress.over = true);
  drained.then(end, end);
  for (let steps = 0; !progress.over && steps < 2000; steps += 1) {
    await settle();
    if (!progress.over) platform.advance(100);
  }
  return drained;
}

export async function journal(store: DurableStore): Promise<readonly JsonObject[]> {
  const stream = { family: 'journal', tenantId: parseTenantId('acme') } as const;
  return (await store.readStream({ stream, after: 0, limit: 100 })).records.map((record) => record.body);
}
