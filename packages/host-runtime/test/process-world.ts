/** A store, a clock that is moved by hand, and as many process desks on it as a test wants, with work by script. */
import {
  leaseMachine,
  parseCapabilityId,
  parseCorrelationId,
  parseEventId,
  parseExtensionId,
  parseInvocationId,
  parseTenantId,
  workItemMachine,
  type DurableStore,
  type JsonObject,
  type ProcessId,
  type ResourceScope,
  type Write,
} from '@reborn/host-api';
import { toAppends } from '@reborn/events';
import { buildScope, createFakePlatform, fixedUuid, wrapCalls } from '@reborn/host-api/testkit';
import { onTestFinished } from 'vitest';
import type { ProcessResult } from '../src/process/process.ts';
import { createProcessDesk, type ProcessDesk, type ProcessDeskOptions } from '../src/process/process-desk.ts';
import type { LostProcess } from '../src/process/recover-lost.ts';
import type { ProcessEnding, ProcessTerms, ProcessWork } from '../src/process/running-process.ts';
import { openStore, type Backend } from './open-store.ts';

export const LEASE_MS = 30_000;
export const PROCESS_MACHINES = [leaseMachine, workItemMachine];

/** What the work of a test comes to unless the test says otherwise. */
export const completed: ProcessResult = { kind: 'completed', output: { done: true }, outputBytes: 13 };

export type ProcessWorld = Awaited<ReturnType<typeof createProcessWorld>>;

/** Work that ends when the test says so. */
export interface ScriptedWork extends ProcessWork {
  /** How often it was begun. */
  readonly executions: number;
  readonly terms: ProcessTerms;
  /** What it was asked to write at its end. Order: as asked. */
  readonly endings: readonly ProcessEnding[];
  finish(result?: ProcessResult): void;
  break(error: unknown): void;
}

/** The same words about each process; the tests are not about them. */
export const about = {
  capabilityId: parseCapabilityId('notes.watch'),
  provider: parseExtensionId('notes'),
  lane: 'in_process',
  invocationId: parseInvocationId(fixedUuid(1)),
  correlationId: parseCorrelationId(fixedUuid(2)),
} as const;

/** The effect that begins each of them. */
export const EFFECT_KEY = 'spawn|1';

export async function createProcessWorld(backend: Backend = 'memory') {
  const platform = createFakePlatform();
  const { clock, ids, timers, diagnostics } = platform;
  const opened = await openStore(backend, PROCESS_MACHINES, clock);
  onTestFinished(() => opened.close());
  let underWay = 0;
  const store = wrapCalls(opened, async (_on, _args, work) => {
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
    }
  });

  return { platform, store, desk, begin, begun, lostWrites, settled, tick, advance, row, leaseStatus, endRecords };

  /** A host. Its timers are its own where the options say so: one that is stopped hears nothing of time. */
  function desk(holder: string, options: Partial<ProcessDeskOptions> = {}): ProcessDesk {
    return createProcessDesk({ store, clock, timers, ids, diagnostics, holder, leaseMs: LEASE_MS, ...options });
  }

  /** Begins a process as the door does. */
  async function begin(
    host: ProcessDesk,
    { scope = buildScope(), work = scriptedWork(scope), through = store }: Partial<Beginning> = {},
  ): Promise<{ readonly processId: ProcessId; readonly work: ScriptedWork }> {
    const { processId } = await begun(host, { scope, through });
    host.run(processId, work);
    await tick();
    return { processId, work };
  }

  /** As `begin`, and nobody carries it on. */
  async function begun(host: ProcessDesk, { scope = buildScope(), through = store }: Partial<Beginning> = {}) {
    const admission = host.admit({ ...about, scope, effectKey: EFFECT_KEY, attempt: 1 });
    if (admission.kind === 'refused') throw new Error(`refused: ${admission.reason}`);
    const outcome = await through.commit(admission.writes);
    if (outcome.kind === 'conflict') throw new Error(`refused: ${outcome.reason}`);
    return admission;
  }

  function scriptedWork(scope: ResourceScope): ScriptedWork {
    const endings: ProcessEnding[] = [];
    let executions = 0;
    let terms: ProcessTerms | undefined;
    let settle: { resolve(result: ProcessResult): void; reject(error: unknown): void } | undefined;
    return {
      endings,
      get executions() {
        return executions;
      },
      get terms() {
        if (terms === undefined) throw new Error('not begun');
        return terms;
      },
      execute: (given) => {
        executions += 1;
        terms = given;
        return new Promise((resolve, reject) => {
          settle = { resolve, reject };
        });
      },
      ending: (result, how) => {
        endings.push(how);
        return endedRecord(scope, how.status, result.kind === 'completed' ? 'happened' : result.effect);
      },
      finish: (result = completed) => settle?.resolve(result),
      break: (error) => settle?.reject(error),
    };
  }

  async function lostWrites(lost: LostProcess): Promise<readonly Write[]> {
    return endedRecord(lost.scope, 'lost', lost.result.effect);
  }

  function endedRecord(
    scope: ResourceScope,
    outcome: 'completed' | 'failed' | 'cancelled' | 'lost',
    effect: 'none' | 'happened' | 'uncertain',
  ): readonly Write[] {
    const { lane: _, ...said } = about;
    const eventId = parseEventId(ids.uuid());
    const processId = fixedUuid(9) as ProcessId;
    return toAppends([
      { eventId, atMs: clock.nowMs(), scope, ...said, kind: 'process_ended', processId, outcome, effect },
    ]);
  }

  /** Lets time pass until the promise is settled. */
  async function settled<T>(promise: Promise<T>, stepMs = 100): Promise<T> {
    const isOver = watch(promise);
    for (let steps = 0; !isOver() && steps < 5000; steps += 1) {
      await tick();
      if (!isOver()) platform.advance(stepMs);
    }
    return promise;
  }

  /** Everything that is ready to happen without time passing has happened, also in the store. */
  async function tick(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet = underWay === 0 ? quiet + 1 : 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Time passes in steps, and what happens in each has happened before the next. */
  async function advance(ms: number, stepMs = 1_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      platform.advance(Math.min(stepMs, ms - passed));
      await tick();
    }
  }

  async function leaseStatus(processId: ProcessId): Promise<unknown> {
    const item = await row(processId);
    return (await store.get(leaseMachine.name, String(item?.['leaseKey'])))?.['status'];
  }

  async function row(processId: ProcessId): Promise<JsonObject | undefined> {
    return store.get(workItemMachine.name, processId);
  }

  /** How the processes of a tenant ended, says its log. */
  async function endRecords(tenant = 'acme'): Promise<readonly unknown[]> {
    const stream = { family: 'runtime', tenantId: parseTenantId(tenant) } as const;
    const page = await store.readStream({ stream, after: 0, limit: 1000 });
    return page.records.map(({ body }) => body['outcome']);
  }
}

/** Tells whether a promise is settled. */
function watch(promise: Promise<unknown>): () => boolean {
  let isOver = false;
  const end = (): void => void (isOver = true);
  promise.then(end, end);
  return () => isOver;
}

interface Beginning {
  readonly scope: ResourceScope;
  readonly work: ScriptedWork;
  /** The store as the host sees it. */
  readonly through: DurableStore;
}
