import { describe, expect, test } from 'vitest';
import { POISON_TTL_MS, type HookInstallation } from '../src/index.ts';
import { buildJudgedCall } from '../src/testkit/index.ts';
import { commit, createHarness, gate, inRun } from './harness.ts';

describe('a gate that failed in a run', () => {
  const failing = (calls: { count: number }, id = 'a'): HookInstallation =>
    gate(id, () => {
      calls.count += 1;
      throw new Error('no');
    });

  test('is not asked again in it and keeps denying', async () => {
    const calls = { count: 0 };
    const { store, dispatcher } = createHarness([failing(calls)]);
    const first = await dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
    await commit(store, first);
    const second = await dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
    expect(second).toEqual({
      verdicts: [{ kind: 'deny', by: 'hook:a', code: 'hook_poisoned' }],
      records: [],
      writes: [],
    });
    expect(calls.count).toBe(1);
  });

  test('keeps denying after the host was rebuilt on the same store', async () => {
    const calls = { count: 0 };
    const first = createHarness([failing(calls)]);
    await commit(first.store, await first.dispatcher.judge(buildJudgedCall({ context: inRun(1) })));
    const rebuilt = createHarness([gate('a', (_call, mint) => mint.observe())], { store: first.store });
    const { verdicts } = await rebuilt.dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
    expect(verdicts).toEqual([{ kind: 'deny', by: 'hook:a', code: 'hook_poisoned' }]);
  });

  test('is asked again in another run', async () => {
    const calls = { count: 0 };
    const { store, dispatcher } = createHarness([failing(calls)]);
    await commit(store, await dispatcher.judge(buildJudgedCall({ context: inRun(1) })));
    await dispatcher.judge(buildJudgedCall({ context: inRun(2) }));
    expect(calls.count).toBe(2);
  });

  test('is asked again when it is another version of the hook', async () => {
    const calls = { count: 0 };
    const { store, dispatcher } = createHarness([failing(calls)]);
    await commit(store, await dispatcher.judge(buildJudgedCall({ context: inRun(1) })));
    const mended = createHarness([gate('a', (_call, mint) => mint.observe(), { version: 2 })], { store });
    const { verdicts } = await mended.dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
    expect(verdicts).toEqual([{ kind: 'allow', by: 'hook:a' }]);
  });

  test('does not poison its neighbours', async () => {
    const calls = { count: 0 };
    const { store, dispatcher } = createHarness([failing(calls), gate('b', (_call, mint) => mint.observe())]);
    await commit(store, await dispatcher.judge(buildJudgedCall({ context: inRun(1) })));
    const { verdicts } = await dispatcher.judge(buildJudgedCall({ context: inRun(1) }));
    expect(verdicts).toContainEqual({ kind: 'allow', by: 'hook:b' });
  });

  test('stands in the journal, in the same unit as its poison', async () => {
    const judgement = await createHarness([failing({ count: 0 })]).dispatcher.judge(
      buildJudgedCall({ context: inRun(1) }),
    );
    expect(judgement.records.at(-1)).toMatchObject({ kind: 'hook_poisoned', category: 'panic' });
    expect(judgement.writes).toHaveLength(1);
  });

  test('is poisoned once when two calls at once find it failing', async () => {
    const calls = { count: 0 };
    const { store, dispatcher } = createHarness([failing(calls)]);
    const both = await Promise.all([1, 2].map(() => dispatcher.judge(buildJudgedCall({ context: inRun(1) }))));
    for (const judgement of both) await commit(store, judgement);
    expect(await store.list('hook_poison', { limit: 10 })).toHaveLength(1);
  });

  test('keeps the time at which it failed first', async () => {
    const { store, dispatcher, platform } = createHarness([failing({ count: 0 })]);
    const both = await Promise.all([1, 2].map(() => dispatcher.judge(buildJudgedCall({ context: inRun(1) }))));
    const firstAtMs = platform.clock.nowMs();
    for (const judgement of both) {
      await commit(store, judgement);
      platform.advance(1000);
    }
    expect((await store.list('hook_poison', { limit: 10 })).map(({ row }) => row['atMs'])).toEqual([firstAtMs]);
  });
});

describe('a gate that failed outside a run', () => {
  test('keeps denying in its tenant until its time is over', async () => {
    let calls = 0;
    const { store, dispatcher, platform } = createHarness([
      gate('a', () => {
        calls += 1;
        throw new Error('no');
      }),
    ]);
    await commit(store, await dispatcher.judge(buildJudgedCall()));
    const soon = await dispatcher.judge(buildJudgedCall());
    expect(soon.verdicts).toEqual([{ kind: 'deny', by: 'hook:a', code: 'hook_poisoned' }]);
    platform.advance(POISON_TTL_MS);
    await commit(store, await dispatcher.judge(buildJudgedCall()));
    expect(calls).toBe(2);
    expect((await dispatcher.judge(buildJudgedCall())).verdicts).toEqual(soon.verdicts);
  });
});
