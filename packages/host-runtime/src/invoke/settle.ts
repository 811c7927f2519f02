/**
 * Step 10: the two units around one effect. What is announced is durable before it happens, and its result is durable
 * before anybody hears of it.
 *
 * Not here: deciding (`judge.ts`), executing (`dispatch.ts`), calls that are not dispatched (`refusal.ts`).
 */
import {
  assert,
  consumeGate,
  digestOf,
  intendEffect,
  isFault,
  isReadOnly,
  reopenEffect,
  settleEffect,
  idempotencyMachine,
  idempotencyRowSchema,
  type CommitOutcome,
  type GateRow,
  type Write,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import type { Effect } from '../failure.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { SETTLE_ATTEMPTS_MAX, SETTLE_GRACE_MS, SETTLE_PAUSE_MS, SETTLE_WRITE_MS } from '../limits.ts';
import { mountRecords } from './boundary.ts';
import { effectOf, failedOutcome, guardOf, leaseOf, recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { DispatchResult } from './dispatch.ts';
import type { JudgedInvocation } from './judge.ts';
import { judgementRecords } from './judgement-record.ts';
import { refuseLostLease, stepOf, type Step } from './step.ts';
import { toStoredOutcome, type FinalOutcome } from './stored-outcome.ts';

/** What has to be done with old gates when a call goes on. `gate`: the approval that it uses up. */
export interface Before {
  readonly gate: GateRow | undefined;
  readonly closing: readonly Write[];
}

/**
 * `attempt` 0: a call that only reads; nothing was announced. `endByMs`: when the effect has to be over, so that its
 * result can still be written before others give it up. Units: milliseconds since 1970.
 */
export interface Announced {
  readonly attempt: number;
  readonly endByMs: number;
}

/** What a capability came to, and how long it took. Units: milliseconds. */
export type Dispatched = DispatchResult & { readonly durationMs: number };

/** The intent. */
export async function announce(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  before: Before,
): Promise<Step<Announced>> {
  const { descriptor } = judged.handler;
  const nowMs = dependencies.clock.nowMs();
  const settleByMs = nowMs + descriptor.deadlineMs + SETTLE_GRACE_MS;
  const endByMs = settleByMs - SETTLE_WRITE_MS;
  if (isReadOnly(descriptor.effects)) return { kind: 'done', value: { attempt: 0, endByMs } };
  const lease = leaseOf(call);
  const intend = intendEffect(call.effectKey, effectOf(call), {
    settleByMs,
    ...(lease === undefined ? {} : { lease }),
  });
  const guard = [...guardOf(call), ...before.closing];
  const said = [
    ...judged.records,
    ...judgementRecords(dependencies, call, judged, 'dispatched'),
    requestedRecord(dependencies, call),
    intendedRecord(dependencies, call, judged, before.gate),
  ];
  const committed = await dependencies.store.commit([
    ...guard,
    intend,
    ...consumption(judged, before.gate),
    ...judged.writes,
    ...toAppends(said),
  ]);
  const step = stepOf(call, committed, undefined);
  if (step.kind === 'contended') return step;
  return { kind: 'done', value: { attempt: attemptOf(committed, guard.length), endByMs } };
}

/** The result. A call that only reads writes its decisions here too. */
export async function settle(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  attempt: number,
  result: Dispatched,
  before: Before,
): Promise<Step<InvokeOutcome>> {
  const outcome = toOutcome(call, result);
  const reads = attempt === 0;
  const effect: Effect = outcome.kind === 'completed' ? (reads ? 'none' : 'happened') : outcome.effect;
  const preface = reads ? [...before.closing, ...consumption(judged, before.gate), ...judged.writes] : [];
  const judgement = [...judged.records, ...judgementRecords(dependencies, call, judged, 'dispatched')];
  const said = reads ? [...judgement, requestedRecord(dependencies, call)] : [];
  const results = resultRecords(dependencies, call, attempt, result, effect);
  const unit = [
    ...guardOf(call),
    ...move(call, attempt, outcome, effect),
    ...preface,
    ...toAppends([...said, ...results, ...mountRecords(dependencies, call, judged.handler.provider, result)]),
  ];
  return reads
    ? stepOf(call, await dependencies.store.commit(unit), outcome)
    : writeResult(dependencies, call, attempt, unit, outcome);
}

/**
 * The result of an effect is known here and nowhere else, so it is written again when the store is in trouble. The unit
 * may have happened although its answer was lost: it moves the effect once, and its records keep their cursors.
 */
async function writeResult(
  dependencies: RuntimeDependencies,
  call: Call,
  attempt: number,
  unit: readonly Write[],
  outcome: FinalOutcome,
): Promise<Step<InvokeOutcome>> {
  for (let tries = 1; ; tries += 1) {
    try {
      const committed = await dependencies.store.commit(unit);
      if (committed.kind === 'committed') return { kind: 'done', value: outcome };
      if (tries > 1 && isReopened(committed, call, attempt)) return { kind: 'done', value: outcome };
      refuseLostLease(call, committed);
      return { kind: 'contended' };
    } catch (error) {
      if (tries === SETTLE_ATTEMPTS_MAX || !isFault(error) || error.code !== 'host-api/store_unavailable') throw error;
      await new Promise<void>((resolve) => void dependencies.timers.schedule(SETTLE_PAUSE_MS, resolve));
    }
  }
}

/** True when an earlier try of the unit went through: the effect is open after exactly this attempt. */
function isReopened(conflict: Extract<CommitOutcome, { kind: 'conflict' }>, call: Call, attempt: number): boolean {
  const { machine, key, row } = conflict;
  return (
    machine === idempotencyMachine.name &&
    key === call.effectKey &&
    row?.['status'] === 'open' &&
    row['attempt'] === attempt
  );
}

/** What the result does to the record of the effect: final outcomes are stored, others leave the way open. */
function move(call: Call, attempt: number, outcome: FinalOutcome, effect: Effect): readonly Write[] {
  const final = outcome.kind === 'completed' || effect !== 'none';
  if (final) return [settleEffect(call.effectKey, effectOf(call), attempt, toStoredOutcome(outcome))];
  return attempt === 0 ? [] : [reopenEffect(call.effectKey, effectOf(call), attempt)];
}

function consumption(judged: JudgedInvocation, approved: GateRow | undefined): readonly Write[] {
  return approved === undefined ? [] : [consumeGate(approved.gateId, judged)];
}

function attemptOf(committed: CommitOutcome, at: number): number {
  const receipt = committed.kind === 'committed' ? committed.receipts[at] : undefined;
  assert(receipt?.kind === 'record', 'a committed intent has a receipt');
  return idempotencyRowSchema.parse(receipt.row).attempt;
}

function requestedRecord(dependencies: RuntimeDependencies, call: Call): LogRecord {
  return { ...recordBase(dependencies, call), kind: 'dispatch_requested', attempt: call.attempts + 1 };
}

function intendedRecord(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  approved: GateRow | undefined,
): LogRecord {
  const { inputDigest, authorityDigest } = judged;
  const gate = approved === undefined ? {} : { gateId: approved.gateId };
  const attempt = call.attempts + 1;
  return { ...recordBase(dependencies, call), kind: 'effect_intended', attempt, inputDigest, authorityDigest, ...gate };
}

function resultRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  attempt: number,
  result: Dispatched,
  effect: Effect,
): readonly LogRecord[] {
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  const { durationMs } = result;
  if (result.kind === 'failed') {
    const errorKind = result.code;
    return [
      { ...base(), kind: 'dispatch_failed', errorKind, effect, durationMs },
      { ...base(), kind: 'effect_settled', attempt, outcome: 'failed', effect, errorKind },
    ];
  }
  const { outputBytes } = result;
  const outputDigest = digestOf(result.output, dependencies.digest);
  return [
    { ...base(), kind: 'dispatch_succeeded', outputBytes, durationMs },
    { ...base(), kind: 'effect_settled', attempt, outcome: 'completed', effect, outputDigest, outputBytes },
  ];
}

function toOutcome(call: Call, result: DispatchResult): FinalOutcome {
  const { capabilityId, invocationId } = call;
  if (result.kind === 'completed') {
    return { kind: 'completed', capabilityId, invocationId, output: result.output, outputBytes: result.outputBytes };
  }
  return failedOutcome(call, result.failureKind, result.effect, result.message);
}
