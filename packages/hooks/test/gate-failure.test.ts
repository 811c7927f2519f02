import { HostApiError, type RecordReader } from '@reborn/host-api';
import { createFakePlatform } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import type { Decision, GateBody } from '../src/index.ts';
import { DISPATCH_DEADLINE_MS, HOOK_DEADLINE_MS } from '../src/index.ts';
import { buildJudgedCall } from '../src/testkit/index.ts';
import { createHarness, createStore, gate, inRun, settle } from './harness.ts';

const failedVerdict = [{ kind: 'deny', by: 'hook:a', code: 'hook_failed' }];
const never: GateBody = () => new Promise(() => undefined);

/** Judges one call in run 1 and says what the gate's failure was. */
async function failureOf(
  body: GateBody,
  during: (platform: ReturnType<typeof createFakePlatform>) => void = () => undefined,
) {
  const harness = createHarness([gate('a', body)]);
  const judged = harness.dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
  await settle();
  during(harness.platform);
  const judgement = await judged;
  const failed = judgement.records.find((record) => record.kind === 'hook_failed');
  return { ...harness, judgement, category: failed?.kind === 'hook_failed' ? failed.category : undefined };
}

describe('a gate that fails denies', () => {
  const failures: readonly (readonly [string, GateBody, string])[] = [
    [
      'throws',
      () => {
        throw new Error('/secret/path');
      },
      'panic',
    ],
    [
      'throws something that is no error',
      () => {
        throw undefined;
      },
      'panic',
    ],
    ['rejects', () => Promise.reject(new Error('no')), 'panic'],
    ['rejects with nothing', () => Promise.reject(), 'panic'],
    ['returns nothing', () => undefined as never, 'malformed'],
    ['resolves to nothing', () => Promise.resolve() as never, 'malformed'],
    ['forges a decision', () => Object.freeze({ verb: 'observe' }) as Decision, 'malformed'],
    ['forges an allow', () => ({ kind: 'allow', by: 'authoriser' }) as never, 'malformed'],
    ['copies a decision', (_call, mint) => ({ ...mint.observe() }), 'malformed'],
    ['mints two decisions', (_call, mint) => (mint.refuse(), mint.observe()), 'malformed'],
    ['returns its mint', (_call, mint) => mint as never, 'malformed'],
    ['uses a code of its own', (_call, mint) => mint.refuse('because' as never), 'malformed'],
    ['returns a proxy', (_call, mint) => new Proxy(mint.observe(), {}), 'malformed'],
  ];
  test.each(failures)('when it %s', async (_name, body, category) => {
    const found = await failureOf(body);
    expect(found.judgement.verdicts).toEqual(failedVerdict);
    expect(found.category).toBe(category);
    expect(JSON.stringify([found.judgement, found.platform.reports])).not.toContain('secret');
  });

  test('when it returns a foreign thenable, whose code is never run', async () => {
    let ran = false;
    const found = await failureOf(
      (_call, mint) =>
        ({
          // oxlint-disable-next-line unicorn/no-thenable -- the trick under test
          then: (use: (value: unknown) => void) => {
            ran = true;
            use(mint.observe());
          },
        }) as never,
    );
    expect(found.category).toBe('malformed');
    expect(ran).toBe(false);
  });

  test('when it returns a promise whose own then lies', async () => {
    const found = await failureOf((_call, mint) => {
      const honest = Promise.resolve(undefined);
      // oxlint-disable-next-line unicorn/no-thenable -- the trick under test
      return Object.assign(honest, { then: (use: (value: unknown) => void) => use(mint.observe()) }) as never;
    });
    expect(found.category).toBe('malformed');
  });

  test('when it returns a decision that it kept from an earlier call', async () => {
    let kept: Decision | undefined;
    const { dispatcher } = createHarness([gate('a', (_call, mint) => (kept ??= mint.observe()))]);
    expect((await dispatcher.judge(buildJudgedCall())).verdicts).toEqual([{ kind: 'allow', by: 'hook:a' }]);
    expect((await dispatcher.judge(buildJudgedCall())).verdicts).toEqual(failedVerdict);
  });

  test('and the other gates are asked all the same', async () => {
    const { dispatcher } = createHarness([
      gate(
        'a',
        () => {
          throw new Error('no');
        },
        { priority: 1 },
      ),
      gate('b', (_call, mint) => mint.pause(), { priority: 2 }),
    ]);
    const { verdicts } = await dispatcher.judge(buildJudgedCall());
    expect(verdicts.map((verdict) => verdict.kind)).toEqual(['deny', 'approval']);
  });
});

describe('a gate that takes too long', () => {
  test('is waited for until its deadline and not longer', async () => {
    const found = await failureOf(never, (platform) => platform.advance(HOOK_DEADLINE_MS));
    expect(found.judgement.verdicts).toEqual(failedVerdict);
    expect(found.category).toBe('timeout');
    expect(found.platform.pendingTimers()).toBe(0);
  });

  test('may answer just before it', async () => {
    const { platform, dispatcher } = createHarness([
      gate(
        'a',
        (_call, mint) =>
          new Promise((resolve) => void platform.timers.schedule(HOOK_DEADLINE_MS - 1, () => resolve(mint.observe()))),
      ),
    ]);
    const judged = dispatcher.judge(buildJudgedCall());
    await settle();
    platform.advance(HOOK_DEADLINE_MS - 1);
    expect((await judged).verdicts).toEqual([{ kind: 'allow', by: 'hook:a' }]);
  });

  test('is told so by its signal', async () => {
    let aborted = false;
    await failureOf(
      (call) => {
        call.signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => undefined);
      },
      (platform) => platform.advance(HOOK_DEADLINE_MS),
    );
    expect(aborted).toBe(true);
  });

  test('changes nothing with a late answer, a late decision or a late rejection', async () => {
    let release = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      release = resolve;
    });
    const late: GateBody = async (_call, mint) => {
      await opened;
      mint.refuse('nonsense' as never);
      return mint.observe();
    };
    const found = await failureOf(late, (platform) => platform.advance(HOOK_DEADLINE_MS));
    const before = JSON.stringify(found.judgement);
    release();
    await settle();
    expect(JSON.stringify(found.judgement)).toBe(before);
    expect(found.category).toBe('timeout');
  });

  test('does not hold up the answer of the others', async () => {
    const { platform, dispatcher } = createHarness([
      gate('a', never, { priority: 1 }),
      gate('b', (_call, mint) => mint.observe(), { priority: 2 }),
    ]);
    const judged = dispatcher.judge(buildJudgedCall());
    await settle();
    platform.advance(HOOK_DEADLINE_MS);
    expect((await judged).verdicts).toEqual([...failedVerdict, { kind: 'allow', by: 'hook:b' }]);
  });
});

describe('trouble that is not the hook’s', () => {
  const failingReader = (get: RecordReader['get']): RecordReader => ({ get, list: () => Promise.resolve([]) });
  const unavailable = () => Promise.reject(new HostApiError('host-api/store_unavailable'));

  test('of the store denies, asks nobody and poisons nobody', async () => {
    let calls = 0;
    const { dispatcher, platform } = createHarness(
      [
        gate('a', (_call, mint) => {
          calls += 1;
          return mint.observe();
        }),
      ],
      { reader: failingReader(unavailable) },
    );
    const judgement = await dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
    expect(judgement.verdicts).toEqual(failedVerdict);
    expect(judgement.writes).toEqual([]);
    expect(judgement.records.map((record) => record.kind)).toEqual([
      'hook_dispatched',
      'hook_failed',
      'hook_decision_rejected',
    ]);
    expect(judgement.records[1]).toMatchObject({ category: 'unavailable', disposition: 'refused_once' });
    expect(judgement.records[1]).toMatchObject({ category: 'unavailable' });
    expect(calls).toBe(0);
    expect(platform.reports[0]?.facts).toMatchObject({ code: 'host-api/store_unavailable' });
  });

  test('of a store that hangs ends with the deadline of the dispatch', async () => {
    const { dispatcher, platform } = createHarness([gate('a', never)], {
      reader: failingReader(() => new Promise(() => undefined)),
    });
    const judged = dispatcher.judge(buildJudgedCall());
    await settle();
    platform.advance(DISPATCH_DEADLINE_MS);
    const judgement = await judged;
    expect(judgement.verdicts).toEqual(failedVerdict);
    expect(judgement.writes).toEqual([]);
    expect(platform.pendingTimers()).toBe(0);
  });

  test('of a slow store is not charged to the hook that began late', async () => {
    const platform = createFakePlatform();
    const store = createStore(platform);
    const slow: RecordReader['get'] = (machine, key) =>
      new Promise(
        (resolve) => void platform.timers.schedule(DISPATCH_DEADLINE_MS - 100, () => resolve(store.get(machine, key))),
      );
    const { dispatcher } = createHarness([gate('a', never)], { platform, store, reader: failingReader(slow) });
    const judged = dispatcher.judge(buildJudgedCall());
    await settle();
    platform.advance(DISPATCH_DEADLINE_MS - 100);
    await settle();
    platform.advance(100);
    const judgement = await judged;
    expect(judgement.records[1]).toMatchObject({ kind: 'hook_failed', category: 'unavailable' });
    expect(judgement.writes).toEqual([]);
  });

  test('of a caller who gives up denies and poisons nobody', async () => {
    const caller = new AbortController();
    const { dispatcher } = createHarness([gate('a', never)]);
    const judged = dispatcher.judge(buildJudgedCall({ signal: caller.signal }));
    await settle();
    caller.abort();
    expect((await judged).verdicts).toEqual(failedVerdict);
    expect((await judged).writes).toEqual([]);
    const afterwards = await dispatcher.judge(buildJudgedCall({ signal: caller.signal }));
    expect(afterwards.verdicts).toEqual(failedVerdict);
  });
});

test('a caller whose signal lives long is left without listeners', async () => {
  const caller = new AbortController();
  const listeners = new Set<unknown>();
  const { signal } = caller;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (type: 'abort', listener: () => void) => {
      listeners.add(listener);
      add(type, listener);
    },
    removeEventListener: (type: 'abort', listener: () => void) => {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  const { dispatcher } = createHarness([gate('a', (_call, mint) => mint.observe())]);
  await dispatcher.judge(buildJudgedCall({ signal }));
  expect(listeners.size).toBe(0);
});
