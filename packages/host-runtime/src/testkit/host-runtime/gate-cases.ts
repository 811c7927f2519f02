/**
 * Answers to gates: which count, which do not and why, and how the call goes on.
 *
 * Not here: whose answer counts (`ApproverPolicy`), what an approval is bound to (this package's own tests).
 * Source: rulings, section 2; specification 2, b.7 and b.8.
 */
import { equals, fixedUuid, holds } from '@reborn/host-api/testkit';
import type { InvokeOutcome } from '../../host-runtime.ts';
import { gateOf, resolve, resolvedGate, tells, type DoorCase, type PreparedCall, type Situation } from './harness.ts';
import { checkOutcome } from './outcome-form.ts';

const TOKEN = { handle: 'notes_token', value: 'correct-horse-battery' };

/** Asks, and hands out the gate. */
async function suspended({ runtime, request }: PreparedCall) {
  return gateOf(await runtime.invokeCapability(request));
}

/** Makes the call again and checks that it has become `told`. */
async function goesOn({ runtime, request }: PreparedCall, told: Partial<InvokeOutcome>): Promise<InvokeOutcome> {
  const outcome = await runtime.invokeCapability(request);
  checkOutcome(outcome, request);
  tells(outcome, told, 'the call goes on as it was answered');
  return outcome;
}

type Refusing = readonly [situation: Situation, decision: 'deny' | 'decline', told: Partial<InvokeOutcome>];
const REFUSING: readonly Refusing[] = [
  ['asks', 'deny', { kind: 'failed', failureKind: 'approval_denied', effect: 'none' }],
  ['over_budget', 'deny', { kind: 'failed', failureKind: 'budget_declined', effect: 'none' }],
  ['lacks_credential', 'decline', { kind: 'failed', failureKind: 'credentials_declined', effect: 'none' }],
];

export const gateCases: readonly DoorCase[] = [
  ...(['asks', 'over_budget'] as const).map((situation): DoorCase => ({
    name: `lets a call that ${situation === 'asks' ? 'asks' : 'is over its budget'} go on once somebody approves, once`,
    run: async (harness) => {
      const call = await harness.prepare(situation);
      const gateId = await suspended(call);
      const gate = resolvedGate(await resolve(call, gateId, { decision: 'approve', reason: 'fine' }));
      equals([gate.gateId, gate.status, gate.resolution?.decision], [gateId, 'approved', 'approve'], 'the answer');
      await goesOn(call, { kind: 'completed' });
      const replayed = await resolve(call, gateId, { decision: 'approve' });
      equals(replayed, { kind: 'already_closed', status: 'consumed' }, 'the answer is used up');
    },
  })),
  ...REFUSING.map(([situation, decision, told]): DoorCase => ({
    name: `fails a call for good whose gate is answered with ${decision} (${situation})`,
    run: async (harness) => {
      const call = await harness.prepare(situation);
      const gateId = await suspended(call);
      const gate = resolvedGate(await resolve(call, gateId, { decision }));
      equals([gate.status, gate.resolution?.decision], ['denied', decision], 'the answer');
      equals(await goesOn(call, told), await goesOn(call, told), 'the answer is final');
    },
  })),
  {
    name: 'carries out the input that the answer brings, and keeps what it replaced',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = await suspended(call);
      const gate = resolvedGate(await resolve(call, gateId, { decision: 'edit', input: { text: 'edited' } }));
      equals(
        [gate.input, gate.resolution?.replacedInput, gate.resolution?.decision],
        [{ text: 'edited' }, call.request.input, 'edit'],
        'the gate shows both inputs',
      );
      await goesOn(call, { kind: 'completed' });
    },
  },
  {
    name: 'takes no input that the capability does not take, and leaves the gate open',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = await suspended(call);
      const refused = await resolve(call, gateId, { decision: 'edit', input: 7 });
      holds(refused.kind === 'invalid_edit', 'the edit is refused');
      holds(refused.field !== '' && refused.rule !== '', 'with the field and the rule');
      resolvedGate(await resolve(call, gateId, { decision: 'approve' }));
    },
  },
  {
    name: 'takes no answer of somebody else, and leaves the gate open',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = await suspended(call);
      for (const approver of [
        { kind: 'user', id: 'mallory' },
        { kind: 'agent', id: 'agent' },
        { kind: 'host' },
      ] as const) {
        equals(
          await resolve(call, gateId, { decision: 'approve', approver }),
          { kind: 'not_authorised' },
          approver.kind,
        );
      }
      equals(gateOf(await call.runtime.invokeCapability(call.request)), gateId, 'the question stands');
    },
  },
  {
    name: 'knows no gate of another tenant, and none that nobody opened',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = await suspended(call);
      const unknown = { kind: 'unknown_gate' };
      equals(await resolve(call, gateId, { decision: 'approve', tenantId: 'other' }), unknown, 'another tenant');
      equals(await resolve(call, gateId, { decision: 'approve', gateId: fixedUuid(9) }), unknown, 'no gate');
    },
  },
  ...(
    [
      ['asks', 'approval', ['authenticate', 'decline']],
      ['over_budget', 'budget', ['authenticate', 'decline', 'edit']],
      ['lacks_credential', 'credentials', ['approve', 'deny', 'edit']],
    ] as const
  ).map(([situation, gateKind, decisions]): DoorCase => ({
    name: `is not answered about ${gateKind} with ${decisions.join(', ')}`,
    run: async (harness) => {
      const call = await harness.prepare(situation);
      const gateId = await suspended(call);
      for (const decision of decisions) {
        const answer = { decision, ...(decision === 'edit' ? { input: {} } : {}) };
        equals(await resolve(call, gateId, answer), { kind: 'wrong_decision', gateKind }, decision);
      }
      equals(gateOf(await call.runtime.invokeCapability(call.request)), gateId, 'the question stands');
    },
  })),
  {
    name: 'waits for a credential until it is there, and goes on with the one that came with the answer',
    run: async (harness) => {
      const call = await harness.prepare('lacks_credential');
      const gateId = await suspended(call);
      const decision = 'authenticate';
      equals(await resolve(call, gateId, { decision }), { kind: 'credentials_missing', missing: 1 }, 'it is not there');
      const other = { ...TOKEN, handle: 'other_token' };
      const refused = await resolve(call, gateId, { decision, credentials: [other] });
      equals(refused.kind, 'invalid_edit', 'nobody has asked for another one');
      const gate = resolvedGate(await resolve(call, gateId, { decision, credentials: [TOKEN] }));
      equals(
        [gate.status, gate.credentials, gate.resolution?.decision],
        ['approved', ['notes_token'], decision],
        'the answer',
      );
      holds(!JSON.stringify(gate).includes(TOKEN.value), 'the gate shows nothing of the secret');
      holds(!JSON.stringify(await goesOn(call, { kind: 'completed' })).includes(TOKEN.value), 'nor does the outcome');
    },
  },
  {
    name: 'takes back an answer that nothing has used, and asks again',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = await suspended(call);
      const revoke = () => resolve(call, gateId, { decision: 'revoke' });
      equals(await revoke(), { kind: 'already_closed', status: 'open' }, 'there is nothing to take back');
      resolvedGate(await resolve(call, gateId, { decision: 'approve' }));
      equals(resolvedGate(await revoke()).status, 'revoked', 'it is taken back');
      equals(await revoke(), { kind: 'already_closed', status: 'revoked' }, 'once');
      holds(gateOf(await call.runtime.invokeCapability(call.request)) !== gateId, 'a new question is asked');
    },
  },
  {
    name: 'takes one answer to a gate, and says of every other how it was closed',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = await suspended(call);
      const answers = await Promise.all([
        resolve(call, gateId, { decision: 'deny' }),
        resolve(call, gateId, { decision: 'deny' }),
      ]);
      const closed = { kind: 'already_closed', status: 'denied' };
      equals(answers.map(({ kind }) => kind).toSorted(), ['already_closed', 'resolved'], 'one of two counts');
      equals(await resolve(call, gateId, { decision: 'approve' }), closed, 'and stays');
    },
  },
];
