/**
 * The lease: one holder at a time, with a fencing token that grows with each takeover. Runs and subscriptions are held
 * by leases, and every write on their behalf carries the proof into its own transaction.
 *
 * Not here: who sweeps expired leases (the owners of what is leased).
 */
import { z } from 'zod';
import { boundedLine } from '../bounded-text.ts';
import { LEASE_TTL_MS_MAX, LEASE_TTL_MS_MIN, RECORD_KEY_BYTES_MAX, SCOPE_ID_BYTES_MAX } from '../limits.ts';
import { defineMachine, type Decision, type DecisionContext } from './state-machine.ts';
import { transition, type TransitionWrite } from './unit-of-work.ts';

const holder = boundedLine(SCOPE_ID_BYTES_MAX);
const fence = z.int().positive();
const ttlMs = z.int().min(LEASE_TTL_MS_MIN).max(LEASE_TTL_MS_MAX);

/** What a holder shows with every write: the lease's key, itself, and the token it was given. */
export const leaseProofSchema = z.strictObject({ key: boundedLine(RECORD_KEY_BYTES_MAX), holder, fence });
export type LeaseProof = z.infer<typeof leaseProofSchema>;

/** `free` keeps the token, so that it never goes back. Units: milliseconds since 1970. */
export const leaseRowSchema = z.strictObject({
  status: z.enum(['held', 'free']),
  holder: holder,
  fence,
  expiresAtMs: z.int().nonnegative(),
});
export type LeaseRow = z.infer<typeof leaseRowSchema>;

const leaseCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('acquire'), holder, ttlMs }),
  z.strictObject({ trigger: z.literal('renew'), holder, fence, ttlMs }),
  z.strictObject({ trigger: z.literal('check'), holder, fence }),
  z.strictObject({ trigger: z.literal('release'), holder, fence }),
]);
type LeaseCommand = z.infer<typeof leaseCommandSchema>;

/** Refusals: `lease_held` (somebody holds it), `lease_lost` (another token), `lease_expired` (yours ran out). */
export const leaseMachine = defineMachine<LeaseRow, LeaseCommand>({
  name: 'lease',
  module: import.meta.url,
  row: leaseRowSchema,
  command: leaseCommandSchema,
  transitions: [
    { from: 'none', trigger: 'acquire', to: 'held' },
    { from: 'free', trigger: 'acquire', to: 'held' },
    { from: 'held', trigger: 'acquire', to: 'held' },
    { from: 'held', trigger: 'renew', to: 'held' },
    { from: 'held', trigger: 'check', to: 'held' },
    { from: 'held', trigger: 'release', to: 'free' },
  ],
  decide: decideLease,
  index: (row) => ({ owner: row.holder, status: row.status, rank: row.expiresAtMs }),
});

/** Takes a lease that is free or expired. The receipt's row holds the new token. */
export function acquireLease(key: string, by: string, forMs: number): TransitionWrite {
  return transition(leaseMachine, key, { trigger: 'acquire', holder: by, ttlMs: forMs });
}

/** Extends a lease that is still held. */
export function renewLease(proof: LeaseProof, forMs: number): TransitionWrite {
  return transition(leaseMachine, proof.key, {
    trigger: 'renew',
    holder: proof.holder,
    fence: proof.fence,
    ttlMs: forMs,
  });
}

/** Guards a unit: it goes through only while the lease is held under this token and has not run out. */
export function checkLease(proof: LeaseProof): TransitionWrite {
  return transition(leaseMachine, proof.key, { trigger: 'check', holder: proof.holder, fence: proof.fence });
}

export function releaseLease(proof: LeaseProof): TransitionWrite {
  return transition(leaseMachine, proof.key, { trigger: 'release', holder: proof.holder, fence: proof.fence });
}

function decideLease(row: LeaseRow | undefined, command: LeaseCommand, context: DecisionContext): Decision<LeaseRow> {
  if (command.trigger === 'acquire') {
    if (row?.status === 'held' && row.expiresAtMs > context.nowMs) return { kind: 'refuse', reason: 'lease_held' };
    const next = (row?.fence ?? 0) + 1;
    return {
      kind: 'write',
      row: { status: 'held', holder: command.holder, fence: next, expiresAtMs: context.nowMs + command.ttlMs },
    };
  }
  if (row === undefined || row.fence !== command.fence || row.holder !== command.holder) {
    return { kind: 'refuse', reason: 'lease_lost' };
  }
  if (row.expiresAtMs <= context.nowMs) return { kind: 'refuse', reason: 'lease_expired' };
  switch (command.trigger) {
    case 'check':
      return { kind: 'keep' };
    case 'renew':
      return { kind: 'write', row: { ...row, expiresAtMs: context.nowMs + command.ttlMs } };
    case 'release':
      return { kind: 'write', row: { ...row, status: 'free', expiresAtMs: context.nowMs } };
  }
}
