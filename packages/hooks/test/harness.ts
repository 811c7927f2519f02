/** A store, a machine and a dispatcher in the hands of a test. */
import {
  createInMemoryStore,
  leaseMachine,
  type DurableStore,
  type ExecutionContext,
  type RecordReader,
} from '@reborn/host-api';
import { subscriptionMachine, toAppends } from '@reborn/events';
import { buildContext, createFakePlatform, fixedUuid, type FakePlatform } from '@reborn/host-api/testkit';
import { createHookDispatcher, createHookRegistry, hookPoisonMachine } from '../src/index.ts';
import type { GateBody, GateHookSpec, HookDispatcher, HookInstallation, HookJudgement } from '../src/index.ts';
import { buildInstallation } from '../src/testkit/index.ts';

export interface DispatchHarness {
  readonly platform: FakePlatform;
  readonly store: DurableStore;
  readonly dispatcher: HookDispatcher;
}

export function createStore(platform: FakePlatform): DurableStore {
  const machines = [hookPoisonMachine, subscriptionMachine, leaseMachine];
  return createInMemoryStore({ machines, clock: platform.clock, timers: platform.timers });
}

/** A host that judges with these hooks; with `store` and `platform` it is a rebuilt one. */
export function createHarness(
  hooks: readonly HookInstallation[],
  parts: { readonly platform?: FakePlatform; readonly store?: DurableStore; readonly reader?: RecordReader } = {},
): DispatchHarness {
  const platform = parts.platform ?? createFakePlatform();
  const store = parts.store ?? createStore(platform);
  const registry = createHookRegistry({ hooks, digest: platform.digest });
  const { clock, timers, ids, digest, diagnostics } = platform;
  const reader = parts.reader ?? store;
  const dispatcher = createHookDispatcher({ registry, store: reader, clock, timers, ids, digest, diagnostics });
  return { platform, store, dispatcher };
}

/** One gate of the trusted package `rules`. */
export function gate(id: string, body: GateBody, changes: Partial<GateHookSpec> = {}): HookInstallation {
  return buildInstallation({ point: 'before_capability', id, version: 1, body, ...changes });
}

export function inRun(run: number): ExecutionContext {
  const lease = { key: `lease:run-${run}`, holder: 'worker', fence: 1 };
  return buildContext({ run: { runId: fixedUuid(1000 + run), lease } });
}

/** Does what the door does with a judgement: makes it durable. */
export async function commit(store: DurableStore, judgement: HookJudgement): Promise<void> {
  const writes = [...judgement.writes, ...toAppends(judgement.records)];
  if (writes.length === 0) return;
  const outcome = await store.commit(writes);
  if (outcome.kind !== 'committed') throw new Error(`refused: ${outcome.reason}`);
}

/** Lets everything run that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
