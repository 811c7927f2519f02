/**
 * Gates and the effect that waits behind one: a gate is answered once, used once, only in time and only for what was asked;
 * using it and announcing the effect are one unit.
 */
import {
  approveGate,
  checkGateOpen,
  consumeGate,
  denyGate,
  expireGate,
  gateMachine,
  idempotencyMachine,
  intendEffect,
  openGate,
  parseCapabilityId,
  parseCorrelationId,
  parseDigest,
  parseGateId,
  parseInvocationId,
  supersedeGate,
  type CommitOutcome,
  type Write,
} from '@reborn/host-api';
import { buildScope, fixedUuid } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { seenOf } from './seen.ts';
import type { Seen, StoreModel } from './store-model.ts';

type Status = 'open' | 'approved' | 'denied' | 'expired' | 'superseded' | 'consumed';
interface ModelGate {
  readonly status: Status;
  readonly untilMs: number;
}
interface Gates {
  readonly gates: Readonly<Record<number, ModelGate>>;
  readonly announced: boolean;
}

interface GateOp {
  readonly does: 'open' | 'check_open' | 'approve' | 'deny' | 'expire' | 'supersede' | 'consume';
  readonly gate: number;
  readonly ttlMs: number;
  readonly asAsked: boolean;
}

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);
const host = { by: { kind: 'host' }, reason: undefined } as const;

export const gateModel: StoreModel<Gates, GateOp> = {
  name: 'gates and the effect behind them',
  machines: [gateMachine, idempotencyMachine],
  initial: { gates: {}, announced: false },
  op: fc.record({
    does: fc.constantFrom(
      'open',
      'check_open',
      'approve',
      'approve',
      'deny',
      'expire',
      'supersede',
      'consume',
      'consume',
    ),
    gate: fc.integer({ min: 1, max: 3 }),
    ttlMs: fc.constantFrom(60, 500, 100_000),
    asAsked: fc.boolean(),
  }),
  step: (before, op, nowMs) => {
    const gate = before.gates[op.gate];
    const decided = decide(gate, op, nowMs);
    if ('refused' in decided) return { state: before, seen: { ...decided, at: 0 } };
    const { status } = decided;
    const untilMs = gate?.untilMs ?? nowMs + op.ttlMs;
    const gates = { ...before.gates, [op.gate]: { status, untilMs } };
    if (op.does !== 'consume') return { state: { ...before, gates }, seen: [status] };
    // An effect that was announced is not announced again, whichever gate allows it: then the gate stays unused, too.
    if (before.announced) return { state: before, seen: { refused: 'intend_from_intended', at: 1 } };
    return { state: { gates, announced: true }, seen: [status, 'intended'] };
  },
  ask: async (op, { store, scope, nowMs }) =>
    seenStatuses(await store.commit(writesOf(op, Number(scope.slice(1)), nowMs()))),
};

type Decided = { readonly refused: string } | { readonly status: Status };

const LEGAL: Readonly<Record<GateOp['does'], readonly string[]>> = {
  open: ['none'],
  check_open: ['open'],
  approve: ['open'],
  deny: ['open'],
  expire: ['open', 'approved'],
  supersede: ['open', 'approved'],
  consume: ['approved'],
};

function decide(gate: ModelGate | undefined, { does, asAsked }: GateOp, nowMs: number): Decided {
  const status = gate?.status ?? 'none';
  const isOver = gate !== undefined && gate.untilMs <= nowMs;
  if (!LEGAL[does].includes(status)) return { refused: `${does}_from_${status}` };
  switch (does) {
    case 'open':
    case 'check_open':
      return { status: 'open' };
    case 'expire':
      return isOver ? { status: 'expired' } : { refused: 'gate_not_expired' };
    case 'supersede':
      return { status: 'superseded' };
    case 'approve':
    case 'deny':
    case 'consume':
      if (isOver) return { refused: 'gate_expired' };
      if (does === 'consume' && !asAsked) return { refused: 'receipt_mismatch' };
      return { status: does === 'approve' ? 'approved' : does === 'deny' ? 'denied' : 'consumed' };
  }
}

function writesOf({ does, gate, ttlMs, asAsked }: GateOp, scope: number, nowMs: number): readonly Write[] {
  const gateId = parseGateId(fixedUuid(scope * 10 + gate));
  const effect = { fingerprint: digest('a'), invocationId: parseInvocationId(fixedUuid(scope)) };
  switch (does) {
    case 'open': {
      const receipt = {
        requestedBy: { kind: 'host' },
        scope: buildScope(),
        invocationId: effect.invocationId,
        correlationId: parseCorrelationId(fixedUuid(scope)),
        capabilityId: parseCapabilityId('notes.write'),
        inputDigest: digest('c'),
        authorityDigest: digest('d'),
        expiresAtMs: nowMs + ttlMs,
      } as const;
      return [
        openGate({ gateId, kind: 'approval', asked: ['asked'], input: null, receipt, effectKey: `effect-${scope}` }),
      ];
    }
    case 'check_open':
      return [checkGateOpen(gateId)];
    case 'approve':
      return [approveGate(gateId, host)];
    case 'deny':
      return [denyGate(gateId, host)];
    case 'expire':
      return [expireGate(gateId)];
    case 'supersede':
      return [supersedeGate(gateId)];
    case 'consume': {
      const digests = { inputDigest: digest(asAsked ? 'c' : 'e'), authorityDigest: digest('d') };
      return [consumeGate(gateId, digests), intendEffect(`effect-${scope}`, effect, { settleByMs: 1 })];
    }
  }
}

function seenStatuses(outcome: CommitOutcome): Seen {
  if (outcome.kind === 'conflict') return seenOf(outcome);
  return outcome.receipts.map((receipt) => (receipt.kind === 'record' ? receipt.row?.['status'] : undefined));
}
