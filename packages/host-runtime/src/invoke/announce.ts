/**
 * Step 10, before the effect: the unit that announces it. What is announced is durable before it happens.
 *
 * Not here: deciding (`decide.ts`), executing (`dispatch.ts`), the result (`settle.ts`).
 */
import {
  assert,
  consumeGate,
  idempotencyRowSchema,
  intendEffect,
  isReadOnly,
  type CommitOutcome,
  type GateRow,
  type JsonObject,
  type Write,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import type { BudgetHold } from '../budget/budgets.ts';
import { SETTLE_GRACE_MS, SETTLE_WRITE_MS } from '../limits.ts';
import { effectOf, guardOf, leaseOf, recordBase, type Call } from './call.ts';
import { isOfAccount, type AccountBlock } from './decide.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { JudgedInvocation } from './judge.ts';
import { judgementRecords } from './judgement-record.ts';
import { stepOf, type Step } from './step.ts';

/** What has to be done with old gates when a call goes on. `gate`: the answer that it uses up. */
export interface Before {
  readonly gate: GateRow | undefined;
  readonly closing: readonly Write[];
}

/** A call that may go on: with what was held for it, and with what was answered on its way. */
export interface Going extends Before {
  readonly hold: BudgetHold | undefined;
  readonly granted: readonly string[];
}

/**
 * `attempt` 0: a call that only reads; nothing was announced. `endByMs`: when the effect has to be over, so that its
 * result can still be written before others give it up. Units: milliseconds since 1970.
 */
export interface Announced {
  readonly attempt: number;
  readonly endByMs: number;
}

/** A call that cannot be announced because its budget is used up meanwhile. */
export type AnnounceStep = Step<Announced> | { readonly kind: 'blocked'; readonly block: AccountBlock };

/** The intent. `lent`: how many secrets the call was lent. */
export async function announce(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  going: Going,
  lent: number,
): Promise<AnnounceStep> {
  const nowMs = dependencies.clock.nowMs();
  const settleByMs = nowMs + deadlineOf(judged) + SETTLE_GRACE_MS;
  const endByMs = settleByMs - SETTLE_WRITE_MS;
  if (isReadOnly(judged.plan.effects)) return { kind: 'done', value: { attempt: 0, endByMs } };
  const lease = leaseOf(call);
  const intend = intendEffect(call.effectKey, effectOf(call), {
    settleByMs,
    about: aboutCall(call),
    ...(lease === undefined ? {} : { lease }),
  });
  const guard = [...guardOf(call), ...going.closing];
  const committed = await dependencies.store.commit([
    ...guard,
    intend,
    ...beginning(judged, going),
    ...(going.hold?.reserve ?? []),
    ...toAppends([
      ...beginningRecords(dependencies, call, judged, going, lent),
      ...heldRecords(dependencies, call, judged, going),
    ]),
  ]);
  const block = blockOf(committed, going);
  if (block !== undefined) return block;
  const step = stepOf(call, committed, undefined);
  if (step.kind === 'contended') return step;
  return { kind: 'done', value: { attempt: attemptOf(committed, guard.length), endByMs } };
}

/** How long one execution may take. Units: milliseconds. */
export function deadlineOf({ plan, allowance }: JudgedInvocation): number {
  return Math.min(plan.handler.descriptor.deadlineMs, allowance?.ceiling.wallClockMs ?? Infinity);
}

/** How much of it may go out. Units: bytes of the serialised output. */
export function outputBytesOf({ plan, allowance }: JudgedInvocation): number {
  return Math.min(plan.handler.descriptor.outputBytesMax, allowance?.ceiling.outputBytes ?? Infinity);
}

/** What joins the call's first unit besides its records: the answer is used up, and the policy writes what it has to. */
export function beginning(judged: JudgedInvocation, { gate }: Before): readonly Write[] {
  return [...(gate === undefined ? [] : [consumeGate(gate.gateId, judged)]), ...judged.writes];
}

/** Everything that is said when a call goes on to its effect. */
export function beginningRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  going: Going,
  lent: number,
): readonly LogRecord[] {
  const { lane } = judged.plan.handler;
  const attempt = call.attempts + 1;
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  return [
    ...judged.records,
    ...judgementRecords(dependencies, call, judged, 'dispatched'),
    ...(going.hold?.warnings ?? []).map(({ axis, dimension }): LogRecord => ({
      ...base(),
      kind: 'budget_warned',
      axis,
      dimension,
    })),
    ...(lent === 0 ? [] : [{ ...base(), kind: 'secrets_staged' as const, count: lent }]),
    { ...base(), kind: 'dispatch_requested', attempt, ...(lane === 'in_process' ? {} : { lane }) },
  ];
}

/** What is said when an effect is announced. */
export function heldRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  { gate, hold }: Going,
): readonly LogRecord[] {
  const { inputDigest, authorityDigest } = judged;
  const attempt = call.attempts + 1;
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  const answered = gate === undefined ? {} : { gateId: gate.gateId };
  return [
    ...(hold === undefined ? [] : [{ ...base(), kind: 'resources_held' as const, attempt, held: hold.held }]),
    { ...base(), kind: 'effect_intended', attempt, inputDigest, authorityDigest, ...answered },
  ];
}

/** `undefined` for a unit that no budget has refused. */
export function blockOf(
  committed: CommitOutcome,
  { hold }: Going,
): { readonly kind: 'contended' } | { readonly kind: 'blocked'; readonly block: AccountBlock } | undefined {
  const block = committed.kind === 'conflict' ? hold?.blockedBy(committed) : undefined;
  if (block === undefined) return undefined;
  // A grant that was used up meanwhile authorises nothing any more.
  return block === 'look_again' || !isOfAccount(block) ? { kind: 'contended' } : { kind: 'blocked', block };
}

/** What somebody needs to know who finds the effect given up. */
function aboutCall({ context, capabilityId }: Call): JsonObject {
  const { scope, correlationId, run } = context;
  return { scope, correlationId, capabilityId, ...(run === undefined ? {} : { runId: run.runId }) } as JsonObject;
}

function attemptOf(committed: CommitOutcome, at: number): number {
  const receipt = committed.kind === 'committed' ? committed.receipts[at] : undefined;
  assert(receipt?.kind === 'record', 'a committed intent has a receipt');
  return idempotencyRowSchema.parse(receipt.row).attempt;
}
