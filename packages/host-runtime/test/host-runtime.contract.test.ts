import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@reborn/adapter-sqlite';
import {
  createHostTrustPolicy,
  createInMemoryStore,
  isJsonObject,
  parseExtensionId,
  parseSecretHandle,
  type DurableStore,
  type JsonValue,
} from '@reborn/host-api';
import {
  buildContext,
  buildGrant,
  buildScope,
  createFakeCipher,
  createFakePlatform,
  createFaultyStore,
  fixedUuid,
} from '@reborn/host-api/testkit';
import {
  createBudgets,
  createProcessDesk,
  createStoredSecrets,
  HostRuntimeError,
  type HostRuntime,
  type HostRuntimeOptions,
  type InputCheck,
  type ProcessDesk,
} from '@reborn/host-runtime';
import {
  createFakeHostRuntime,
  createLatch,
  hostRuntimeContract,
  scriptedHandler,
  type FakeHostRuntime,
  type FakeHostRuntimeScript,
  type HostRuntimeHarness,
  type PreparedCall,
  type ScriptedHandlerOptions,
  type Situation,
} from '@reborn/host-runtime/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, done, HOST_DOOR_MACHINES, tick } from './support.ts';

const notes = parseExtensionId('notes');
const EFFECTS = ['execute_code', 'spawn_process', 'use_secret', 'write_filesystem'] as const;

describe('The real door in memory', () => {
  for (const { name, run } of hostRuntimeContract) test(name, () => run(realHarness(newBench())));
});

describe('The real door on one file', () => {
  let bench: Bench;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'reborn-contract-'));
    const platform = createFakePlatform();
    const { clock, timers } = platform;
    const store = await sqlite(join(folder, 'agent.db')).open({ machines: HOST_DOOR_MACHINES, clock, timers });
    bench = newBench(platform, store);
  });
  afterAll(async () => {
    await bench.store.close();
    await rm(folder, { recursive: true, force: true });
  });
  for (const { name, run } of hostRuntimeContract) test(name, () => run(realHarness(bench)));
});

describe('The scripted door, with what the real one answered', () => {
  for (const { name, run } of hostRuntimeContract) {
    test(name, async () => {
      const { harness, replay } = recorded(realHarness(newBench()));
      await run(harness);
      const { scripted, runtimes } = replay();
      await run(scripted);
      for (const runtime of runtimes) runtime.assertConsumed();
    });
  }
});

/** What a case asks of the door is answered by the real one, and again by a scripted one. */
function recorded(real: HostRuntimeHarness) {
  const prepared: { readonly call: PreparedCall; readonly script: FakeHostRuntimeScript }[] = [];
  const harness: HostRuntimeHarness = {
    prepare: async (situation) => {
      const call = await real.prepare(situation);
      const { runtime, script } = recordScript(call.runtime);
      prepared.push({ call, script });
      return { ...call, runtime };
    },
  };
  const replay = () => {
    const runtimes: FakeHostRuntime[] = [];
    const left = [...prepared];
    const nothing = () => Promise.resolve();
    const scripted: HostRuntimeHarness = {
      prepare: async () => {
        const next = left.shift();
        if (next === undefined) throw new Error('the case asks for more than it did');
        const runtime = createFakeHostRuntime(next.script);
        runtimes.push(runtime);
        const { request, again } = next.call;
        return { runtime, request, again, atWork: nothing, stopped: nothing };
      },
    };
    return { scripted, runtimes };
  };
  return { harness, replay };
}

/** Answers in the order in which they were asked for. What is no request is no answer: the scripted door finds it itself. */
function recordScript(real: HostRuntime): { readonly runtime: HostRuntime; readonly script: FakeHostRuntimeScript } {
  const script: Record<string, unknown[]> = {};
  const recording =
    (method: keyof HostRuntime) =>
    async (...asked: readonly unknown[]): Promise<unknown> => {
      const answer: Record<string, unknown> = {};
      const answers = (script[method] ??= []);
      answers.push(answer);
      try {
        const outcome = await (real[method] as (...args: readonly unknown[]) => Promise<unknown>)(...asked);
        answer['outcome'] = structuredClone(outcome);
        return outcome;
      } catch (error) {
        if (!HostRuntimeError.is(error)) throw error;
        answer['fault'] = error.code;
        if (error.code === 'host-runtime/invalid_request') answers.splice(answers.indexOf(answer), 1);
        throw error;
      }
    };
  const methods = [
    'invokeCapability',
    'spawnCapability',
    'resolveGate',
    'visibleCapabilities',
    'cancelWork',
    'runtimeStatus',
    'health',
  ] as const;
  const runtime = Object.fromEntries(methods.map((method) => [method, recording(method)]));
  return { runtime: runtime as unknown as HostRuntime, script };
}

/** What the doors of several cases may share: each case is about somebody else. */
interface Bench {
  readonly platform: ReturnType<typeof createFakePlatform>;
  readonly store: DurableStore;
  people: number;
}

function newBench(platform = createFakePlatform(), store?: DurableStore): Bench {
  const { clock, timers } = platform;
  const kept = store ?? createInMemoryStore({ machines: HOST_DOOR_MACHINES, clock, timers });
  return { platform, store: kept, people: 0 };
}

function realHarness(bench: Bench): HostRuntimeHarness {
  return {
    prepare: async (situation) => {
      bench.people += 1;
      const { platform, people } = bench;
      const { clock, ids, timers } = platform;
      const store = situation === 'unavailable' ? dead(bench.store) : bench.store;
      const scope = buildScope({ userId: `user-${people}` });
      const world = createWorld(platform, store);
      const processes = createProcessDesk({ store, clock, timers, ids, holder: 'host:1' });
      const working = createLatch();
      const handler = scriptedHandler({
        ...handlerOf(situation),
        checkInput: takesObjects,
        otherwise: runOf(situation, working),
      });
      const runtime = world.open([handler], {
        ...optionsOf(situation, scope.userId, store, platform),
        processes,
        secrets: createStoredSecrets({ store, clock, ids, cipher: createFakeCipher() }),
      });
      const call = (number: number, text: string) => ({
        context: buildContext({
          invocationId: fixedUuid(10 * people + number),
          correlationId: fixedUuid(10 * people + number + 5),
          scope,
        }),
        capabilityId: 'notes.write',
        input: { text },
        idempotencyKey: 'key-1',
      });
      return {
        runtime,
        request: call(1, 'a'),
        again: call(2, situation === 'conflict' ? 'b' : 'a'),
        atWork: () => working.arrived,
        stopped: () => nothingGoesOn(processes, scope),
      };
    },
  };
}

function handlerOf(situation: Situation): ScriptedHandlerOptions {
  switch (situation) {
    case 'asks':
      return { descriptor: { permission: 'ask' } };
    case 'lacks_credential':
      return { descriptor: { effects: ['use_secret', 'write_filesystem'], credentials: [{ handle: 'notes_token' }] } };
    case 'over_budget':
      return { descriptor: { estimate: { usd: '0.4' } } };
    case 'lacks_lane':
      return { lane: 'process', descriptor: { effects: ['execute_code', 'write_filesystem'] } };
    default:
      return {};
  }
}

function runOf(
  situation: Situation,
  working: ReturnType<typeof createLatch>,
): ScriptedHandlerOptions['otherwise'] & {} {
  switch (situation) {
    case 'fails':
      return { kind: 'failed', code: 'busy', message: 'The note is being written by somebody else.', effect: 'none' };
    case 'uncertain':
      return () => Promise.reject(new Error('lost at postgres://user:password@db:5432 in /home/operator/notes'));
    case 'lacks_credential':
      return ({ secrets }) => ({
        ...done,
        output: { token: secrets?.take(parseSecretHandle('notes_token'))?.reveal() ?? '' },
      });
    case 'runs_on':
      return ({ signal }) => {
        working.arrive();
        return new Promise((resolve) => {
          const stopped = { kind: 'failed', code: 'stopped', message: 'Stopped.', effect: 'none' } as const;
          signal.addEventListener('abort', () => resolve(stopped));
        });
      };
    default:
      return done;
  }
}

function optionsOf(
  situation: Situation,
  userId: string,
  store: DurableStore,
  { clock }: ReturnType<typeof createFakePlatform>,
): Partial<HostRuntimeOptions> {
  const grant = buildGrant({
    grantee: { kind: 'user', id: userId },
    allowedEffects: [...EFFECTS],
    secrets: ['notes_token'],
  });
  const limit = { axis: 'user', period: { kind: 'day' }, limit: { usd: '1' }, pauseAt: 0.3 } as const;
  return {
    trust: createHostTrustPolicy([
      { packageId: notes, source: 'composed', trust: 'user_trusted', allowedEffects: [...EFFECTS] },
    ]),
    grants: { grantsFor: async () => (situation === 'denied' ? [] : [grant]) },
    budgets: createBudgets({ store, clock, limits: situation === 'over_budget' ? [limit] : [] }),
  };
}

function takesObjects(input: JsonValue): InputCheck {
  return isJsonObject(input)
    ? { kind: 'valid', input }
    : { kind: 'invalid', field: 'input', rule: 'must be an object' };
}

function dead(store: DurableStore): DurableStore {
  return createFaultyStore(store, [{ call: 1, when: 'before', does: 'dies' }]);
}

async function nothingGoesOn(processes: ProcessDesk, scope: Parameters<ProcessDesk['active']>[0]): Promise<void> {
  for (let looks = 0; looks < 1000; looks += 1) {
    if ((await processes.active(scope)).length === 0) return;
    await tick();
  }
  expect.fail('a process goes on');
}
