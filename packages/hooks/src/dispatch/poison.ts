/**
 * The record of a gate that misbehaved. It outlives the host: whoever judges next reads it, and the gate keeps refusing.
 *
 * Not here: what counts as misbehaviour (`../failure-policy.ts`).
 * Source: rulings, section 5; specification 1, W-16.
 */
import {
  defineMachine,
  getRecord,
  runIdSchema,
  tenantIdSchema,
  transition,
  utf8Bytes,
  type Clock,
  type Decision as MachineDecision,
  type DecisionContext,
  type ExecutionContext,
  type RecordReader,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';
import { failureCategorySchema, type FailureCategory } from '../failure-policy.ts';
import { hookIdSchema, type HookId } from '../identity.ts';
import { POISON_TTL_MS } from '../limits.ts';

const about = {
  hookId: hookIdSchema,
  tenantId: tenantIdSchema,
  runId: runIdSchema.optional(),
  category: failureCategorySchema,
};

/** `expiresAtMs` is there where no run would end it. Units: milliseconds since 1970. */
const hookPoisonRowSchema = z.strictObject({
  status: z.literal('poisoned'),
  ...about,
  atMs: z.int().nonnegative(),
  expiresAtMs: z.int().nonnegative().optional(),
});
export type HookPoisonRow = z.infer<typeof hookPoisonRowSchema>;

const hookPoisonCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('poison'), ...about, ttlMs: z.int().positive().optional() }),
]);
type HookPoisonCommand = z.infer<typeof hookPoisonCommandSchema>;

/**
 * Refuses nothing: a gate that two calls poison at once is poisoned once, and neither unit fails for it. There is no
 * edge back; a run ends, or the time runs out.
 */
export const hookPoisonMachine = defineMachine<HookPoisonRow, HookPoisonCommand>({
  name: 'hook_poison',
  module: import.meta.url,
  row: hookPoisonRowSchema,
  command: hookPoisonCommandSchema,
  transitions: [
    { from: 'none', trigger: 'poison', to: 'poisoned' },
    { from: 'poisoned', trigger: 'poison', to: 'poisoned' },
  ],
  decide: decidePoison,
  index: (row) => ({ owner: row.tenantId, status: row.status, rank: row.atMs }),
});

/** Poisons a hook for the run of the call, or for the tenant for a while where there is no run. */
export function poisonHook(hookId: HookId, context: ExecutionContext, category: FailureCategory): TransitionWrite {
  const { tenantId } = context.scope;
  const runId = context.run?.runId;
  const term = runId === undefined ? { ttlMs: POISON_TTL_MS } : { runId };
  const key = poisonKey(hookId, context);
  return transition(hookPoisonMachine, key, { trigger: 'poison', hookId, tenantId, category, ...term });
}

/** Whether a hook is poisoned for this call. Errors: those of the store. */
export async function isPoisoned(
  reader: RecordReader,
  clock: Clock,
  hookId: HookId,
  context: ExecutionContext,
): Promise<boolean> {
  const row = await getRecord(reader, hookPoisonMachine, poisonKey(hookId, context));
  return row !== undefined && isInForce(row, clock.nowMs());
}

function poisonKey(hookId: HookId, context: ExecutionContext): string {
  const { tenantId } = context.scope;
  const scope = `${utf8Bytes(tenantId)}:${tenantId}|${context.run?.runId ?? '-'}`;
  return `${scope}|${hookId}`;
}

function isInForce(row: HookPoisonRow, nowMs: number): boolean {
  return row.expiresAtMs === undefined || row.expiresAtMs > nowMs;
}

function decidePoison(
  row: HookPoisonRow | undefined,
  command: HookPoisonCommand,
  context: DecisionContext,
): MachineDecision<HookPoisonRow> {
  if (row !== undefined && isInForce(row, context.nowMs)) return { kind: 'keep' };
  const { trigger: _, ttlMs, ...facts } = command;
  const term = ttlMs === undefined ? {} : { expiresAtMs: context.nowMs + ttlMs };
  return { kind: 'write', row: { status: 'poisoned', ...facts, atMs: context.nowMs, ...term } };
}
