import { HostApiError, InvariantError, parseGateId, type DurableStore } from '@reborn/host-api';
import { createSentinel, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { INTERACTIVE_PROFILE, type RunRow } from '@reborn/turns';
import type { AgentLoopDriver, LoopExit, LoopHost } from '@reborn/turns/loop';
import { describe, expect, test } from 'vitest';
import type { HostStorage, Reborn } from '../src/index.ts';
import { keptInMemory } from '../src/testkit/index.ts';
import { ada, answer, bench, deferred, gatesOf, rest, resultsOf, scope, told, type Step } from './support.ts';

const write = (text: string): Step => [['desk.write', { text }]];
const look = (name: string): Step => [['desk.look', { name }]];

async function endOf(steps: readonly Step[], profile: object) {
  const { open, pump } = bench(steps);
  const host = await open();
  const accepted = await host.turns.submitTurn({
    scope,
    actor: ada,
    text: 'Go',
    profile: { ...INTERACTIVE_PROFILE, ...profile },
  });
  if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
  const outcome = await pump(host.drive({ scope, runId: accepted.runId }));
  await host.close();
  return told(outcome);
}

describe('A budget', () => {
  test('of model calls ends the run', async () => {
    expect(await endOf([look('a'), look('b'), 'Done.'], { modelCallsMax: 2 })).toBe(
      'ended failed model_calls_exhausted',
    );
    expect(await endOf([look('a'), look('b'), 'Done.'], { modelCallsMax: 3 })).toBe('ended completed');
  });

  test('of calls ends the run, also within one step', async () => {
    const both: Step = [
      ['desk.look', { name: 'a' }],
      ['desk.look', { name: 'b' }],
    ];
    expect(await endOf([both, 'Done.'], { capabilityCallsMax: 1 })).toBe('ended failed capability_calls_exhausted');
    expect(await endOf([both, 'Done.'], { capabilityCallsMax: 2 })).toBe('ended completed');
  });

  test('holds over crashes while the model thinks', async () => {
    let asked = 0;
    const isWaiting = (crashes: number): boolean => asked === crashes;
    const { open, pump, storage, platform } = bench({
      label: 'endless',
      complete: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    });
    const first = await open();
    const accepted = await first.turns.submitTurn({
      scope,
      actor: ada,
      text: 'Go',
      profile: { ...INTERACTIVE_PROFILE, modelCallsMax: 2 },
    });
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    const target = { scope, runId: accepted.runId };
    for (let crash = 0; crash < 2; crash += 1) {
      const host = await open();
      const dying = host.follow(target).catch((error: unknown) => error);
      while (isWaiting(crash)) {
        platform.advance(1_000);
        await rest(5);
      }
      storage.kill();
      await pump(dying);
    }
    const last = await open();
    const outcome = await pump(last.follow(target));
    expect([asked, told(outcome)]).toEqual([2, 'ended failed model_calls_exhausted']);
  });

  test('of time ends a run whose model thinks', async () => {
    const { open, pump } = bench({ label: 'slow', complete: () => new Promise(() => undefined) });
    const host = await open();
    const accepted = await host.turns.submitTurn({
      scope,
      actor: ada,
      text: 'Go',
      profile: { ...INTERACTIVE_PROFILE, wallClockMs: 1_000 },
    });
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    const outcome = await pump(host.drive({ scope, runId: accepted.runId }));
    expect(outcome).toMatchObject({
      kind: 'ended',
      run: {
        status: 'failed',
        failure: { kind: 'wall_clock_exhausted', explanation: 'The run worked for 1 s without an end.' },
      },
    });
  });

  test('of time ends a run whose loop does not listen', async () => {
    const deaf = driverOf(() => new Promise(() => undefined));
    const { open, pump } = bench([]);
    const host = await open({ driver: deaf });
    const accepted = await host.turns.submitTurn({
      scope,
      actor: ada,
      text: 'Go',
      profile: { ...INTERACTIVE_PROFILE, wallClockMs: 1_000 },
    });
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    expect(told(await pump(host.drive({ scope, runId: accepted.runId })))).toBe('ended failed wall_clock_exhausted');
  });
});

test('a model that makes the same call again and again makes no progress', async () => {
  expect(await endOf([look('a'), look('a'), look('a'), look('a')], {})).toBe('ended failed no_progress');
});

test('calls that a model numbers anew in each step are calls of their own', async () => {
  const id = 'é'.repeat(64);
  let step = 0;
  const { open, submit, pump, written } = bench({
    label: 'same id',
    complete: async ({ tools }) => {
      step += 1;
      const tool = tools.find(({ capabilityId }) => capabilityId === 'desk.look');
      if (step > 2 || tool === undefined) return { kind: 'reply', text: 'Done.', calls: [] };
      return {
        kind: 'reply',
        text: '',
        calls: [{ callId: id, capabilityId: tool.capabilityId, input: { name: `${step}` } }],
      };
    },
  });
  const host = await open();
  expect(told(await pump(host.drive(await submit(host))))).toBe('ended completed');
  expect(await resultsOf(host)).toEqual([`${id} completed`, `${'é'.repeat(63)}~2 completed`]);
  expect(written).toEqual([]);
});

describe('A run that is cancelled', () => {
  const cancel = (host: Awaited<ReturnType<ReturnType<typeof bench>['open']>>, runId: string) =>
    host.turns.cancelRun({ scope, actor: ada, runId, reason: 'user_requested' });

  test('in the queue ends at once', async () => {
    const { open, submit } = bench([]);
    const host = await open();
    const target = await submit(host);
    expect(await cancel(host, target.runId)).toEqual({ kind: 'cancelled' });
    expect(told(await host.drive(target))).toBe('ended cancelled');
  });

  test('while the model thinks ends, and the model is told to stop', async () => {
    let heard: AbortSignal | undefined;
    const { open, submit, pump } = bench({
      label: 'slow',
      complete: (_, { signal }) => {
        heard = signal;
        return new Promise(() => undefined);
      },
    });
    const host = await open();
    const target = await submit(host);
    const driving = host.drive(target);
    await rest();
    expect(await cancel(host, target.runId)).toEqual({ kind: 'cancel_requested' });
    expect(told(await pump(driving))).toBe('ended cancelled');
    expect(heard?.aborted).toBe(true);
  });

  test('while a tool works ends, and the next run of the thread says what became of the call', async () => {
    const messages: string[] = [];
    const plain = bench([write('tea')], { during: () => new Promise(() => undefined) });
    const { open, submit, pump, written } = plain;
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    await answer(host, (await gatesOf(host))[0]);
    const driving = host.drive(target);
    await rest();
    expect(written).toEqual(['tea']);
    await cancel(host, target.runId);
    expect(told(await pump(driving))).toBe('ended cancelled');
    const next = await open({
      model: {
        label: 'next',
        complete: async (request) => {
          for (const message of request.messages)
            messages.push(message.role === 'tool' ? `tool ${message.result.kind}` : message.role);
          return { kind: 'reply', text: 'I see.', calls: [] };
        },
      },
    });
    expect(told(await pump(next.drive(await submit(next, 'And now?'))))).toBe('ended completed');
    expect(messages).toEqual(['user', 'assistant', 'tool failed', 'user']);
  });

  test('while it is parked ends, and nobody is asked any more', async () => {
    const { open, submit, written } = bench([write('tea')]);
    const host = await open();
    const target = await submit(host);
    expect(told(await host.drive(target))).toBe('parked parked');
    const [gate] = await gatesOf(host);
    expect(await cancel(host, target.runId)).toEqual({ kind: 'cancelled' });
    expect(await gatesOf(host)).toEqual([]);
    expect(await answer(host, gate)).toEqual({ kind: 'already_closed', status: 'superseded' });
    expect(told(await host.drive(target))).toBe('ended cancelled');
    expect(written).toEqual([]);
  });

  test('although its loop does not listen ends all the same', async () => {
    const { open, submit, pump } = bench([]);
    const host = await open({ driver: driverOf(() => new Promise(() => undefined)) });
    const target = await submit(host);
    const driving = host.drive(target);
    await rest();
    await cancel(host, target.runId);
    expect(told(await pump(driving))).toBe('ended cancelled');
  });
});

describe('A loop that lies about its exit', () => {
  const secret = createSentinel('loop');
  const reply = { kind: 'assistant_message' as const, text: 'Hi', calls: [] };
  const lies: readonly [string, (host: LoopHost) => unknown][] = [
    ['names a reply that nobody wrote', (host) => ({ kind: 'completed', replyEntryId: host.newEntryId() })],
    [
      'names a gate that nobody opened',
      () => ({
        kind: 'parked',
        gates: [parseGateId(fixedUuid(7))],
        checkpoint: { kind: 'before_block', schema: 'own/1', state: {} },
      }),
    ],
    ['was cancelled by nobody', () => ({ kind: 'cancelled' })],
    ['returns something else', () => ({ kind: secret })],
    ['returns nothing', () => undefined],
    [
      'leaves calls without a result',
      async (host) => {
        const [tool] = await host.visibleTools();
        const calls = tool === undefined ? [] : [{ callId: 'c', capabilityId: tool.capabilityId, input: {} }];
        const replyEntryId = host.newEntryId();
        const checkpoint = { kind: 'final', schema: 'own/1', state: {} } as const;
        await host.commit({
          checkpoint,
          entries: [{ ...reply, entryId: host.newEntryId(), runId: host.runId, calls }],
        });
        await host.commit({ checkpoint, entries: [{ ...reply, entryId: replyEntryId, runId: host.runId }] });
        return { kind: 'completed', replyEntryId };
      },
    ],
  ];

  test.each(lies)('%s, and its run fails', async (_, lie) => {
    const { open, submit } = bench([]);
    const host = await open({ driver: driverOf(async (guest) => (await lie(guest)) as LoopExit) });
    const outcome = await host.drive(await submit(host));
    expect(told(outcome)).toBe('ended failed driver_protocol_violation');
    expect(findLeaks(outcome, [secret])).toEqual([]);
  });

  test.each([
    ['throws', () => Promise.reject(new Error(secret))],
    [
      'throws at once',
      () => {
        throw new Error(secret);
      },
    ],
    [
      'writes rubbish',
      (host: LoopHost) =>
        host.commit({ checkpoint: secret as never, entries: [] }).then(() => ({ kind: 'cancelled' }) as const),
    ],
    [
      'calls rubbish',
      (host: LoopHost) =>
        host
          .invoke({ callId: '', capabilityId: secret as never, input: 1n as never })
          .then(() => ({ kind: 'cancelled' }) as const),
    ],
  ])('%s instead, and its run fails without a word of it', async (_, run) => {
    const { open, submit, platform } = bench([]);
    const host = await open({ driver: driverOf(run) });
    const outcome = await host.drive(await submit(host));
    expect(outcome).toMatchObject({
      run: { failure: { kind: 'driver_failed', explanation: 'The loop failed unexpectedly.' } },
    });
    expect(findLeaks([outcome, platform.reports], [secret])).toEqual([]);
  });

  test('cannot put words in front of the operator', async () => {
    const systems: string[] = [];
    const { open, submit } = bench({
      label: 'm',
      complete: async ({ system }) => {
        systems.push(system);
        return { kind: 'reply', text: 'x', calls: [] };
      },
    });
    const sly = driverOf(async (host) => {
      await host.complete({ system: secret, messages: [], tools: [] } as never);
      return { kind: 'failed', failure: { kind: 'no_progress', explanation: 'x' } };
    });
    const host = await open({ driver: sly, system: 'Mine.' });
    await host.drive(await submit(host));
    expect(systems).toEqual(['Mine.']);
  });

  test('and meets a bug of the host does not hide it', async () => {
    const { open, submit } = bench([]);
    const host = await open({ driver: driverOf(() => Promise.reject(new InvariantError('bug'))) });
    await expect(host.drive(await submit(host))).rejects.toBeInstanceOf(InvariantError);
  });
});

describe('A loop that leaves a question behind', () => {
  const askThen =
    (end: () => Promise<LoopExit>): AgentLoopDriver['run'] =>
    async (host) => {
      const tool = (await host.visibleTools()).find(({ capabilityId }) => capabilityId === 'desk.write');
      if (tool === undefined) throw new Error('there is no desk.write');
      const asked = await host.invoke({ callId: 'c', capabilityId: tool.capabilityId, input: { text: 'tea' } });
      expect(asked.kind).toBe('suspended');
      return end();
    };
  const failed = { kind: 'failed', failure: { kind: 'no_progress', explanation: 'x' } } as const;

  test.each<[string, () => Promise<LoopExit>, string]>([
    ['and fails', async () => failed, 'ended failed no_progress'],
    ['and throws', () => Promise.reject(new Error('x')), 'ended failed driver_failed'],
    ['and lies', async () => ({ kind: 'cancelled' }), 'ended failed driver_protocol_violation'],
  ])('%s takes it along: nobody is asked any more', async (_, end, expected) => {
    const { open, submit, written } = bench([]);
    const host = await open({ driver: driverOf(askThen(end)) });
    const target = await submit(host);
    expect(told(await host.drive(target))).toBe(expected);
    await expectNobodyAsked(host, target.runId);
    expect(written).toEqual([]);
  });

  test.each<[string, () => Promise<LoopExit>]>([
    ['listens', async () => failed],
    ['does not listen', () => new Promise(() => undefined)],
  ])('and is cancelled takes it along: one that %s', async (_, end) => {
    const { open, submit, pump, written } = bench([]);
    const cancelled = deferred();
    const host = await open({
      driver: driverOf(
        askThen(async () => {
          await cancelled.promise;
          return end();
        }),
      ),
    });
    const target = await submit(host);
    const driving = host.drive(target);
    for (let round = 0; round < 100 && (await gatesOf(host)).length === 0; round += 1) await rest(1);
    expect(await gatesOf(host)).toHaveLength(1);
    await host.turns.cancelRun({ scope, actor: ada, runId: target.runId, reason: 'user_requested' });
    cancelled.resolve();
    expect((await pump(driving)).kind).toBe('ended');
    await expectNobodyAsked(host, target.runId);
    expect(written).toEqual([]);
  });

  test('and is cancelled in the moment in which its host gives it back takes it along', async () => {
    const { open, submit, pump } = bench([]);
    const storage = keptInMemory();
    const moment: { act?: () => Promise<void> } = {};
    const giving = wrapped(storage, async (store, writes) => {
      if (JSON.stringify(writes).includes('"yield"')) await moment.act?.();
      return store.commit(writes);
    });
    const stopped: AgentLoopDriver['run'] = (host) =>
      askThen(async () => {
        await new Promise((resolve) => host.signal.addEventListener('abort', resolve, { once: true }));
        return failed;
      })(host);
    const host = await open({ storage: giving, driver: driverOf(stopped) });
    const other = await open({ storage });
    const target = await submit(host);
    let cancelled: string | undefined;
    moment.act = async () => {
      const request = { scope, actor: ada, runId: target.runId, reason: 'user_requested' } as const;
      cancelled = (await other.turns.cancelRun(request)).kind;
    };
    const driving = host.drive(target).catch(() => undefined);
    for (let round = 0; round < 100 && (await gatesOf(other)).length === 0; round += 1) await rest(1);
    expect(await gatesOf(other)).toHaveLength(1);
    await pump(host.close());
    await driving;
    expect(cancelled).toBe('cancel_requested');
    expect(told(await other.drive(target))).toBe('ended cancelled');
    await expectNobodyAsked(other, target.runId);
  });

  async function expectNobodyAsked(host: Reborn, runId: RunRow['runId']): Promise<void> {
    expect(await gatesOf(host)).toEqual([]);
    const explanation = await host.explain(scope, { runId });
    expect(explanation?.calls.flatMap((call) => call.gates.map((gate) => gate.status))).toEqual(['superseded']);
  }
});

describe('A worker whose lease is lost', () => {
  test('writes nothing more, while another host finishes the run', async () => {
    const stuck = deferred();
    let asked = 0;
    const { open, submit, pump, platform, written } = bench({
      label: 'm',
      complete: async () => {
        asked += 1;
        if (asked === 1) await stuck.promise;
        return { kind: 'reply', text: `answer ${asked}`, calls: [] };
      },
    });
    const storage = keptInMemory();
    let frozen = false;
    const first = await open({ storage: heldBack(storage, () => frozen) });
    const target = await submit(first);
    const stale = first.drive(target);
    await rest();
    frozen = true;
    platform.advance(40_000);
    await rest();
    const second = await open({ storage });
    const outcome = await pump(second.follow(target));
    expect(told(outcome)).toBe('ended completed');
    const before = (await second.explain(scope, { runId: target.runId }))?.story.length;
    frozen = false;
    stuck.resolve();
    await pump(stale);
    const after = await second.explain(scope, { runId: target.runId });
    expect(after?.story.length).toBe(before);
    expect(after?.transcript.map((entry) => ('text' in entry ? entry.text : ''))).toEqual(['Hello', 'answer 2']);
    expect(written).toEqual([]);
    await pump(Promise.all([first.close(), second.close()]));
  });
});

describe('Trouble with the store', () => {
  test('is a fault, and the run goes on afterwards', async () => {
    const { open, submit, pump, written } = bench([look('a'), write('tea'), 'Done.']);
    const storage = keptInMemory();
    let broken = false;
    const host = await open({ storage: failing(storage, () => broken), approvers: { mayResolve: () => true } });
    const target = await submit(host);
    broken = true;
    const fault: unknown = await pump(host.drive(target)).catch((error: unknown) => error);
    expect(HostApiError.is(fault) && fault.code).toBe('host-api/store_unavailable');
    broken = false;
    expect(told(await pump(host.drive(target)))).toBe('parked parked');
    await answer(host, (await gatesOf(host))[0]);
    expect(told(await pump(host.drive(target)))).toBe('ended completed');
    expect(written).toEqual(['tea']);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'at commit %i of a sitting never doubles an effect',
    async (at) => {
      const { open, submit, pump, written } = bench([write('tea'), 'Done.']);
      const storage = keptInMemory();
      let commits = Infinity;
      const host = await open({ storage: failing(storage, () => (commits -= 1) === 0) });
      const target = await submit(host);
      await host.drive(target);
      await answer(host, (await gatesOf(host))[0]);
      commits = at;
      const outcome = await pump(host.drive(target).catch(() => undefined));
      commits = Infinity;
      const again = outcome?.kind === 'ended' ? outcome : await pump(host.follow(target));
      expect(told(again)).toBe('ended completed');
      expect(written.length).toBeLessThanOrEqual(1);
      await pump(host.close());
    },
  );
});

function driverOf(run: (host: LoopHost) => Promise<LoopExit>): AgentLoopDriver {
  return { descriptor: { id: 'own', version: 1, checkpointSchema: 'own/1' }, run };
}

/** A store whose commits fail while `isBroken`. */
function failing(storage: HostStorage, isBroken: () => boolean): HostStorage {
  return wrapped(storage, async (store, writes) => {
    if (isBroken()) throw new HostApiError('host-api/store_unavailable');
    return store.commit(writes);
  });
}

/** A store whose commits do not come back while `isFrozen`, as those of a process that hangs. */
function heldBack(storage: HostStorage, isFrozen: () => boolean): HostStorage {
  return wrapped(storage, async (store, writes) => {
    while (isFrozen()) await rest(1);
    return store.commit(writes);
  });
}

function wrapped(
  storage: HostStorage,
  commit: (store: DurableStore, writes: Parameters<DurableStore['commit']>[0]) => ReturnType<DurableStore['commit']>,
): HostStorage {
  return {
    durability: storage.durability,
    open: async (opening) => {
      const store = await storage.open(opening);
      return { ...store, durability: store.durability, commit: (writes) => commit(store, writes) };
    },
  };
}
