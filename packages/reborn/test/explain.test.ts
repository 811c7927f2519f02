/** The explanation of one call: every stage in order, with what it is bound to, whatever the call met on its way. */
import { parseResourceScope, type GateId, type Verdict } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import type { GateCall, HookSpec, Mint } from '@reborn/hooks';
import { SecretValue, type CallPolicy, type HostRuntimeService } from '@reborn/host-runtime';
import { recordingPolicy } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { alice, createDoor, gateOf, handle, posts, saved, scope, tellOf, type Door } from './explain-support.ts';
import { answer, bench, gatesOf } from './support.ts';

const careful: readonly Verdict[] = [{ kind: 'approval', by: 'hook:careful', code: 'hook_over_threshold' }];
/** Its mutators make `b` of every text; its gates want somebody asked. */
const policy = (): CallPolicy => ({
  ...recordingPolicy([], careful),
  mutate: async () => ({ steps: [{ by: 'hook:tidy', input: { text: 'b' } }], verdicts: [], records: [], writes: [] }),
});
const day = { axis: 'user', period: { kind: 'day' } } as const;
const limits = [{ ...day, limit: { usd: '1' }, warnAt: 0.2, pauseAt: 0.3 }];

/** All questions that a call can be asked, one after the other; what it is told stands at a border is left out. */
async function goTheLongWay(strideMs: number) {
  const tokens = [createSentinel('first'), createSentinel('second')];
  const script = { runs: [posts, posts], permission: 'ask', credentials: true, network: true, limits } as const;
  const door = createDoor({ ...script, policy: policy() }, strideMs);
  const { invoke, resolve } = door;
  const give = (value: string | undefined) => ({ credentials: [{ handle, value }] });
  const gates = [
    await resolve(await invoke(), 'authenticate', give(tokens[0])),
    await resolve(await invoke(), 'edit', { input: { text: 'c' }, reason: 'c is shorter' }),
    await resolve(await invoke(), 'approve'),
    await resolve(await invoke(), 'authenticate', give(tokens[1])),
  ] as const;
  expect(await invoke()).toMatchObject({ kind: 'completed', output: { status: 200 } });
  return { door, gates, tokens };
}

/** What the authoriser and the gates of hooks say of an input. */
const judged = (inputDigest: string) => [
  { stage: 'authoriser', said: 'allow', by: 'grants', inputDigest },
  { stage: 'authoriser', said: 'approval', by: 'descriptor', inputDigest, codes: ['permission_ask'] },
  { stage: 'hooks', said: 'approval', by: 'hook:careful', inputDigest, codes: ['hook_over_threshold'] },
];

describe.each([
  ['all within one millisecond', 0],
  ['with time between its steps', 7],
])('A call, %s,', (_, strideMs) => {
  test('is explained with every stage in its order, bound to what its gates and intents are bound to', async () => {
    const { door, gates } = await goTheLongWay(strideMs);
    const told = await tellOf(door);
    const [missing, asked, paused, refused] = gates;
    const [a, b, c] = ['a', 'b', 'c'].map((text) => door.digestIs({ text }));
    const authorityDigest = told.gateOf(missing)?.receipt.authorityDigest;
    const ask = { said: 'asked', by: alice, authorityDigest };
    const change = { path: '/text', op: 'replace' };
    const attempt = (number: number, gateId: GateId) => [
      { stage: 'budget', said: 'warned', codes: ['user', 'usd'] },
      { stage: 'credentials', said: 'lent', count: 1 },
      { stage: 'dispatch', said: 'in_process', attempt: number },
      {
        stage: 'reservation',
        said: 'held',
        attempt: number,
        amounts: expect.objectContaining({ usd: '0.4', calls: 1 }),
      },
      { stage: 'intent', said: 'announced', attempt: number, inputDigest: c, authorityDigest, gateId },
    ];
    expect(told.stages).toEqual([
      {
        stage: 'input',
        said: 'changed',
        by: 'hook:tidy',
        beforeDigest: a,
        inputDigest: b,
        changes: [{ ...change, before: '"a"', after: '"b"' }],
      },
      ...judged(b ?? ''),
      { stage: 'credentials', ...ask, gateId: missing, inputDigest: b, codes: ['credential_missing'] },
      { stage: 'credentials', said: 'authenticate', gateId: missing, by: alice },
      ...judged(b ?? ''),
      { stage: 'approval', ...ask, gateId: asked, inputDigest: b, codes: ['hook_over_threshold', 'permission_ask'] },
      {
        stage: 'approval',
        said: 'edit',
        gateId: asked,
        by: alice,
        inputDigest: c,
        changes: [{ ...change, before: '"b"', after: '"c"' }],
      },
      ...judged(c ?? ''),
      { stage: 'budget', ...ask, gateId: paused, inputDigest: c, codes: ['budget_paused'] },
      { stage: 'budget', said: 'approve', gateId: paused, by: alice },
      ...judged(c ?? ''),
      ...attempt(1, paused),
      { stage: 'egress', said: '401', codes: ['post', 'notes.example'] },
      { stage: 'result', said: 'failed', attempt: 1, effect: 'none', codes: ['credential_refused'] },
      {
        stage: 'reservation',
        said: 'reconciled',
        attempt: 1,
        amounts: expect.objectContaining({ usd: '0', calls: 1 }),
      },
      { stage: 'credentials', ...ask, gateId: refused, inputDigest: c, codes: ['credential_refused'] },
      { stage: 'credentials', said: 'authenticate', gateId: refused, by: alice },
      ...judged(c ?? ''),
      ...attempt(2, refused),
      { stage: 'egress', said: '200', codes: ['post', 'notes.example'] },
      {
        stage: 'result',
        said: 'completed',
        attempt: 2,
        effect: 'happened',
        outputDigest: door.digestIs({ status: 200 }),
      },
      {
        stage: 'reservation',
        said: 'reconciled',
        attempt: 2,
        amounts: expect.objectContaining({ usd: '0.25', calls: 1 }),
      },
    ]);
    expect([told.attempts, told.end, told.capabilityId]).toEqual([2, 'succeeded', 'notes.write']);
    expect([told.explanation.complete, told.explanation.findings]).toEqual([true, []]);
    expect(told.gates.map(({ gateId, kind, status }) => [gateId, kind, status])).toEqual([
      [missing, 'credentials', 'consumed'],
      [asked, 'approval', 'consumed'],
      [paused, 'budget', 'consumed'],
      [refused, 'credentials', 'consumed'],
    ]);
    expect(told.gateOf(asked)?.resolution).toMatchObject({ reason: 'c is shorter', replacedInput: { text: 'b' } });
    expect(told.effects.map(({ result, ...effect }) => [effect.attempt, effect.state, result?.effect])).toEqual([
      [1, 'settled', 'none'],
      [2, 'settled', 'happened'],
    ]);
  });

  test('is explained with what became of answers that led to nothing', async () => {
    const door = createDoor({ permission: 'ask', gateTtlMs: 60_000 }, strideMs);
    const { invoke, resolve, platform, trust } = door;
    const eve = { kind: 'user', id: 'eve' };
    const revoked = await resolve(
      await resolve(await resolve(await invoke(), 'approve', { approver: eve }), 'approve'),
      'revoke',
    );
    const expired = await resolve(await invoke(), 'approve');
    platform.advance(60_000);
    const superseded = await resolve(await invoke(), 'approve');
    trust.change((entries) =>
      entries.map((entry) => ({ ...entry, allowedEffects: ['use_secret', 'write_filesystem'] })),
    );
    const denied = await resolve(await invoke(), 'deny', { reason: 'no' });
    expect(await invoke()).toMatchObject({ failureKind: 'approval_denied' });
    await resolve(denied, 'approve');
    const { stages, end, gates } = await tellOf(door);
    const verdicts = ['allow grants', 'approval descriptor'];
    expect(
      stages.map(({ said, by, gateId }) => [said, typeof by === 'string' ? by : gateId].filter(Boolean).join(' ')),
    ).toEqual([
      ...verdicts,
      `asked ${revoked}`,
      `author_refused ${revoked}`,
      `approve ${revoked}`,
      `revoked ${revoked}`,
      ...verdicts,
      `asked ${expired}`,
      `approve ${expired}`,
      `expired ${expired}`,
      ...verdicts,
      `asked ${superseded}`,
      `approve ${superseded}`,
      ...verdicts,
      `superseded ${superseded}`,
      `asked ${denied}`,
      `deny ${denied}`,
      `denied gate:${denied}`,
      'replay_rejected',
    ]);
    expect(stages.find(({ said }) => said === 'author_refused')).toMatchObject({ by: eve, codes: ['not_authorised'] });
    expect(stages.find(({ said }) => said === 'revoked')).toMatchObject({ by: alice });
    expect(stages.at(-1)).toEqual({
      stage: 'boundary',
      said: 'replay_rejected',
      codes: ['gate_answer', 'gate_closed'],
    });
    expect(gates.map(({ status }) => status)).toEqual(['revoked', 'expired', 'superseded', 'denied']);
    const authorities = gates.map(({ receipt }) => receipt.authorityDigest);
    expect([
      new Set(authorities).size,
      stages.filter(({ said }) => said === 'asked').map((stage) => stage.authorityDigest),
    ]).toEqual([2, authorities]);
    expect(end).toBe('denied');
  });

  test('that goes on by itself is explained with its process, to the end of it', async () => {
    const door = createDoor({ permission: 'ask', limits }, strideMs);
    const spawn = (): ReturnType<HostRuntimeService['spawnCapability']> => door.runtime.spawnCapability(door.request);
    await door.resolve(await spawn(), 'approve');
    await door.resolve(await spawn(), 'approve');
    const spawned = await spawn();
    const processId = spawned.kind === 'spawned_process' ? spawned.processId : '';
    expect((await tellOf(door)).end).toBe('open');
    await new Promise((resolve) => setImmediate(resolve));
    const { stages, end } = await tellOf(door);
    const words = stages.map(({ stage, said, codes = [] }) => [stage, said, ...codes].join(' '));
    expect(words.slice(words.indexOf('dispatch in_process'))).toEqual([
      'dispatch in_process',
      'reservation held',
      'intent announced',
      `process started ${processId}`,
      `process completed ${processId}`,
      'result completed',
      'reservation reconciled',
    ]);
    expect(end).toBe('succeeded');
  });
});

describe('The end of a call', () => {
  const endOf = async (door: Door) => (await tellOf(door)).end;

  test('is waiting while a gate is open, also after an attempt that came to nothing, and open when it was answered', async () => {
    const door = createDoor({ runs: [{ kind: 'auth_required', handles: [handle] }, saved], credentials: true });
    await door.secrets.put({ owner: scope, handle, by: alice }, new SecretValue('too old'));
    const asked = await door.invoke();
    expect([await endOf(door), (await tellOf(door)).attempts]).toEqual(['waiting', 1]);
    await door.resolve(asked, 'authenticate');
    expect(await endOf(door)).toBe('open');
    await door.invoke();
    expect([await endOf(door), (await tellOf(door)).attempts]).toEqual(['succeeded', 2]);
  });

  test('is what the authoriser said when nobody could have let it through', async () => {
    const door = createDoor();
    door.trust.change(() => []);
    await door.invoke();
    const { stages, end } = await tellOf(door);
    expect([end, stages]).toEqual([
      'denied',
      [
        {
          stage: 'authoriser',
          said: 'deny',
          by: 'trust',
          codes: ['policy_denied'],
          inputDigest: door.digestIs({ text: 'a' }),
        },
        { stage: 'refusal', said: 'denied', by: 'trust', codes: ['policy_denied'] },
      ],
    ]);
  });

  test('is failed for a call that never came to a judgement, and for one that was given up before', async () => {
    const unknown = createDoor();
    await unknown.runtime.invokeCapability({ ...unknown.request, capabilityId: 'notes.gone' });
    const wrong = await tellOf(unknown);
    expect([wrong.end, wrong.stages]).toEqual([
      'failed',
      [{ stage: 'refusal', said: 'denied', by: 'host', codes: ['unknown_capability'] }],
    ]);
    const stop = new AbortController();
    const givenUp = createDoor({
      policy: recordingPolicy([], () => (stop.abort(), { verdicts: [], records: [], writes: [] })),
    });
    await givenUp.runtime.invokeCapability(givenUp.request, { signal: stop.signal });
    const told = await tellOf(givenUp);
    expect([told.end, told.stages.at(-1)]).toEqual(['failed', { stage: 'refusal', said: 'cancelled', effect: 'none' }]);
  });

  test('is uncertain when its host was lost, and says who found that and what it cost', async () => {
    const door = createDoor({ runs: [() => new Promise(() => undefined)], limits: [{ ...day, limit: { usd: '1' } }] });
    const dead = door.open({ timers: { schedule: () => () => undefined } });
    void door.invoke(dead);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await endOf(door)).toBe('open');
    door.platform.advance(60_000);
    expect(await door.runtime.recover()).toEqual({ effects: 1, processes: 0, gates: 0 });
    const { stages, end, attempts } = await tellOf(door);
    expect(stages.slice(-3)).toEqual([
      { stage: 'recovery', said: 'uncertain', attempt: 1, codes: ['time_over'] },
      { stage: 'result', said: 'failed', attempt: 1, effect: 'uncertain', codes: ['uncertain'] },
      { stage: 'reservation', said: 'lost', attempt: 1 },
    ]);
    expect([end, attempts]).toEqual(['uncertain', 1]);
  });
});

describe('The explanation of a run', () => {
  test('tells in order what happened within one millisecond: each step behind what the calls before it led to', async () => {
    const refuse = ({ input }: GateCall, mint: Mint<'before_capability'>) =>
      JSON.stringify(input).includes('bad') ? mint.refuse('hook_out_of_policy') : mint.observe();
    const hook: HookSpec = {
      id: 'taste',
      version: 1,
      point: 'before_capability',
      capabilities: ['desk.write'],
      body: refuse,
    };
    const said = [
      [
        ['desk.look', { name: 'x' }],
        ['desk.look', { wrong: 1 }],
      ],
      [['desk.write', { text: 'bad' }]],
      [['desk.write', { text: 'tea' }]],
      [['desk.write', { text: 'milk' }]],
      'Done.',
    ] as const;
    const { open, submit } = bench(said, { hooks: [hook] });
    const host = await open();
    const target = await submit(host);
    await host.drive(target);
    for (const decision of ['approve', 'deny'] as const) {
      await answer(host, (await gatesOf(host))[0], decision);
      await host.drive(target);
    }
    const told = (await host.explain(target.scope, { runId: target.runId }))?.story.map(({ record }) => record);
    expect(new Set(told?.map(({ atMs }) => atMs)).size).toBe(1);
    const judged = [
      'hook_dispatched',
      'hook_decision_emitted',
      'hook_decision_accepted',
      'verdict_given',
      'verdict_given',
      'verdict_given',
      'verdict_given',
      'judgement_settled',
    ];
    const steps = [
      ['run_submitted', 'run_claimed', 'model_started', 'model_completed'],
      ['verdict_given', 'dispatch_requested', 'dispatch_succeeded', 'effect_settled'],
      ['dispatch_failed', 'call_denied'],
      ['model_started', 'model_completed', ...judged, 'boundary_decided', 'call_denied'],
      ['model_started', 'model_completed', ...judged, 'approval_requested', 'run_parked'],
      ['approval_resolved', 'boundary_decided', 'run_resumed', 'run_claimed'],
      [...judged, 'dispatch_requested', 'effect_intended', 'dispatch_succeeded', 'effect_settled'],
      ['model_started', 'model_completed', ...judged, 'approval_requested', 'run_parked'],
      ['approval_resolved', 'boundary_decided', 'run_resumed', 'run_claimed', 'call_denied'],
      ['model_started', 'model_completed', 'assistant_reply_finalized', 'run_completed'],
    ];
    expect(told?.map(({ kind }) => kind)).toEqual(steps.flat());
    await host.close();
  });
});

describe('The explanation of a call', () => {
  test('holds no secret: neither those that were given, nor what looks like one in a change', async () => {
    const { door, tokens } = await goTheLongWay(0);
    expect(findLeaks(await door.explain(), tokens)).toEqual([]);
    const shaped = `ghp_${'a1B2'.repeat(9)}`;
    const steps = [{ by: 'hook:tidy', input: { text: shaped } }];
    const mutating = { ...recordingPolicy(), mutate: async () => ({ steps, verdicts: [], records: [], writes: [] }) };
    const other = createDoor({ policy: mutating });
    await other.invoke();
    const [changed] = (await tellOf(other)).stages;
    expect(changed).toMatchObject({ stage: 'input', changes: [{ path: '/text', op: 'replace', before: '"a"' }] });
    expect(findLeaks(await other.explain(), [shaped])).toEqual([]);
  });

  test('tells of what was taken out of its output, and of where it was kept from going', async () => {
    const leaks = createDoor({
      runs: [({ secrets }) => ({ kind: 'completed', output: secrets?.take(handle)?.reveal() ?? '' })],
      credentials: true,
    });
    const token = createSentinel('output');
    await leaks.secrets.put({ owner: scope, handle, by: alice }, new SecretValue(token));
    await leaks.invoke();
    const { stages, explanation } = await tellOf(leaks);
    expect(stages.filter(({ stage }) => stage === 'boundary' || stage === 'result')).toEqual([
      { stage: 'boundary', said: 'blocked', codes: ['output', 'output_redacted'] },
      {
        stage: 'result',
        said: 'completed',
        attempt: 1,
        effect: 'happened',
        outputDigest: leaks.digestIs('[redacted]'),
      },
    ]);
    expect(findLeaks(explanation, [token])).toEqual([]);
    const strays = createDoor({
      runs: [
        async ({ http }) => ({
          kind: 'completed',
          output: (await http?.request({ url: 'https://evil.example/', method: 'GET', headers: [] }))?.kind ?? '',
        }),
      ],
      network: true,
    });
    await strays.invoke();
    const border = (await tellOf(strays)).stages.filter(({ stage }) => stage === 'boundary' || stage === 'egress');
    expect(border).toEqual([{ stage: 'boundary', said: 'blocked', codes: ['egress', 'target_denied'] }]);
  });

  test.each([
    ['another person', { tenantId: 'acme', userId: 'eve' }],
    ['another tenant', { tenantId: 'other', userId: 'alice' }],
    ['an agent of the same person', { tenantId: 'acme', userId: 'alice', agentId: 'scout' }],
  ])('is not there for %s', async (_, foreign) => {
    const door = createDoor({ permission: 'ask' });
    gateOf(await door.invoke());
    expect(await door.explain()).toBeDefined();
    expect(await door.explain(parseResourceScope(foreign))).toBeUndefined();
  });
});
