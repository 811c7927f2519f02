/** A host in memory that has everything a door may stand before: secrets, budgets and processes; its authority by script. */
import { createInMemoryStore, parseSecretHandle, type DurableStore, type ProcessId } from '@reborn/host-api';
import { buildScope, createFakeCipher, createFakePlatform } from '@reborn/host-api/testkit';
import {
  createBudgets,
  createProcessDesk,
  createStoredSecrets,
  SecretValue,
  type BudgetLimit,
  type CapabilityHandler,
  type HandlerCall,
  type HostRuntimeOptions,
} from '@reborn/host-runtime';
import { createLatch, scriptedAuthority, type ScriptedVerdict } from '@reborn/host-runtime/testkit';
import { expect } from 'vitest';
import { alice, createWorld, HOST_DOOR_MACHINES, tick } from './support.ts';

export const TOKEN = 'correct-horse-battery';
export const tokenHandle = parseSecretHandle('notes_token');

export type FacadeBench = ReturnType<typeof createFacadeBench>;

/** `faulty`: what stands between the store and everything that works on it. */
export interface BenchOptions {
  readonly limits?: readonly BudgetLimit[];
  readonly faulty?: (store: DurableStore, platform: ReturnType<typeof createFakePlatform>) => DurableStore;
}

export function createFacadeBench({ limits = [], faulty = (store) => store }: BenchOptions = {}) {
  const platform = createFakePlatform();
  const { clock, ids, timers } = platform;
  const kept = createInMemoryStore({ machines: HOST_DOOR_MACHINES, clock, timers });
  const store = faulty(kept, platform);
  const world = createWorld(platform, store);
  const secrets = createStoredSecrets({ store: kept, clock, ids, cipher: createFakeCipher() });
  const budgets = createBudgets({ store, clock, limits });
  const processes = createProcessDesk({ store, clock, timers, ids, holder: 'host:1' });
  const scope = buildScope();

  return { ...world, world, scope, secrets, budgets, processes, open, putToken, ended };

  /** A door behind which `script` decides, and everything is allowed beyond it. */
  function open(
    capabilities: readonly CapabilityHandler[],
    options: Partial<HostRuntimeOptions> = {},
    script: readonly ScriptedVerdict[] = [],
    otherwise: ScriptedVerdict = { verdict: 'allow' },
  ) {
    const authority = scriptedAuthority(script, otherwise);
    return world.open(capabilities, { ...authority, secrets, budgets, processes, ...options });
  }

  function putToken(): Promise<void> {
    return secrets.put({ owner: scope, handle: tokenHandle, by: alice as never }, new SecretValue(TOKEN));
  }

  /** Waits for the end of a process, and shows it. */
  async function ended(processId: ProcessId) {
    await world.settled(processes.await(scope, processId, { timeoutMs: 60_000 }));
    return processes.status(scope, processId);
  }
}

/** Work that goes on until it is told to stop, and then says that it has stopped. */
export function untilStopped(effect: 'none' | 'happened' = 'none') {
  const latch = createLatch();
  const run = ({ signal }: HandlerCall): Promise<unknown> => {
    latch.arrive();
    return new Promise((resolve) => {
      const answer = { kind: 'failed', code: 'stopped', message: 'Stopped.', effect };
      signal.addEventListener('abort', () => resolve(answer));
    });
  };
  return { run, begun: latch.arrived };
}

/** What a door or a capability came to, as its caller can read it. */
export async function told(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    (outcome) => JSON.stringify(outcome),
    (error: unknown) => `${JSON.stringify(error)} ${String(error)}`,
  );
}

export async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 1000; looks += 1) {
    if (isSo()) return;
    await tick();
  }
  expect.fail('it never came to that');
}
