/** What a call holds of a budget, and that it is closed once, however the call ends. */
import type { HandlerCall } from '@reborn/host-runtime';
import { scriptedHandler, type ScriptedVerdict } from '@reborn/host-runtime/testkit';
import { createFaultyStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { createFacadeBench, tokenHandle } from './facade-bench.ts';
import { codeOf } from './support.ts';

const limits = [{ axis: 'user', period: { kind: 'day' }, limit: { usd: '10', calls: 10 } }] as const;
const never = (): Promise<never> => new Promise(() => undefined);

interface Given {
  readonly verdict?: ScriptedVerdict;
  readonly run?: (call: HandlerCall) => unknown;
  readonly reads?: boolean;
  readonly needsToken?: boolean;
  readonly faulty?: Parameters<typeof createFaultyStore>[1];
}

function open({ verdict = { verdict: 'allow' }, run = never, reads = false, needsToken = false, faulty }: Given) {
  const bench = createFacadeBench({
    limits,
    ...(faulty === undefined ? {} : { faulty: (store) => createFaultyStore(store, faulty) }),
  });
  const handler = scriptedHandler({
    descriptor: {
      effects: [reads ? 'read_filesystem' : 'write_filesystem', ...(needsToken ? (['use_secret'] as const) : [])],
      estimate: { usd: '0.4' },
      outputBytesMax: 64,
      ...(needsToken ? { credentials: [{ handle: tokenHandle }] } : {}),
    },
    otherwise: run,
  });
  const runtime = bench.open([handler], {}, [], { allowance: { secrets: [tokenHandle] }, ...verdict });
  const standing = async () => {
    const [account] = await bench.budgets.standing(bench.scope);
    return [account?.used.usd ?? '0', account?.used.calls ?? 0, account?.held.usd ?? '0', account?.held.calls ?? 0];
  };
  const closings = async () =>
    (await bench.records('journal')).flatMap(({ kind, how }) =>
      kind === 'resources_held' ? ['held'] : kind === 'resources_closed' ? [how] : [],
    );
  return { ...bench, handler, runtime, standing, closings };
}

describe('A call that does not go on', () => {
  test.each<[string, string, Given]>([
    ['is denied', 'failed', { verdict: { verdict: 'deny' } }],
    ['waits for an approval', 'approval_required', { verdict: { verdict: 'approval' } }],
    ['waits for a credential', 'auth_required', { needsToken: true }],
    ['would only read and is denied', 'failed', { verdict: { verdict: 'deny' }, reads: true }],
    [
      'would only read and waits for an approval',
      'approval_required',
      { verdict: { verdict: 'approval' }, reads: true },
    ],
    ['would only read and waits for a credential', 'auth_required', { needsToken: true, reads: true }],
  ])('because it %s holds nothing', async (_, kind, given) => {
    const host = open(given);
    expect((await host.runtime.invokeCapability(host.newCall())).kind).toBe(kind);
    expect([await host.standing(), await host.closings()]).toEqual([['0', 0, '0', 0], []]);
    expect(host.handler.calls).toEqual([]);
  });

  test('because its intent cannot be written holds nothing', async () => {
    const host = open({ faulty: [{ call: 1, does: 'is_full' }] });
    expect(await codeOf(host.runtime.invokeCapability(host.newCall()))).toBe('host-runtime/unavailable');
    expect([await host.standing(), host.handler.calls]).toEqual([['0', 0, '0', 0], []]);
  });
});

describe('A capability', () => {
  const ends: readonly (readonly [string, NonNullable<Given['run']>, string])[] = [
    ['throws', () => Promise.reject(new Error('no')), 'capability_failed'],
    ['never ends', never, 'timed_out'],
    ['says too much', () => ({ kind: 'completed', output: 'x'.repeat(65) }), 'output_too_large'],
    ['answers with rubbish', () => 'done', 'capability_failed'],
  ];
  test.each(ends)('that %s is charged once, and nothing stays held', async (_, run, failureKind) => {
    const host = open({ run });
    expect(await host.invoke(host.runtime, host.newCall())).toMatchObject({ failureKind });
    expect(await host.standing()).toEqual(['0.4', 1, '0', 0]);
    expect(await host.closings()).toEqual(['held', 'reconciled']);
  });

  test.each(ends)('that only reads and %s leaves nothing held either', async (_, run, failureKind) => {
    const host = open({ run, reads: true });
    expect(await host.invoke(host.runtime, host.newCall())).toMatchObject({ failureKind, effect: 'none' });
    expect((await host.standing()).slice(1)).toEqual([1, '0', 0]);
    expect(await host.runtime.runtimeStatus({ scope: host.scope })).toEqual({ active: [] });
  });

  test('that throws as a process is charged once, and nothing stays held', async () => {
    const host = open({ run: () => Promise.reject(new Error('no')) });
    const spawned = await host.runtime.spawnCapability(host.newCall());
    const processId = spawned.kind === 'spawned_process' ? spawned.processId : expect.fail(spawned.kind);
    expect(await host.ended(processId)).toMatchObject({ status: 'failed', result: { effect: 'uncertain' } });
    expect(await host.standing()).toEqual(['0.4', 1, '0', 0]);
    expect(await host.closings()).toEqual(['held', 'reconciled']);
  });
});
