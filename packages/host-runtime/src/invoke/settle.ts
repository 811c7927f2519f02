/**
 * Step 10, after the effect: its result is durable before anybody hears of it.
 *
 * Not here: deciding (`decide.ts`), announcing (`announce.ts`), executing (`dispatch.ts`), calls that are not dispatched
 * (`refusal.ts`).
 */
import {
  digestOf,
  idempotencyMachine,
  reopenEffect,
  settleEffect,
  type CommitOutcome,
  type ResourceAmounts,
  type Write,
} from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import type { BudgetHold } from '../budget/budgets.ts';
import type { Effect } from '../failure.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import type { ReportedUsage } from '../lane/handler.ts';
import { beginning, beginningRecords, type Going } from './announce.ts';
import { boundaryRecord, mountRecords } from './boundary.ts';
import { effectOf, failedOutcome, guardOf, recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { DispatchResult } from './dispatch-result.ts';
import type { Equipment } from './equip.ts';
import type { JudgedInvocation } from './judge.ts';
import { stepOf, type Step } from './step.ts';
import { toStoredOutcome, type FinalOutcome } from './stored-outcome.ts';
import { settlementOf } from './tell-policy.ts';
import { commitResult, commitSurely } from './write-result.ts';

/** What a capability came to, and how long it took. Units: milliseconds. */
export type Dispatched = Exclude<DispatchResult, { kind: 'auth_required' }> & { readonly durationMs: number };

/** The result. A call that only reads writes its decisions here too. */
export async function settle(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  attempt: number,
  result: Dispatched,
  going: Going,
  equipment: Equipment,
): Promise<Step<InvokeOutcome>> {
  const used = usageOf(call, judged, equipment, result);
  const outcome = toOutcome(call, result, used);
  const reads = attempt === 0;
  const effect: Effect = outcome.kind === 'completed' ? (reads ? 'none' : 'happened') : outcome.effect;
  const end =
    outcome.kind === 'completed'
      ? { kind: 'completed' as const, outputBytes: outcome.outputBytes }
      : { kind: 'failed' as const, failureKind: outcome.failureKind, effect };
  const writes = [
    ...guardOf(call),
    ...move(call, attempt, outcome, effect),
    ...(reads ? [...going.closing, ...beginning(judged, going)] : []),
    // What was used is charged, whatever came of it: also a failed call has taken time.
    ...(going.hold?.reconcile(used) ?? []),
  ];
  const records = [
    ...(reads ? beginningRecords(dependencies, call, judged, going, equipment.lentCount) : []),
    ...equipment.facts(),
    ...outputRecords(dependencies, call, result),
    ...resultRecords(dependencies, call, attempt, result, effect),
    ...(reads ? [] : closingRecords(dependencies, call, attempt, going.hold, used)),
    ...mountRecords(dependencies, call, judged.plan.handler.provider, result),
  ];
  const settlement = settlementOf(dependencies, judged.about, end);
  const commit = (): Promise<CommitOutcome> => commitResult(dependencies, { writes, records }, settlement);
  if (reads) return stepOf(call, await commit(), outcome);
  const committed = await commitSurely(dependencies, commit, (conflict) => isReopened(conflict, call, attempt));
  return stepOf(call, committed, outcome);
}

/** What is known of one execution that is over. Units: milliseconds, bytes. */
interface Executed {
  readonly durationMs: number;
  readonly outputBytes?: number;
  readonly usage?: ReportedUsage;
  readonly effect?: Effect;
}

/** What one execution used up, as the host measured it, and the capability said where only it knows. */
export function usageOf(call: Call, judged: JudgedInvocation, equipment: Equipment, result: Executed): ResourceAmounts {
  const egress = judged.plan.effects.includes('network') ? { egressBytes: equipment.egressBytes() } : {};
  return {
    // What did not happen has cost nothing that only the capability could say.
    ...(result.effect === 'none' ? { usd: '0', inputTokens: 0, outputTokens: 0 } : {}),
    ...result.usage,
    wallClockMs: Math.max(0, result.durationMs),
    outputBytes: result.outputBytes ?? 0,
    ...egress,
    ...(call.mode === 'spawn' ? { processes: 1 } : {}),
    calls: 1,
  };
}

/** The end of the reservation of an announced attempt. */
export function closingRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  attempt: number,
  hold: BudgetHold | undefined,
  used: ResourceAmounts,
): readonly LogRecord[] {
  if (hold === undefined) return [];
  return [
    {
      ...recordBase(dependencies, call),
      kind: 'resources_closed',
      attempt,
      how: 'reconciled',
      used: hold.chargeFor(used),
    },
  ];
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

/** What was taken out of the output, or why it is withheld. */
function outputRecords(dependencies: RuntimeDependencies, call: Call, { boundary }: Dispatched): readonly LogRecord[] {
  if (boundary === undefined) return [];
  return [boundaryRecord(dependencies, call, { boundary: 'output', decision: 'blocked', code: boundary })];
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

function toOutcome(call: Call, result: Dispatched, usage: ResourceAmounts): FinalOutcome {
  const { capabilityId, invocationId } = call;
  if (result.kind === 'completed') {
    const { output, outputBytes } = result;
    return { kind: 'completed', capabilityId, invocationId, output, outputBytes, usage };
  }
  return failedOutcome(call, result.failureKind, result.effect, result.message);
}
