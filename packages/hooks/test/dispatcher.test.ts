import { composeMostRestrictive, type JsonValue, type Verdict } from '@reborn/host-api';
import { buildTrust } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GateBody, GateCall } from '../src/index.ts';
import { createHookDispatcher } from '../src/index.ts';
import { buildInstallation, buildJudgedCall } from '../src/testkit/index.ts';
import { createHarness, gate, inRun, settle } from './harness.ts';

const observe: GateBody = (_call, mint) => mint.observe();
const refuse: GateBody = (_call, mint) => mint.refuse('hook_blocklist');
const pause: GateBody = (_call, mint) => mint.pause('hook_sensitive_action');

describe('verdicts', () => {
  test('observe abstains, refuse denies and pause asks for approval', async () => {
    const { dispatcher } = createHarness([
      gate('a', observe, { priority: 1 }),
      gate('b', refuse, { priority: 2 }),
      gate('c', pause, { priority: 3 }),
    ]);
    const { verdicts } = await dispatcher.judge(buildJudgedCall());
    expect(verdicts).toEqual([
      { kind: 'allow', by: 'hook:a' },
      { kind: 'deny', by: 'hook:b', code: 'hook_blocklist' },
      { kind: 'approval', by: 'hook:c', code: 'hook_sensitive_action' },
    ]);
  });

  test('a refusal and a pause without a code have one all the same', async () => {
    const { dispatcher } = createHarness([
      gate('a', (_call, mint) => mint.refuse(), { priority: 1 }),
      gate('b', (_call, mint) => mint.pause(), { priority: 2 }),
    ]);
    const { verdicts } = await dispatcher.judge(buildJudgedCall());
    expect(verdicts).toEqual([
      { kind: 'deny', by: 'hook:a', code: 'hook_refused' },
      { kind: 'approval', by: 'hook:b', code: 'hook_requires_approval' },
    ]);
  });

  test('an early pause does not hide a later refusal', async () => {
    const { dispatcher } = createHarness([
      gate('early', pause, { priority: 0 }),
      gate('late', refuse, { priority: 9 }),
    ]);
    const { verdicts } = await dispatcher.judge(buildJudgedCall());
    expect(verdicts.map((verdict) => verdict.kind)).toEqual(['approval', 'deny']);
    expect(composeMostRestrictive(verdicts)).toMatchObject({ kind: 'deny', by: 'hook:late' });
  });

  test('a call that concerns no gate costs nothing and says nothing', async () => {
    const { dispatcher, platform } = createHarness([gate('a', refuse, { capabilities: ['files.*'] })]);
    expect(await dispatcher.judge(buildJudgedCall())).toEqual({ verdicts: [], records: [], writes: [] });
    expect(platform.pendingTimers()).toBe(0);
  });

  test('no set of hooks yields more than the authoriser allows', async () => {
    const behaviours: readonly GateBody[] = [
      observe,
      refuse,
      pause,
      () => undefined as never,
      () => ({ kind: 'allow', by: 'authoriser' }) as never,
      () => ({ verb: 'observe' }) as never,
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('no')),
      (_call, mint) => Promise.resolve(mint.observe()),
    ];
    const severity = { allow: 0, approval: 1, auth: 2, deny: 3 } as const;
    const bases: readonly Verdict[] = [
      { kind: 'allow', by: 'authoriser' },
      { kind: 'approval', by: 'profile', code: 'asks' },
      { kind: 'deny', by: 'authoriser', code: 'missing_grant' },
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...behaviours), { maxLength: 8 }),
        fc.constantFrom(...bases),
        async (bodies, base) => {
          const { dispatcher } = createHarness(bodies.map((body, at) => gate(`g${at}`, body)));
          const { verdicts } = await dispatcher.judge(buildJudgedCall());
          expect(verdicts).toHaveLength(bodies.length);
          const whole = composeMostRestrictive([base, ...verdicts]);
          for (const verdict of [base, ...verdicts])
            expect(severity[whole.kind]).toBeGreaterThanOrEqual(severity[verdict.kind]);
          if (bodies.includes(refuse)) expect(whole.kind).toBe('deny');
        },
      ),
      { numRuns: 60 },
    );
  });

  test('and records do not depend on the order of registration', async () => {
    const hooks = [
      ...Array.from({ length: 5 }, (_, at) => gate(`g${at}`, at % 2 === 0 ? observe : pause, { priority: at % 3 })),
      buildInstallation({ point: 'before_capability', id: 'other', version: 1, body: refuse }, buildTrust('others')),
    ];
    const outcomeOf = async (set: typeof hooks) => {
      const { verdicts, records } = await createHarness(set).dispatcher.judge(buildJudgedCall());
      return { verdicts, records: records.map((record) => ({ ...record, eventId: 'any' })) };
    };
    const expected = await outcomeOf(hooks);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(hooks, { minLength: hooks.length }), async (shuffled) => {
        expect(await outcomeOf(shuffled)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });
});

describe('which calls a gate judges', () => {
  test.each([
    [['notes.write'], 'notes.write', true],
    [['notes.write'], 'notes.writer', false],
    [['notes.*'], 'notes.write', true],
    [['notes.*'], 'notes.page.write', true],
    [['notes.*'], 'notesbook.write', false],
    [['files.*', 'notes.read'], 'notes.read', true],
    [['files.*', 'notes.read'], 'notes.write', false],
  ])('the filter %o and the capability %s: %s', async (capabilities, capability, judged) => {
    const { dispatcher } = createHarness([gate('a', refuse, { capabilities })]);
    const { verdicts } = await dispatcher.judge(buildJudgedCall({ capability }));
    expect(verdicts.length).toBe(judged ? 1 : 0);
  });
});

describe('side by side', () => {
  test('all gates are at work at once', async () => {
    let atWork = 0;
    let most = 0;
    let release = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      release = resolve;
    });
    const body: GateBody = async (_call, mint) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await opened;
      return mint.observe();
    };
    const { dispatcher } = createHarness(Array.from({ length: 8 }, (_, at) => gate(`g${at}`, body)));
    const judged = dispatcher.judge(buildJudgedCall());
    await settle();
    expect(most).toBe(8);
    release();
    expect((await judged).verdicts).toHaveLength(8);
  });

  test('no more than 64 are, and the others have their turn', async () => {
    let atWork = 0;
    let most = 0;
    const body: GateBody = async (_call, mint) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await settle();
      atWork -= 1;
      return mint.observe();
    };
    const hooks = Array.from({ length: 80 }, (_, at) =>
      buildInstallation(
        { point: 'before_capability', id: `g${at % 8}`, version: 1, body },
        buildTrust(`ext-${at >> 3}`),
      ),
    );
    const { verdicts } = await createHarness(hooks).dispatcher.judge(buildJudgedCall());
    expect(verdicts.filter((verdict) => verdict.kind === 'allow')).toHaveLength(80);
    expect(most).toBe(64);
  });
});

describe('what a hook is given', () => {
  const seeing = async (body: (call: GateCall) => void, input?: JsonValue) => {
    const { dispatcher } = createHarness([
      gate('a', (call, mint) => {
        body(call);
        return mint.observe();
      }),
    ]);
    return dispatcher.judge(buildJudgedCall({ context: inRun(1), ...(input === undefined ? {} : { input }) }));
  };

  test('cannot be changed by it, to the bottom', async () => {
    const input = { list: [{ deep: 'value' }] };
    const attempts: boolean[] = [];
    await seeing((call) => {
      const { list } = call.input as unknown as typeof input;
      attempts.push(Reflect.set(list[0] ?? {}, 'deep', 'changed'), Reflect.set(list, 0, 'x'));
      attempts.push(Reflect.set(call, 'input', 'x'), Reflect.set(call.scope, 'tenantId', 'other'));
      attempts.push(Reflect.set(call.effects, 0, 'network'));
    }, input);
    expect(attempts).toEqual([false, false, false, false, false]);
    expect(input).toEqual({ list: [{ deep: 'value' }] });
  });

  test('is not the caller’s own object, which stays unfrozen', async () => {
    const input = { a: { b: 1 } };
    let seen: unknown;
    await seeing((call) => void (seen = call.input), input);
    expect(seen).toEqual(input);
    expect(seen).not.toBe(input);
    expect(Object.isFrozen(input)).toBe(false);
  });

  test('changing it by assignment is a failure like any other throw', async () => {
    const { verdicts } = await seeing((call) => {
      (call.input as { path: string }).path = '/elsewhere';
    });
    expect(verdicts).toEqual([{ kind: 'deny', by: 'hook:a', code: 'hook_failed' }]);
  });

  test('holds no lease, store, log or host', async () => {
    let keys: readonly string[] = [];
    let text = '';
    await seeing((call) => {
      keys = Object.keys(call);
      text = JSON.stringify(call);
    });
    expect(keys.toSorted()).toEqual(
      ['capabilityId', 'effects', 'input', 'invocationId', 'provider', 'runId', 'scope', 'signal'].toSorted(),
    );
    expect(text).not.toContain('lease');
  });

  test('is not the registered hook as this', async () => {
    const seen: unknown[] = [];
    const body: GateBody = function (this: unknown, _call, mint) {
      seen.push(this);
      return mint.observe();
    };
    await createHarness([gate('a', body)]).dispatcher.judge(buildJudgedCall());
    expect(seen).toEqual([undefined]);
  });
});

describe('records', () => {
  test('are one start and one terminator for each gate that was asked', async () => {
    const { dispatcher } = createHarness([
      gate('a', observe, { priority: 1 }),
      gate('b', refuse, { priority: 2 }),
      gate('c', () => 1 as never, { priority: 3 }),
    ]);
    const { records } = await dispatcher.judge(buildJudgedCall());
    expect(records.map((record) => record.kind)).toEqual([
      'hook_dispatched',
      'hook_decision_emitted',
      'hook_decision_accepted',
      'hook_dispatched',
      'hook_decision_emitted',
      'hook_decision_accepted',
      'hook_dispatched',
      'hook_failed',
      'hook_decision_rejected',
      'hook_poisoned',
    ]);
    expect(records[0]).toMatchObject({ provider: 'rules', tier: 'trusted' });
    expect(records[1]).toMatchObject({ point: 'before_capability', verb: 'observe' });
    expect(records[4]).toMatchObject({ verb: 'refuse' });
    expect(records[7]).toMatchObject({ category: 'malformed', disposition: 'poisoned' });
  });

  test('hold each decision whole in the journal, and name the extension that answers for it', async () => {
    const pause: GateBody = (_call, mint) => mint.pause('hook_sensitive_action', 'for the operator');
    const { dispatcher } = createHarness([gate('a', observe, { priority: 1 }), gate('b', pause, { priority: 2 })]);
    const call = buildJudgedCall();
    const { records } = await dispatcher.judge(call);
    const journal = records.filter((record) => record.kind === 'hook_decision_accepted');
    const { inputDigest } = call;
    expect(
      journal.map(({ provider, point, verb, code, inputDigest: of }) => [provider, point, verb, code, of]),
    ).toEqual([
      ['rules', 'before_capability', 'observe', undefined, inputDigest],
      ['rules', 'before_capability', 'pause', 'hook_sensitive_action', inputDigest],
    ]);
  });

  test('tell the same question from another one, and have ids of their own each time it is judged', async () => {
    const { dispatcher } = createHarness([gate('a', observe)]);
    const decision = async (changes: Parameters<typeof buildJudgedCall>[0] = {}) => {
      const { records } = await dispatcher.judge(buildJudgedCall(changes));
      return records.find((record) => record.kind === 'hook_decision_accepted');
    };
    const [first, again] = [await decision(), await decision()];
    expect(again?.decisionKey).toBe(first?.decisionKey);
    expect(again?.eventId).not.toBe(first?.eventId);
    const otherInput = `sha256:${'00'.repeat(32)}` as never;
    const others = [await decision({ inputDigest: otherInput }), await decision({ context: inRun(1) })];
    expect(new Set([first, ...others].map((found) => found?.decisionKey)).size).toBe(3);
  });

  test('belong to the owner, the run, the call and its correlation', async () => {
    const context = inRun(3);
    const { dispatcher } = createHarness([gate('a', observe)]);
    const { records } = await dispatcher.judge(buildJudgedCall({ context }));
    const { scope, invocationId, correlationId, run } = context;
    for (const record of records)
      expect(record).toMatchObject({ scope, invocationId, correlationId, runId: run?.runId });
    expect(new Set(records.map((record) => record.eventId)).size).toBe(records.length);
  });

  test('hold no reason; the operator hears it', async () => {
    const { dispatcher, platform } = createHarness([
      gate('a', (_call, mint) => mint.refuse('hook_out_of_policy', 'the secret plan')),
    ]);
    const judgement = await dispatcher.judge(buildJudgedCall());
    expect(JSON.stringify(judgement)).not.toContain('secret plan');
    expect(platform.reports.map((report) => report.facts)).toEqual([
      expect.objectContaining({ hook: 'a', verb: 'refuse', reason: 'the secret plan' }),
    ]);
  });
});

test('the digest is that of the set of hooks', () => {
  const one = createHarness([gate('a', observe)]).dispatcher.digest();
  expect(createHarness([gate('a', observe)]).dispatcher.digest()).toBe(one);
  expect(createHarness([gate('b', observe)]).dispatcher.digest()).not.toBe(one);
});

test('a registry that was not checked is refused', () => {
  const { platform, store } = createHarness([]);
  const registry = { gates: [], eventHooks: [], digest: () => 'sha256:0' as never };
  expect(() => createHookDispatcher({ ...platform, store, registry })).toThrow(
    expect.objectContaining({ code: 'hooks/invalid_composition' }),
  );
});
