/**
 * Effects that happen at most once: announced, settled by the attempt that was announced, made again only when it ended
 * without effect, given up only past its time or under a newer lease; while one waits for a gate, only that gate moves it.
 */
import {
  idempotencyMachine,
  intendEffect,
  parseDigest,
  parseGateId,
  parseInvocationId,
  presumeEffectLost,
  reopenEffect,
  settleEffect,
  suspendEffect,
  type CommitOutcome,
  type Write,
} from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { seenOf } from './seen.ts';
import type { Seen, StoreModel } from './store-model.ts';

interface ModelEffect {
  readonly status: 'suspended' | 'intended' | 'settled' | 'open';
  readonly print: string;
  readonly attempt: number;
  readonly gate: number;
  readonly settleByMs: number;
  readonly fence: number;
}
type Effects = Readonly<Record<string, ModelEffect>>;

interface EffectOp {
  readonly does: 'suspend' | 'intend' | 'settle' | 'reopen' | 'presume_lost';
  readonly key: string;
  readonly print: string;
  readonly attempt: number;
  /** The gate that is asked for, and the one that is behind; 0 for none. */
  readonly gate: number;
  readonly after: number;
  readonly fence: number;
  readonly settleInMs: number;
}

export const effectModel: StoreModel<Effects, EffectOp> = {
  name: 'effects',
  machines: [idempotencyMachine],
  initial: {},
  op: fc.record({
    does: fc.constantFrom('suspend', 'intend', 'intend', 'settle', 'reopen', 'presume_lost'),
    key: fc.constantFrom('a', 'b'),
    print: fc.constantFrom('1', '1', '1', '2'),
    attempt: fc.integer({ min: 0, max: 2 }),
    gate: fc.integer({ min: 1, max: 2 }),
    after: fc.integer({ min: 0, max: 2 }),
    fence: fc.integer({ min: 1, max: 3 }),
    settleInMs: fc.constantFrom(0, 50, 1_000),
  }),
  step: (effects, op, nowMs) => {
    const before = effects[op.key];
    const decided = decide(before, op, nowMs);
    if ('refused' in decided) return { state: effects, seen: { ...decided, at: 0 } };
    const { status, attempt } = decided;
    return { state: { ...effects, [op.key]: decided }, seen: [{ status, attempt }] };
  },
  ask: async (op, { store, scope, nowMs }) => seenRows(await store.commit([writeOf(op, scope, nowMs())])),
};

const FROM: Readonly<Record<EffectOp['does'], readonly string[]>> = {
  suspend: ['none', 'open', 'suspended'],
  intend: ['none', 'open', 'suspended'],
  settle: ['none', 'open', 'suspended', 'intended'],
  reopen: ['intended'],
  presume_lost: ['intended'],
};

function decide(row: ModelEffect | undefined, op: EffectOp, nowMs: number): ModelEffect | { readonly refused: string } {
  const { does, print, gate, fence } = op;
  const attempt = op.does === 'reopen' || op.does === 'presume_lost' ? Math.max(1, op.attempt) : op.attempt;
  const status = row?.status ?? 'none';
  if (!FROM[does].includes(status)) return { refused: `${does}_from_${status}` };
  if (row !== undefined && row.print !== print) return { refused: 'fingerprint_mismatch' };
  if (row?.status === 'suspended' && op.after !== row.gate) return { refused: 'other_gate' };
  const made = row?.attempt ?? 0;
  const next = { print, attempt: made, gate: 0, settleByMs: 0, fence: 0 };
  switch (does) {
    case 'suspend':
      return { ...next, status: 'suspended', gate };
    case 'intend':
      return { ...next, status: 'intended', attempt: made + 1, settleByMs: nowMs + op.settleInMs, fence };
    case 'settle':
      if (attempt !== (status === 'intended' ? made : 0)) return { refused: 'attempt_over' };
      return { ...next, status: 'settled' };
    case 'reopen':
      return attempt === made ? { ...next, status: 'open' } : { refused: 'attempt_over' };
    case 'presume_lost': {
      if (attempt !== made) return { refused: 'attempt_over' };
      const isGone = fence > (row?.fence ?? 0) || nowMs >= (row?.settleByMs ?? 0);
      return isGone ? { ...next, status: 'settled' } : { refused: 'still_running' };
    }
  }
}

function writeOf(op: EffectOp, scope: string, nowMs: number): Write {
  const key = `${scope}-${op.key}`;
  const identity = {
    fingerprint: parseDigest(`sha256:${op.print.repeat(64)}`),
    invocationId: parseInvocationId(fixedUuid(1)),
    after: op.after === 0 ? undefined : gateIdOf(op.after),
  };
  const lease = { key: 'lease', holder: 'holder', fence: op.fence };
  switch (op.does) {
    case 'suspend':
      return suspendEffect(key, identity, gateIdOf(op.gate));
    case 'intend':
      return intendEffect(key, identity, { settleByMs: nowMs + op.settleInMs, lease });
    case 'settle':
      return settleEffect(key, identity, op.attempt, { done: true });
    case 'reopen':
      return reopenEffect(key, identity, Math.max(1, op.attempt));
    case 'presume_lost':
      return presumeEffectLost(key, identity, Math.max(1, op.attempt), { lost: true }, lease);
  }
}

function gateIdOf(number: number) {
  return parseGateId(fixedUuid(number));
}

function seenRows(outcome: CommitOutcome): Seen {
  if (outcome.kind === 'conflict') return seenOf(outcome);
  return outcome.receipts.map((receipt) => {
    const row = idempotencyMachine.row.parse(receipt.kind === 'record' ? receipt.row : undefined);
    return { status: row.status, attempt: row.attempt };
  });
}
