/** Approvals: who may answer, what an answer is worth, and when it is worth nothing any more. */
import {
  digestOf,
  gateMachine,
  getRecord,
  parseExtensionId,
  portableDigest,
  createHostTrustPolicy,
  type Verdict,
} from '@reborn/host-api';
import { createRecordingStore, fixedUuid } from '@reborn/host-api/testkit';
import { theseApprove, type HostRuntimeOptions } from '@reborn/host-runtime';
import { recordingPolicy, scriptedHandler, staticApprovers } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { alice, asker, codeOf, createWorld, done, gateOf, writer } from './support.ts';

const asks = (code: string): readonly Verdict[] => [{ kind: 'approval', by: 'hook:a', code }];
const kindsOf = (records: readonly { readonly kind?: unknown }[]): unknown[] => records.map((record) => record.kind);

describe('an approval', () => {
  test('is asked for before anything runs, and the same question is not asked twice', async () => {
    const world = createWorld();
    const handler = asker(done);
    const runtime = world.open([handler]);
    const request = world.newCall();
    const gateId = gateOf(await runtime.invokeCapability(request));
    expect(gateOf(await runtime.invokeCapability(request))).toBe(gateId);
    expect(handler.inputs).toEqual([]);
    expect(await world.records('audit')).toMatchObject([
      { kind: 'approval_requested', gateId, asked: ['permission_ask'] },
    ]);
  });

  test('lets exactly the approved input run, once', async () => {
    const world = createWorld();
    const handler = asker(done, done);
    const runtime = world.open([handler]);
    const request = world.newCall({ text: 'a' });
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    const outcome = await runtime.invokeCapability(request);
    expect(outcome.kind).toBe('completed');
    expect(await runtime.invokeCapability(request)).toEqual(outcome);
    expect(handler.inputs).toEqual([{ text: 'a' }]);
    const other = await runtime.invokeCapability(world.newCall({ text: 'a' }));
    expect(other.kind).toBe('approval_required');
  });

  test('runs the edited input, and the digest of the intent is that of the edit', async () => {
    const world = createWorld();
    const handler = asker(done);
    const runtime = world.open([handler]);
    const request = world.newCall({ text: 'rm -rf' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    const resolved = await world.approve(runtime, gateId, { input: { text: 'ls' } });
    expect(resolved).toMatchObject({
      kind: 'resolved',
      gate: { input: { text: 'ls' }, resolution: { replacedInput: { text: 'rm -rf' } } },
    });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(handler.inputs).toEqual([{ text: 'ls' }]);
    const intent = (await world.records('journal')).find((record) => record['kind'] === 'effect_intended');
    expect(intent).toMatchObject({ gateId, inputDigest: digestOf({ text: 'ls' }, portableDigest) });
  });

  test('takes an edit to null for what it is', async () => {
    const world = createWorld();
    const handler = asker(done);
    const runtime = world.open([handler]);
    const request = world.newCall({ text: 'a' });
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)), { input: null });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect(handler.inputs).toEqual([null]);
  });

  test('judges the edited input again, and a gate may still refuse it', async () => {
    const world = createWorld();
    const handler = asker(done);
    const policy = recordingPolicy([], (call: { input: unknown }) => ({
      verdicts: JSON.stringify(call.input).includes('bad') ? [{ kind: 'deny', by: 'hook:a', code: 'bad_text' }] : [],
      records: [],
      writes: [],
    }));
    const runtime = world.open([handler], { policy });
    const request = world.newCall({ text: 'good' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    await world.approve(runtime, gateId, { input: { text: 'bad' } });
    expect(await runtime.invokeCapability(request)).toMatchObject({
      kind: 'failed',
      failureKind: 'denied',
      effect: 'none',
    });
    expect(handler.inputs).toEqual([]);
    expect((await getRecord(world.store, gateMachine, gateId))?.status).toBe('superseded');
  });

  test.each([
    ['has the wrong form', { text: 1 }, { field: 'input.text', rule: 'must be of type string' }],
    ['holds a number that cannot be fingerprinted', 2 ** 60, { field: 'input' }],
  ])('is not given with an edit that %s; the gate stays open', async (_, input, found) => {
    const world = createWorld();
    const handler = scriptedHandler({
      descriptor: { permission: 'ask' },
      checkInput: (value) =>
        typeof value === 'object' && value !== null && 'text' in value && typeof value['text'] === 'string'
          ? { kind: 'valid', input: value }
          : { kind: 'invalid', field: 'input.text', rule: 'must be of type string' },
    });
    const runtime = world.open([handler]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall({ text: 'a' })));
    expect(await world.approve(runtime, gateId, { input })).toMatchObject({ kind: 'invalid_edit', ...found });
    expect((await world.approve(runtime, gateId)).kind).toBe('resolved');
  });

  test('is for one question: an edit comes with the decision to edit, and with no other', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const answer = { tenantId: 'acme', gateId, approver: alice };
    for (const decision of ['deny', 'approve'] as const) {
      expect(await codeOf(runtime.resolveGate({ ...answer, decision, input: {} }))).toBe(
        'host-runtime/invalid_request',
      );
    }
    expect(await codeOf(runtime.resolveGate({ ...answer, decision: 'edit' }))).toBe('host-runtime/invalid_request');
  });

  test('is void when the capability has changed: the old gate is superseded and the new one opened in one unit', async () => {
    const world = createWorld();
    const request = world.newCall();
    const before = world.open([asker()]);
    const first = gateOf(await before.invokeCapability(request));
    await world.approve(before, first);
    const changed = scriptedHandler({
      descriptor: { permission: 'ask', description: 'Writes and posts a note.' },
      runs: [done],
    });
    const after = world.open([changed]);
    const second = gateOf(await after.invokeCapability(request));
    expect(second).not.toBe(first);
    expect(changed.inputs).toEqual([]);
    expect((await getRecord(world.store, gateMachine, first))?.status).toBe('superseded');
    expect(kindsOf(await world.records('audit')).slice(-2)).toEqual(['approval_closed', 'approval_requested']);
    await world.approve(after, second);
    expect((await after.invokeCapability(request)).kind).toBe('completed');
  });

  test.each([
    ['the set of hooks', (policy: ReturnType<typeof recordingPolicy>) => policy.setVersion(2)],
    ['who asks', (policy: ReturnType<typeof recordingPolicy>) => policy.add(asks('second'))],
  ])('is void when %s has changed', async (_, change) => {
    const world = createWorld();
    const policy = recordingPolicy([], asks('first'));
    const handler = writer(done);
    const runtime = world.open([handler], { policy });
    const request = world.newCall();
    const first = gateOf(await runtime.invokeCapability(request));
    await world.approve(runtime, first);
    change(policy);
    expect(gateOf(await runtime.invokeCapability(request))).not.toBe(first);
    expect(handler.inputs).toEqual([]);
  });

  const trusting = (trust: 'first_party' | 'user_trusted') =>
    createHostTrustPolicy([
      { packageId: parseExtensionId('notes'), source: 'composed', trust, allowedEffects: ['write_filesystem'] },
    ]);
  test.each<[string, Partial<HostRuntimeOptions>, Partial<HostRuntimeOptions>]>([
    ['profile', { profile: 'local' }, { profile: 'test' }],
    ['trust class', { trust: trusting('first_party') }, { trust: trusting('user_trusted') }],
  ])('is void under another %s, which asks the very same: the call is asked about anew', async (_, given, now) => {
    const world = createWorld();
    const handler = asker(done);
    const request = world.newCall();
    const before = world.open([handler], given);
    const first = gateOf(await before.invokeCapability(request));
    await world.approve(before, first);
    const after = world.open([handler], now);
    const second = gateOf(await after.invokeCapability(request));
    expect(second).not.toBe(first);
    expect(handler.inputs).toEqual([]);
    const [old, fresh] = await Promise.all([first, second].map((id) => getRecord(world.store, gateMachine, id)));
    expect([old?.status, fresh?.status]).toEqual(['superseded', 'open']);
    expect(fresh?.asked).toEqual(old?.asked);
    await world.approve(after, second);
    expect((await after.invokeCapability(request)).kind).toBe('completed');
  });

  test('is void when its provider lost trust; the call is denied before any effect', async () => {
    const world = createWorld();
    const handler = asker(done);
    const before = world.open([handler]);
    const request = world.newCall();
    await world.approve(before, gateOf(await before.invokeCapability(request)));
    const entry = {
      packageId: parseExtensionId('notes'),
      source: 'composed' as const,
      trust: 'sandbox' as const,
      allowedEffects: [],
    };
    const after = world.open([handler], { trust: createHostTrustPolicy([entry]) });
    expect(await after.invokeCapability(request)).toMatchObject({ failureKind: 'denied' });
    expect(handler.inputs).toEqual([]);
  });

  test('keeps the edit when the question is asked again', async () => {
    const world = createWorld();
    const policy = recordingPolicy([], asks('first'));
    const handler = writer(done);
    const runtime = world.open([handler], { policy });
    const request = world.newCall({ text: 'a' });
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)), { input: { text: 'edited' } });
    policy.setVersion(2);
    const second = gateOf(await runtime.invokeCapability(request));
    expect((await getRecord(world.store, gateMachine, second))?.input).toEqual({ text: 'edited' });
    await world.approve(runtime, second);
    await runtime.invokeCapability(request);
    expect(handler.inputs).toEqual([{ text: 'edited' }]);
  });

  test('is used up by a read together with its result', async () => {
    const world = createWorld();
    const handler = scriptedHandler({
      descriptor: { id: 'notes.read', effects: ['read_filesystem'], permission: 'ask' },
      runs: [done],
    });
    const runtime = world.open([handler]);
    const request = world.newCall({}, { capabilityId: 'notes.read' });
    const gateId = gateOf(await runtime.invokeCapability(request));
    await world.approve(runtime, gateId);
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
    expect((await getRecord(world.store, gateMachine, gateId))?.status).toBe('consumed');
  });

  test('stays good when the caller gives up before anything is begun', async () => {
    const world = createWorld();
    const runtime = world.open([asker(done)]);
    const request = world.newCall();
    await world.approve(runtime, gateOf(await runtime.invokeCapability(request)));
    const gone = { signal: AbortSignal.abort() };
    expect(await runtime.invokeCapability(request, gone)).toMatchObject({ failureKind: 'cancelled', effect: 'none' });
    expect((await runtime.invokeCapability(request)).kind).toBe('completed');
  });
});

describe('an answer', () => {
  test('of the wrong approver leaves the gate open, and is recorded', async () => {
    const world = createWorld();
    const runtime = world.open([asker(done)]);
    const request = world.newCall();
    const gateId = gateOf(await runtime.invokeCapability(request));
    const wrong = [
      { kind: 'user', id: 'bob' },
      { kind: 'agent', id: 'agent' },
      { kind: 'extension', id: 'notes' },
      { kind: 'host' },
    ] as const;
    for (const approver of wrong) {
      const outcome = await runtime.resolveGate({ tenantId: 'acme', gateId, approver, decision: 'approve' });
      expect(outcome).toEqual({ kind: 'not_authorised' });
    }
    expect((await runtime.invokeCapability(request)).kind).toBe('approval_required');
    expect((await world.records('audit')).filter(({ kind }) => kind === 'approval_refused')).toHaveLength(4);
    expect((await world.approve(runtime, gateId)).kind).toBe('resolved');
  });

  test('is taken from a named approver, and from nobody by way of a promise', async () => {
    const world = createWorld();
    const bob = { kind: 'user', id: 'bob' } as const;
    const named = world.open([asker()], { approvers: theseApprove([bob as never]) });
    const gateId = gateOf(await named.invokeCapability(world.newCall()));
    const careless = world.open([asker()], { approvers: { mayResolve: (async () => true) as never } });
    const request = { tenantId: 'acme', gateId, approver: bob, decision: 'approve' } as const;
    expect(await careless.resolveGate(request)).toEqual({ kind: 'not_authorised' });
    expect((await named.resolveGate({ ...request, approver: alice })).kind).toBe('not_authorised');
    expect((await named.resolveGate(request)).kind).toBe('resolved');
  });

  test('of another tenant finds no gate', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const request = { tenantId: 'other', gateId, approver: alice, decision: 'approve' } as const;
    expect(await runtime.resolveGate(request)).toEqual({ kind: 'unknown_gate' });
    expect(await runtime.resolveGate({ ...request, tenantId: 'acme', gateId: fixedUuid(1) })).toEqual({
      kind: 'unknown_gate',
    });
  });

  test('is given once: of two at the same time one wins', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const answers = await Promise.all([
      world.approve(runtime, gateId),
      runtime.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'deny' }),
    ]);
    expect(answers.map(({ kind }) => kind).toSorted()).toEqual(['already_closed', 'resolved']);
  });

  test('that says no is final: it is stored, and the call never runs, also when the hook that asked is gone', async () => {
    const world = createWorld();
    const handler = writer(done, done);
    const before = world.open([handler], { policy: recordingPolicy([], asks('dangerous')) });
    const request = world.newCall();
    const gateId = gateOf(await before.invokeCapability(request));
    await before.resolveGate({ tenantId: 'acme', gateId, approver: alice, decision: 'deny', reason: 'no' });
    const after = world.open([handler]);
    const outcome = await after.invokeCapability(request);
    expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'approval_denied', effect: 'none' });
    world.platform.advance(48 * 3600 * 1000);
    const recording = createRecordingStore(world.store);
    expect(await world.open([handler], { store: recording }).invokeCapability(request)).toEqual(outcome);
    expect(recording.callsOf('commit')).toEqual([]);
    expect(handler.inputs).toEqual([]);
    expect((await world.records('audit')).at(-1)).toMatchObject({
      kind: 'call_denied',
      by: `gate:${gateId}`,
      code: 'approval_denied',
    });
  });

  test('fails as a fault when its store is away, and nothing is decided', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    await world.store.close();
    expect(await codeOf(world.approve(runtime, gateId))).toBe('host-runtime/unavailable');
  });
});

describe('a gate that ran out', () => {
  const day = 24 * 3600 * 1000;

  test('open, is closed and asked again in one unit', async () => {
    const world = createWorld();
    const runtime = world.open([asker(done)]);
    const request = world.newCall();
    const first = gateOf(await runtime.invokeCapability(request));
    world.platform.advance(day);
    const second = gateOf(await runtime.invokeCapability(request));
    expect((await getRecord(world.store, gateMachine, first))?.status).toBe('expired');
    expect(second).not.toBe(first);
  });

  test('approved, is worth nothing', async () => {
    const world = createWorld();
    const handler = asker(done);
    const runtime = world.open([handler]);
    const request = world.newCall();
    const first = gateOf(await runtime.invokeCapability(request));
    await world.approve(runtime, first, { input: { text: 'edited' } });
    world.platform.advance(day);
    const second = gateOf(await runtime.invokeCapability(request));
    expect((await getRecord(world.store, gateMachine, second))?.input).toEqual({ text: 'hello' });
    expect(handler.inputs).toEqual([]);
  });

  test('is closed by who comes too late to answer it', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    world.platform.advance(day);
    expect(await world.approve(runtime, gateId)).toEqual({ kind: 'already_closed', status: 'expired' });
    expect(await world.approve(runtime, gateId)).toEqual({ kind: 'already_closed', status: 'expired' });
  });

  test('by the clock of the writer alone, is closed as well', async () => {
    const world = createWorld();
    const runtime = world.open([asker()]);
    const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
    const slow = world.open([asker()], { clock: { nowMs: () => world.platform.clock.nowMs() - day } });
    world.platform.advance(day);
    expect(await world.approve(slow, gateId)).toEqual({ kind: 'already_closed', status: 'expired' });
  });

  test('between the look and the use, does not let the call run', async () => {
    const world = createWorld();
    const handler = asker(done);
    const policy = recordingPolicy([
      [],
      () => (world.platform.jumpClock(day), { verdicts: [], records: [], writes: [] }),
    ]);
    const runtime = world.open([handler], { policy });
    const request = world.newCall();
    const first = gateOf(await runtime.invokeCapability(request));
    await world.approve(runtime, first);
    expect(gateOf(await world.invoke(runtime, request))).not.toBe(first);
    expect(handler.inputs).toEqual([]);
  });

  test.each([0, -1, 1.5, 2 * day])('is refused when it would live %s ms', async (gateTtlMs) => {
    const world = createWorld();
    expect(() => world.open([], { gateTtlMs })).toThrow(/gateTtlMs/);
  });
});

test('an agent never answers a question that its own call raised, whatever the policy of approvers says', async () => {
  const world = createWorld();
  const self = { kind: 'agent', id: 'agent' } as const;
  const other = { kind: 'agent', id: 'reviewer' } as const;
  const runtime = world.open([asker()], { approvers: staticApprovers(self as never, other as never) });
  const gateId = gateOf(await runtime.invokeCapability(world.newCall()));
  expect(await runtime.resolveGate({ tenantId: 'acme', gateId, approver: self, decision: 'approve' })).toEqual({
    kind: 'not_authorised',
  });
  expect((await runtime.resolveGate({ tenantId: 'acme', gateId, approver: other, decision: 'approve' })).kind).toBe(
    'resolved',
  );
});
