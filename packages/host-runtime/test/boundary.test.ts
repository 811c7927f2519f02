/** What the door writes down about its boundaries and its judgements, and that writing it changes no answer. */
import {
  createHostTrustPolicy,
  parseEventId,
  type DurableStore,
  type JsonObject,
  type Verdict,
} from '@reborn/host-api';
import {
  buildContext,
  buildGrant,
  buildMountView,
  buildScope,
  createFaultyStore,
  createInMemoryFileSystem,
  fixedUuid,
  wrapStore,
} from '@reborn/host-api/testkit';
import { replayJournal, toLogEntry, type LogRecord } from '@reborn/events';
import { buildLogRecord } from '@reborn/events/testkit';
import { createFileTools, staticGrants, type JudgedCall } from '@reborn/host-runtime';
import { recordingPolicy, scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import {
  alice,
  asker,
  claimRun,
  codeOf,
  createWorld,
  done,
  gateOf,
  reader,
  takeLease,
  writer,
  type World,
} from './support.ts';

const words = async (world: World): Promise<unknown[]> =>
  (await world.records('security')).map(({ boundary, decision, code }) => [boundary, decision, code]);
const deny = (by: string, code: string): Verdict => ({ kind: 'deny', by, code });

describe('A call that is denied', () => {
  test.each<[string, readonly Verdict[], string]>([
    ['by one gate', [deny('hook:a', 'hook_blocklist')], 'hook_refused'],
    ['by several gates', [deny('hook:a', 'b'), { kind: 'allow', by: 'hook:b' }, deny('hook:c', 'c')], 'hook_refused'],
    ['by a gate that failed', [deny('hook:a', 'hook_failed')], 'hook_failed'],
    ['by a gate that failed earlier', [deny('hook:a', 'hook_poisoned')], 'hook_poisoned'],
  ])('%s leaves one record of it', async (_, verdicts, code) => {
    const world = createWorld();
    const request = world.newCall();
    const runtime = world.open([writer()], { policy: recordingPolicy([verdicts]) });
    expect(await runtime.invokeCapability(request)).toMatchObject({ failureKind: 'denied' });
    const { scope, invocationId, correlationId } = request.context;
    expect(await world.records('security')).toEqual([
      {
        v: 1,
        kind: 'boundary_decided',
        eventId: expect.any(String),
        atMs: world.platform.clock.nowMs(),
        scope,
        invocationId,
        correlationId,
        capabilityId: 'notes.write',
        provider: 'notes',
        boundary: 'hook_deny',
        decision: 'blocked',
        code,
      },
    ]);
  });

  test.each([
    ['for want of a grant', { grants: staticGrants([]) }, 'missing_grant'],
    ['for a grant of less', { grants: staticGrants([buildGrant({ allowedEffects: [] })]) }, 'policy_denied'],
    ['for want of trust', { trust: createHostTrustPolicy([]) }, 'policy_denied'],
  ] as const)('%s leaves a record of the authority', async (_, options, code) => {
    const world = createWorld();
    await world.open([writer()], options).invokeCapability(world.newCall());
    expect(await words(world)).toEqual([['authority', 'blocked', code]]);
  });

  test('by its own descriptor, and by a gate as well, leaves one record for each boundary', async () => {
    const world = createWorld();
    const off = scriptedHandler({ descriptor: { permission: 'deny' } });
    const policy = recordingPolicy([[deny('hook:a', 'hook_refused')]]);
    await world.open([off], { policy }).invokeCapability(world.newCall());
    expect(await words(world)).toEqual([
      ['authority', 'blocked', 'permission_denied'],
      ['hook_deny', 'blocked', 'hook_refused'],
    ]);
  });

  test('leaves its record in the unit of the denial: both or neither', async () => {
    const world = createWorld();
    const units: JsonObject[][] = [];
    const store: DurableStore = wrapStore(world.store, {
      commit: (writes) => {
        units.push(writes.map((write) => ('stream' in write ? { ...write.stream } : { machine: write.machine })));
        return world.store.commit(writes);
      },
    });
    const policy = recordingPolicy([[deny('hook:a', 'hook_refused')]]);
    await world.open([writer()], { store, policy }).invokeCapability(world.newCall());
    expect(units.map((unit) => unit.map((write) => write['family']).toSorted())).toEqual([
      ['audit', 'journal', 'security'],
    ]);
  });

  test('is none when everybody allows it', async () => {
    const world = createWorld();
    await world.open([writer(done)]).invokeCapability(world.newCall());
    expect(await words(world)).toEqual([]);
  });
});

describe('An answer to a gate', () => {
  async function asked(options: Parameters<World['open']>[1] = {}) {
    const world = createWorld();
    const runtime = world.open([asker(done)], options);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const answer = { tenantId: 'acme', gateId, approver: alice, decision: 'approve' } as const;
    return { world, runtime, gateId, answer };
  }

  test('that is accepted leaves a record of it', async () => {
    const { world, runtime, answer } = await asked();
    await runtime.resolveGate(answer);
    expect(await words(world)).toEqual([['gate_answer', 'allowed', 'answer_accepted']]);
  });

  test('of somebody else, and of the agent that asked, does not fit', async () => {
    const { world, runtime, answer } = await asked();
    await runtime.resolveGate({ ...answer, approver: { kind: 'user', id: 'bob' } });
    await runtime.resolveGate({ ...answer, approver: { kind: 'agent', id: 'agent' } });
    expect(await words(world)).toEqual([
      ['gate_answer', 'scope_mismatch', 'author_not_permitted'],
      ['gate_answer', 'scope_mismatch', 'answer_of_requester'],
    ]);
  });

  test('out of another tenant does not fit, and the owner of the gate can see that it was tried', async () => {
    const { world, runtime, answer } = await asked();
    expect(await runtime.resolveGate({ ...answer, tenantId: 'other' })).toEqual({ kind: 'unknown_gate' });
    expect(await words(world)).toEqual([['gate_answer', 'scope_mismatch', 'tenant_foreign']]);
  });

  test('to a gate that was answered is a replay', async () => {
    const { world, runtime, answer } = await asked();
    await runtime.resolveGate(answer);
    expect(await runtime.resolveGate(answer)).toEqual({ kind: 'already_closed', status: 'approved' });
    expect((await words(world)).at(-1)).toEqual(['gate_answer', 'replay_rejected', 'gate_closed']);
  });

  test('to a gate whose time is over is a replay, said in the unit that closes the gate', async () => {
    const { world, runtime, answer } = await asked({ gateTtlMs: 1000 });
    world.platform.advance(1000);
    expect(await runtime.resolveGate(answer)).toEqual({ kind: 'already_closed', status: 'expired' });
    expect(await words(world)).toEqual([['gate_answer', 'replay_rejected', 'gate_expired']]);
  });

  test('stays what it is when the record cannot be written; the operator hears of it', async () => {
    const { world, answer, runtime } = await asked();
    await runtime.resolveGate(answer);
    const { diagnostics } = world.platform;
    const store = wrapStore(world.store, { commit: () => Promise.reject(new Error('no disk at /dev/sda')) });
    const troubled = world.open([asker(done)], { store, diagnostics });
    expect(await troubled.resolveGate(answer)).toEqual({ kind: 'already_closed', status: 'approved' });
    expect(await troubled.resolveGate({ ...answer, tenantId: 'other' })).toEqual({ kind: 'unknown_gate' });
    expect(world.platform.reports.map(({ facts }) => facts)).toEqual([
      { boundary: 'gate_answer', decision: 'replay_rejected', code: 'gate_closed', cause: 'unknown' },
      { boundary: 'gate_answer', decision: 'scope_mismatch', code: 'tenant_foreign', cause: 'unknown' },
    ]);
  });
});

test('a call in the name of a run of somebody else is written down, in the stream of whoever made it', async () => {
  const world = createWorld();
  const run = await claimRun(world.store, 700, 'worker-1', buildScope({ userId: 'bob' }));
  const context = buildContext({ invocationId: fixedUuid(710), run });
  const runtime = world.open([writer()]);
  expect(await codeOf(runtime.invokeCapability(world.newCall({}, { context })))).toBe('host-runtime/invalid_request');
  expect(await words(world)).toEqual([['run_ownership', 'scope_mismatch', 'run_foreign']]);
  const [record] = await world.records('security');
  expect([record?.['runId'], record?.['scope']]).toEqual([undefined, context.scope]);
  const unknown = buildContext({ invocationId: fixedUuid(711), run: { ...run, runId: fixedUuid(712) as never } });
  expect(await codeOf(runtime.invokeCapability(world.newCall({}, { context: unknown })))).toBe(
    'host-runtime/invalid_request',
  );
  expect(await words(world)).toHaveLength(1);
});

describe('A path that leaves its mounts', () => {
  const trust = createHostTrustPolicy([
    {
      packageId: 'builtin' as never,
      source: 'bundled',
      trust: 'first_party',
      allowedEffects: ['read_filesystem', 'write_filesystem'],
    },
  ]);
  const grants = staticGrants([buildGrant({ capability: 'builtin.read_file' })]);
  const read = async (path: string) => {
    const world = createWorld();
    const files = createInMemoryFileSystem({ '/projects/demo/note.md': 'A note.' });
    const runtime = world.open(createFileTools({ files, mounts: buildMountView() }), { trust, grants });
    const outcome = await world.invoke(
      runtime,
      world.newCall({ path }, { capabilityId: 'builtin.read_file' as never }),
    );
    return { outcome, found: await words(world) };
  };

  test.each(['../../etc/passwd', '/etc/passwd', '/workspace/../secret', '.env'])('%s is written down', async (path) => {
    const { outcome, found } = await read(path);
    expect([outcome.kind, found]).toEqual(['failed', [['mount', 'blocked', 'path_denied']]]);
  });

  test.each(['note.md', 'missing.md'])('is not %s', async (path) => {
    expect((await read(path)).found).toEqual([]);
  });

  test('is not what a capability of somebody else calls by the same code', async () => {
    const world = createWorld();
    const failed = { kind: 'failed', code: 'filesystem_denied', message: 'No.', effect: 'none' } as const;
    await world.open([writer(failed)]).invokeCapability(world.newCall());
    expect(await words(world)).toEqual([]);
  });
});

describe('What a judgement led to', () => {
  /** A policy that decides as the hooks of a host do, with a record of it. */
  function deciding(world: World, verdicts: readonly Verdict[]) {
    let ids = 800;
    return recordingPolicy([], ({ context, inputDigest }: JudgedCall) => {
      const { scope, invocationId, correlationId } = context;
      ids += 1;
      const eventId = parseEventId(fixedUuid(ids));
      const about = { eventId, atMs: world.platform.clock.nowMs(), scope, invocationId, correlationId, inputDigest };
      return { verdicts, records: [buildLogRecord('hook_decision_accepted', ids, about)], writes: [] };
    });
  }
  const journal = async (world: World) => {
    const { records } = await world.store.readStream({
      stream: { family: 'journal', tenantId: 'acme' as never },
      after: 0,
      limit: 1000,
    });
    return records.map((record) => toLogEntry('journal', record));
  };
  const settled = async (world: World) =>
    (await world.records('journal')).flatMap((record) =>
      record['kind'] === 'judgement_settled' ? [record['result']] : [],
    );

  test.each<[string, readonly Verdict[], readonly string[]]>([
    ['denied', [deny('hook:a', 'hook_refused')], ['denied']],
    ['asked', [{ kind: 'approval', by: 'hook:a', code: 'hook_sensitive_action' }], ['asked']],
    ['dispatched', [{ kind: 'allow', by: 'hook:a' }], ['dispatched']],
  ])('is written with it: %s', async (_, verdicts, results) => {
    const world = createWorld();
    const runtime = world.open([writer(done), reader(done)], { policy: deciding(world, verdicts) });
    await runtime.invokeCapability(world.newCall());
    expect(await settled(world)).toEqual(results);
    await runtime.invokeCapability(world.newCall({}, { capabilityId: 'notes.read' as never }));
    expect(await settled(world)).toEqual([...results, ...results]);
    const replay = replayJournal({ mode: 'resume', entries: await journal(world) });
    expect([replay.openDecisions, replay.blockers]).toEqual([[], []]);
    expect(replay.calls.flatMap(({ decisions }) => decisions.map(({ state }) => state))).toEqual([
      'applied',
      'applied',
    ]);
  });

  test('is nothing when the caller gives up meanwhile, and that is written too', async () => {
    const world = createWorld();
    const caller = new AbortController();
    const policy = deciding(world, []);
    const giving = { ...policy, judge: (call: JudgedCall) => (caller.abort(), policy.judge(call)) };
    const outcome = await world.open([writer()], { policy: giving }).invokeCapability(world.newCall(), caller);
    expect([outcome, await settled(world)]).toMatchObject([{ failureKind: 'cancelled' }, ['not_applied']]);
    const [call] = replayJournal({ mode: 'audit', entries: await journal(world) }).calls;
    expect(call?.decisions.map(({ state }) => state)).toEqual(['not_applied']);
  });

  test('is not spoken of where no hook decided anything', async () => {
    const world = createWorld();
    await world.open([writer(done)]).invokeCapability(world.newCall());
    expect(await settled(world)).toEqual([]);
  });
});

describe('An effect that somebody else gave up', () => {
  const never = () => new Promise<never>(() => undefined);
  const marks = async (world: World) =>
    (await world.records('journal')).filter(
      ({ kind }) => kind === 'recovery_marked' || kind === 'effect_settled',
    ) as unknown as LogRecord[];

  test('because its time is over is marked so, beside its uncertain result', async () => {
    const world = createWorld();
    const request = world.newCall({}, { idempotencyKey: 'k' as never });
    const store = createFaultyStore(world.store, [{ call: 2, when: 'before', does: 'dies' }]);
    const died = codeOf(world.settled(world.open([writer(done)], { store }).invokeCapability(request)));
    expect(await died).toBe('host-runtime/unavailable');
    const outcome = await world.invoke(world.open([writer()]), request);
    expect(outcome).toMatchObject({ kind: 'failed', effect: 'uncertain' });
    expect(await marks(world)).toMatchObject([
      { kind: 'recovery_marked', attempt: 1, found: 'uncertain', cause: 'time_over' },
      { kind: 'effect_settled', attempt: 1, effect: 'uncertain' },
    ]);
  });

  test('because its run has another worker is marked so', async () => {
    const world = createWorld();
    const { runId, lease } = await claimRun(world.store, 720);
    const call = (held: typeof lease) =>
      world.newCall(
        {},
        {
          idempotencyKey: 'k' as never,
          context: buildContext({ invocationId: fixedUuid(730), run: { runId, lease: held } }),
        },
      );
    void world
      .open([writer(never)])
      .invokeCapability(call(lease))
      .catch(() => undefined);
    await world.tick();
    world.platform.advance(60_001);
    const next = await takeLease(world.store, runId, 'worker-2');
    expect(await world.invoke(world.open([writer()]), call(next))).toMatchObject({ effect: 'uncertain' });
    expect((await marks(world))[0]).toMatchObject({ kind: 'recovery_marked', cause: 'lease_fenced' });
  });
});

test('an event of a dispatch says how long it took, and who provides the capability', async () => {
  const world = createWorld();
  const slow = () => new Promise((resolve) => void world.platform.timers.schedule(700, () => resolve(done)));
  await world.invoke(world.open([writer(slow as never)]), world.newCall());
  expect(await world.records('runtime')).toMatchObject([
    { kind: 'dispatch_requested', provider: 'notes' },
    { kind: 'dispatch_succeeded', provider: 'notes', durationMs: 700 },
  ]);
});
