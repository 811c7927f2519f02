/**
 * At most once: one record for each intended effect. It says whether the effect is waiting for somebody, was announced,
 * or is settled, and keeps the outcomes that cannot change.
 *
 * Not here: what an outcome is (`@reborn/host-runtime`, `@reborn/turns`), and when to give up on an announced effect
 * (`@reborn/host-runtime`).
 * Source: rulings, sections 2 and 3.
 */
import { z } from 'zod';
import { digestSchema, gateIdSchema, invocationIdSchema, type GateId } from '../ids.ts';
import { jsonObjectSchema, type JsonObject } from '../json.ts';
import { leaseProofSchema, type LeaseProof } from './lease.ts';
import { defineMachine, type Decision, type DecisionContext } from './state-machine.ts';
import { transition, type TransitionWrite } from './unit-of-work.ts';

const base = { fingerprint: digestSchema, invocationId: invocationIdSchema };
/** The gate that this command leaves behind; a suspended effect moves on only by naming the gate it waits for. */
const after = { after: gateIdSchema.optional() };
/** How often the effect was announced before, as whoever moves it knows: an older look leads nowhere. */
const attempts = { attempts: z.int().nonnegative().optional() };
const intent = {
  /** When the caller that announced the effect must have settled it. Units: milliseconds since 1970. */
  settleByMs: z.int().nonnegative(),
  /** The lease under which it was announced; a newer token of the same lease proves that its holder is gone. */
  lease: leaseProofSchema.optional(),
  attempt: z.int().positive(),
  /** Whose effect it is: what somebody needs to know who finds it given up. */
  about: jsonObjectSchema.optional(),
};

/**
 * `suspended`: a gate is open. `intended`: the effect was announced and may happen at any moment. `settled`: `outcome`
 * is final. `open`: an attempt ended without effect and may be made again.
 */
export const idempotencyRowSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('suspended'), ...base, gateId: gateIdSchema, attempt: z.int().nonnegative() }),
  z.strictObject({ status: z.literal('intended'), ...base, ...intent }),
  z.strictObject({ status: z.literal('settled'), ...base, outcome: jsonObjectSchema, attempt: z.int().nonnegative() }),
  z.strictObject({ status: z.literal('open'), ...base, attempt: z.int().nonnegative() }),
]);
export type IdempotencyRow = z.infer<typeof idempotencyRowSchema>;

const idempotencyCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('suspend'), ...base, ...after, ...attempts, gateId: gateIdSchema }),
  z.strictObject({
    trigger: z.literal('intend'),
    ...base,
    ...after,
    ...attempts,
    settleByMs: z.int().nonnegative(),
    lease: leaseProofSchema.optional(),
    about: jsonObjectSchema.optional(),
  }),
  z.strictObject({
    trigger: z.literal('settle'),
    ...base,
    ...after,
    attempt: z.int().nonnegative(),
    outcome: jsonObjectSchema,
  }),
  z.strictObject({ trigger: z.literal('reopen'), fingerprint: digestSchema, attempt: z.int().positive() }),
  z.strictObject({
    trigger: z.literal('presume_lost'),
    fingerprint: digestSchema,
    attempt: z.int().positive(),
    outcome: jsonObjectSchema,
    lease: leaseProofSchema.optional(),
  }),
]);
type IdempotencyCommand = z.infer<typeof idempotencyCommandSchema>;

/**
 * Refusals: `fingerprint_mismatch` (the key stands for another effect), `other_gate` (it waits for another gate),
 * `attempt_over` (that attempt was ended by somebody else), `still_running` (its caller may still settle it), and each
 * illegal edge as `<trigger>_from_<status>`.
 */
export const idempotencyMachine = defineMachine<IdempotencyRow, IdempotencyCommand>({
  name: 'idempotency',
  module: import.meta.url,
  row: idempotencyRowSchema,
  command: idempotencyCommandSchema,
  transitions: [
    { from: 'none', trigger: 'suspend', to: 'suspended' },
    { from: 'open', trigger: 'suspend', to: 'suspended' },
    { from: 'suspended', trigger: 'suspend', to: 'suspended' },
    { from: 'none', trigger: 'intend', to: 'intended' },
    { from: 'open', trigger: 'intend', to: 'intended' },
    { from: 'suspended', trigger: 'intend', to: 'intended' },
    { from: 'none', trigger: 'settle', to: 'settled' },
    { from: 'open', trigger: 'settle', to: 'settled' },
    { from: 'suspended', trigger: 'settle', to: 'settled' },
    { from: 'intended', trigger: 'settle', to: 'settled' },
    { from: 'intended', trigger: 'reopen', to: 'open' },
    { from: 'intended', trigger: 'presume_lost', to: 'settled' },
  ],
  decide: decideIdempotency,
  index: (row) => ({
    owner: row.invocationId,
    status: row.status,
    rank: row.status === 'intended' ? row.settleByMs : 0,
  }),
});

interface EffectIdentity {
  readonly fingerprint: IdempotencyRow['fingerprint'];
  readonly invocationId: IdempotencyRow['invocationId'];
  /** The gate for which the effect waited until now, if it did. */
  readonly after?: GateId | undefined;
  /** How often it was announced before, for those who move it on from there. */
  readonly attempts?: number | undefined;
}

/** The effect waits for `gateId`. A later gate may take the place of an earlier one. */
export function suspendEffect(key: string, effect: EffectIdentity, gateId: GateId): TransitionWrite {
  return transition(idempotencyMachine, key, {
    trigger: 'suspend',
    ...identify(effect),
    ...knownAttempts(effect),
    gateId,
  });
}

/** Announces the effect. The receipt's row holds the number of the attempt. */
export function intendEffect(
  key: string,
  effect: EffectIdentity,
  terms: { readonly settleByMs: number; readonly lease?: LeaseProof; readonly about?: JsonObject },
): TransitionWrite {
  return transition(idempotencyMachine, key, {
    trigger: 'intend',
    ...identify(effect),
    ...knownAttempts(effect),
    ...terms,
  });
}

/** Stores a final outcome. `attempt` is the announced one, or 0 for an outcome that needed no announcement. */
export function settleEffect(
  key: string,
  effect: EffectIdentity,
  attempt: number,
  outcome: JsonObject,
): TransitionWrite {
  return transition(idempotencyMachine, key, { trigger: 'settle', ...identify(effect), attempt, outcome });
}

/** The announced attempt ended without effect; another may be made. */
export function reopenEffect(key: string, effect: EffectIdentity, attempt: number): TransitionWrite {
  return transition(idempotencyMachine, key, { trigger: 'reopen', fingerprint: effect.fingerprint, attempt });
}

/** Settles an announced effect whose caller is gone: past its time, or fenced by a newer token of its lease. */
export function presumeEffectLost(
  key: string,
  effect: EffectIdentity,
  attempt: number,
  outcome: JsonObject,
  lease?: LeaseProof,
): TransitionWrite {
  const proof = lease === undefined ? {} : { lease };
  return transition(idempotencyMachine, key, {
    trigger: 'presume_lost',
    fingerprint: effect.fingerprint,
    attempt,
    outcome,
    ...proof,
  });
}

function decideIdempotency(
  row: IdempotencyRow | undefined,
  command: IdempotencyCommand,
  context: DecisionContext,
): Decision<IdempotencyRow> {
  if (row !== undefined && row.fingerprint !== command.fingerprint) {
    return { kind: 'refuse', reason: 'fingerprint_mismatch' };
  }
  if (row?.status === 'suspended' && waitsForOther(row, command)) {
    return { kind: 'refuse', reason: 'other_gate' };
  }
  const attempt = row?.attempt ?? 0;
  if ('attempts' in command && command.attempts !== attempt) return { kind: 'refuse', reason: 'attempt_over' };
  switch (command.trigger) {
    case 'suspend': {
      const { fingerprint, invocationId, gateId } = command;
      return { kind: 'write', row: { status: 'suspended', fingerprint, invocationId, gateId, attempt } };
    }
    case 'intend': {
      const { trigger: _, after: __, attempts: ___, ...terms } = command;
      return { kind: 'write', row: { status: 'intended', ...terms, attempt: attempt + 1 } };
    }
    case 'settle': {
      const announced = row?.status === 'intended' ? row.attempt : 0;
      if (command.attempt !== announced) return { kind: 'refuse', reason: 'attempt_over' };
      const { fingerprint, invocationId, outcome } = command;
      return { kind: 'write', row: { status: 'settled', fingerprint, invocationId, outcome, attempt } };
    }
    case 'reopen':
      return row === undefined || command.attempt !== attempt
        ? { kind: 'refuse', reason: 'attempt_over' }
        : { kind: 'write', row: { status: 'open', ...pick(row), attempt } };
    case 'presume_lost':
      return decidePresumeLost(row, command, context);
  }
}

function decidePresumeLost(
  row: IdempotencyRow | undefined,
  command: Extract<IdempotencyCommand, { trigger: 'presume_lost' }>,
  context: DecisionContext,
): Decision<IdempotencyRow> {
  if (row?.status !== 'intended' || row.attempt !== command.attempt) return { kind: 'refuse', reason: 'attempt_over' };
  const fenced =
    row.lease !== undefined && row.lease.key === command.lease?.key && command.lease.fence > row.lease.fence;
  if (!fenced && context.nowMs < row.settleByMs) return { kind: 'refuse', reason: 'still_running' };
  return { kind: 'write', row: { status: 'settled', ...pick(row), outcome: command.outcome, attempt: row.attempt } };
}

function waitsForOther(row: Extract<IdempotencyRow, { status: 'suspended' }>, command: IdempotencyCommand): boolean {
  return !('after' in command) || command.after !== row.gateId;
}

function identify(effect: EffectIdentity): EffectIdentity {
  return { ...pick(effect), ...(effect.after === undefined ? {} : { after: effect.after }) };
}

function knownAttempts({ attempts }: EffectIdentity): { readonly attempts?: number } {
  return attempts === undefined ? {} : { attempts };
}

function pick(effect: EffectIdentity): EffectIdentity {
  return { fingerprint: effect.fingerprint, invocationId: effect.invocationId };
}
