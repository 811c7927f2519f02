/** Leases: one holder at a time, a fence that only grows, nothing goes through on a stale or an expired one. */
import {
  acquireLease,
  checkLease,
  leaseMachine,
  releaseLease,
  renewLease,
  type TransitionWrite,
} from '@reborn/host-api';
import * as fc from 'fast-check';
import { seenOf } from './seen.ts';
import type { StoreModel } from './store-model.ts';

interface ModelLease {
  readonly held: boolean;
  readonly holder: string;
  readonly fence: number;
  readonly untilMs: number;
}
type Leases = Readonly<Record<string, ModelLease>>;

interface LeaseOp {
  readonly does: 'acquire' | 'renew' | 'check' | 'release';
  readonly key: string;
  readonly holder: string;
  readonly fence: number;
  readonly ttlMs: number;
}

export const leaseModel: StoreModel<Leases, LeaseOp> = {
  name: 'leases',
  machines: [leaseMachine],
  initial: {},
  op: fc.record({
    does: fc.constantFrom('acquire', 'acquire', 'renew', 'check', 'release'),
    key: fc.constantFrom('a', 'b'),
    holder: fc.constantFrom('x', 'y'),
    fence: fc.integer({ min: 1, max: 4 }),
    ttlMs: fc.constantFrom(50, 100, 1_000),
  }),
  step: (leases, op, nowMs) => {
    const before = leases[op.key];
    const decided = decide(before, op, nowMs);
    if (typeof decided === 'string') return { state: leases, seen: { refused: decided, at: 0 } };
    return { state: { ...leases, [op.key]: decided }, seen: [rowOf(decided)] };
  },
  ask: async (op, { store, scope }) => seenOf(await store.commit([writeOf(op, `${scope}-${op.key}`)])),
};

function decide(
  lease: ModelLease | undefined,
  { does, holder, fence, ttlMs }: LeaseOp,
  nowMs: number,
): ModelLease | string {
  const isLive = lease?.held === true && lease.untilMs > nowMs;
  if (does === 'acquire') {
    if (isLive) return 'lease_held';
    return { held: true, holder, fence: (lease?.fence ?? 0) + 1, untilMs: nowMs + ttlMs };
  }
  if (lease === undefined || !lease.held) return `${does}_from_${lease === undefined ? 'none' : 'free'}`;
  if (lease.holder !== holder || lease.fence !== fence) return 'lease_lost';
  if (!isLive) return 'lease_expired';
  switch (does) {
    case 'check':
      return lease;
    case 'renew':
      return { ...lease, untilMs: nowMs + ttlMs };
    case 'release':
      return { ...lease, held: false, untilMs: nowMs };
  }
}

function rowOf({ held, holder, fence, untilMs }: ModelLease): unknown {
  return { status: held ? 'held' : 'free', holder, fence, expiresAtMs: untilMs };
}

function writeOf({ does, holder, fence, ttlMs }: LeaseOp, key: string): TransitionWrite {
  const proof = { key, holder, fence };
  switch (does) {
    case 'acquire':
      return acquireLease(key, holder, ttlMs);
    case 'renew':
      return renewLease(proof, ttlMs);
    case 'check':
      return checkLease(proof);
    case 'release':
      return releaseLease(proof);
  }
}
