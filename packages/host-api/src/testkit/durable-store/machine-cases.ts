/** The machines of this package, edge by edge, and what they guard beyond their tables. */
import { approveGate, consumeGate, gateMachine, gateRowSchema, openGate, type NewGate } from '../../durable/gate.ts';
import {
  idempotencyMachine,
  intendEffect,
  presumeEffectLost,
  reopenEffect,
  settleEffect,
  suspendEffect,
} from '../../durable/idempotency.ts';
import { leaseMachine } from '../../durable/lease.ts';
import type { CommitOutcome } from '../../durable/unit-of-work.ts';
import {
  parseCapabilityId,
  parseCorrelationId,
  parseDigest,
  parseGateId,
  parseInvocationId,
  parseUserId,
} from '../../ids.ts';
import { buildScope } from '../builder.ts';
import { equals } from '../contract-case.ts';
import { fixedUuid } from '../fake-platform.ts';
import { machineContract } from '../machine-contract.ts';
import { receiptsOf, storeCase } from './ticket.ts';

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);
const effect = { fingerprint: digest('a'), invocationId: parseInvocationId(fixedUuid(1)) };
const other = { ...effect, fingerprint: digest('b') };
const gateId = parseGateId(fixedUuid(9));
const alice = { kind: 'user', id: parseUserId('alice') } as const;
const digests = { inputDigest: digest('c'), authorityDigest: digest('d') };

const leaseEdges = machineContract(leaseMachine, {
  path: { none: [], held: ['acquire'], free: ['acquire', 'release'] },
  command: (trigger, from) => {
    switch (trigger) {
      case 'acquire':
        return { command: { trigger, holder: 'holder', ttlMs: 1000 }, nowMs: from === 'held' ? 2_000_000 : 1_000_000 };
      case 'renew':
        return { command: { trigger, holder: 'holder', fence: 1, ttlMs: 1000 } };
      case 'check':
      case 'release':
        return { command: { trigger, holder: 'holder', fence: 1 } };
    }
  },
});

const idempotencyEdges = machineContract(idempotencyMachine, {
  path: { none: [], suspended: ['suspend'], intended: ['intend'], settled: ['settle'], open: ['intend', 'reopen'] },
  command: (trigger, from) => {
    const { fingerprint } = effect;
    const known = { ...effect, ...(from === 'suspended' ? { after: gateId } : {}) };
    switch (trigger) {
      case 'suspend':
        return { command: { trigger, ...known, gateId } };
      case 'intend':
        return { command: { trigger, ...known, settleByMs: 1_500_000 } };
      case 'settle':
        return { command: { trigger, ...known, attempt: from === 'intended' ? 1 : 0, outcome: { done: true } } };
      case 'reopen':
        return { command: { trigger, fingerprint, attempt: 1 } };
      case 'presume_lost':
        return { command: { trigger, fingerprint, attempt: 1, outcome: { lost: true } }, nowMs: 1_500_000 };
    }
  },
});

const gateEdges = machineContract(gateMachine, {
  key: (number) => fixedUuid(number),
  path: {
    none: [],
    open: ['open'],
    approved: ['open', 'approve'],
    denied: ['open', 'deny'],
    expired: ['open', 'expire'],
    superseded: ['open', 'supersede'],
    revoked: ['open', 'approve', 'revoke'],
    consumed: ['open', 'approve', 'consume'],
  },
  command: (trigger, _from, number) => {
    switch (trigger) {
      case 'open':
        return {
          command: { trigger, gate: JSON.parse(JSON.stringify({ ...newGate(number), status: 'open', openedAtMs: 0 })) },
        };
      case 'approve':
      case 'deny':
      case 'revoke':
        return { command: { trigger, by: alice } };
      case 'consume':
        return { command: { trigger, ...digests } };
      case 'expire':
        return { command: { trigger }, nowMs: 2_000_000 };
      case 'supersede':
      case 'check_open':
        return { command: { trigger } };
    }
  },
});

export const machineCases = [
  ...leaseEdges,
  ...idempotencyEdges,
  ...gateEdges,

  storeCase('tells another effect under a known key apart', async ({ store }) => {
    receiptsOf(await store.commit([intendEffect('k', effect, { settleByMs: 2_000_000 })]));
    const writes = [
      settleEffect('k', other, 1, {}),
      reopenEffect('k', other, 1),
      presumeEffectLost('k', other, 1, {}),
      suspendEffect('k', other, gateId),
    ];
    const reasons: string[] = [];
    for (const write of writes) reasons.push(reasonOf(await store.commit([write])));
    const mismatch = 'fingerprint_mismatch';
    equals(reasons, [mismatch, mismatch, mismatch, 'suspend_from_intended'], 'the key stands for one effect');
  }),

  storeCase('moves a suspended effect only for the gate that it waits for', async ({ store }) => {
    const elsewhere = parseGateId(fixedUuid(10));
    receiptsOf(await store.commit([suspendEffect('k', effect, gateId)]));
    for (const after of [undefined, elsewhere]) {
      const mover = { ...effect, after };
      const writes = [
        suspendEffect('k', mover, elsewhere),
        intendEffect('k', mover, { settleByMs: 2_000_000 }),
        settleEffect('k', mover, 0, {}),
      ];
      for (const write of writes) equals(reasonOf(await store.commit([write])), 'other_gate', 'it stays where it is');
    }
    receiptsOf(await store.commit([suspendEffect('k', { ...effect, after: gateId }, elsewhere)]));
    receiptsOf(await store.commit([intendEffect('k', { ...effect, after: elsewhere }, { settleByMs: 2_000_000 })]));
  }),

  storeCase('numbers attempts and lets only the announced one settle', async ({ store }) => {
    const terms = { settleByMs: 2_000_000 };
    receiptsOf(await store.commit([intendEffect('k', effect, terms)]));
    receiptsOf(await store.commit([reopenEffect('k', effect, 1)]));
    receiptsOf(await store.commit([intendEffect('k', effect, terms)]));
    equals(
      reasonOf(await store.commit([settleEffect('k', effect, 1, { late: true })])),
      'attempt_over',
      'the first is over',
    );
    equals(
      reasonOf(await store.commit([settleEffect('k', effect, 0, {})])),
      'attempt_over',
      'an announced effect has a number',
    );
    receiptsOf(await store.commit([settleEffect('k', effect, 2, { done: true })]));
    equals(
      await store.get('idempotency', 'k'),
      { status: 'settled', ...effect, outcome: { done: true }, attempt: 2 },
      'final',
    );
  }),

  storeCase('gives an announced effect up only past its time or under a newer lease', async ({ store, setNowMs }) => {
    const lease = { key: 'run', holder: 'first', fence: 3 };
    for (const key of ['by-time', 'by-lease']) {
      receiptsOf(await store.commit([intendEffect(key, effect, { settleByMs: 1_000_100, lease })]));
    }
    const lost = (key: string, proof?: typeof lease) =>
      store.commit([presumeEffectLost(key, effect, 1, { lost: true }, proof)]);
    equals(reasonOf(await lost('by-time')), 'still_running', 'its caller may still settle it');
    equals(reasonOf(await lost('by-lease', lease)), 'still_running', 'the same token proves nothing');
    equals(
      reasonOf(await lost('by-lease', { ...lease, key: 'another', fence: 9 })),
      'still_running',
      'nor does another lease',
    );
    receiptsOf(await lost('by-lease', { ...lease, holder: 'second', fence: 4 }));
    setNowMs(1_000_099);
    equals(reasonOf(await lost('by-time')), 'still_running', 'one millisecond early');
    setNowMs(1_000_100);
    receiptsOf(await lost('by-time'));
    equals(
      reasonOf(await store.commit([settleEffect('by-time', effect, 1, {})])),
      'settle_from_settled',
      'late results lose',
    );
  }),

  storeCase('uses an approval once, for exactly what was asked, in time', async ({ store, setNowMs }) => {
    const gate = newGate(9);
    receiptsOf(await store.commit([openGate(gate)]));
    receiptsOf(await store.commit([approveGate(gateId, { by: alice, reason: 'go\non' })]));
    const edited = { ...digests, inputDigest: digest('e') };
    equals(reasonOf(await store.commit([consumeGate(gateId, edited)])), 'receipt_mismatch', 'another input');
    const changed = { ...digests, authorityDigest: digest('e') };
    equals(reasonOf(await store.commit([consumeGate(gateId, changed)])), 'receipt_mismatch', 'another authority');
    setNowMs(2_000_000);
    equals(reasonOf(await store.commit([consumeGate(gateId, digests)])), 'gate_expired', 'too late');
    setNowMs(1_999_999);
    const twice = await Promise.all([1, 2].map(() => store.commit([consumeGate(gateId, digests)])));
    equals(twice.map(reasonOf).toSorted(), ['', 'consume_from_consumed'], 'one of two uses it');
  }),

  storeCase('keeps what stood in a gate before it was edited', async ({ store }) => {
    receiptsOf(await store.commit([openGate(newGate(9))]));
    const edit = { input: { text: 'edited' }, inputDigest: digest('e') };
    receiptsOf(await store.commit([approveGate(gateId, { by: alice, edit })]));
    const row = gateRowSchema.parse(await store.get('gate', gateId));
    equals(
      [row.input, row.receipt.inputDigest],
      [edit.input, edit.inputDigest],
      'the edited input is what will be executed',
    );
    equals(row.resolution?.replacedInput, { text: 'original' }, 'the original is kept');
    equals(reasonOf(await store.commit([consumeGate(gateId, digests)])), 'receipt_mismatch', 'the old digest is void');
    receiptsOf(await store.commit([consumeGate(gateId, { ...digests, inputDigest: edit.inputDigest })]));
  }),
];

function newGate(number: number): NewGate {
  return {
    gateId: parseGateId(fixedUuid(number)),
    kind: 'approval',
    asked: ['writes'],
    input: { text: 'original' },
    receipt: {
      requestedBy: alice,
      scope: buildScope(),
      invocationId: effect.invocationId,
      correlationId: parseCorrelationId(fixedUuid(2)),
      capabilityId: parseCapabilityId('notes.write'),
      ...digests,
      expiresAtMs: 2_000_000,
    },
    effectKey: 'effect',
  };
}

function reasonOf(outcome: CommitOutcome): string {
  return outcome.kind === 'conflict' ? outcome.reason : '';
}
