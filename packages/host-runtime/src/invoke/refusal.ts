/**
 * Calls that end without being dispatched: denied, declined, refused before a judgement, given up by their caller. Each
 * leaves a record that says why.
 *
 * Not here: deciding (`judge.ts`), calls that are dispatched (`settle.ts`).
 */
import { settleEffect, type GateRow, type Write } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import type { FailureKind } from '../failure.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { effectOf, failedOutcome, guardOf, recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { JudgedInvocation } from './judge.ts';
import { judgementRecords } from './judgement-record.ts';
import { stepOf, type Step } from './step.ts';
import { toStoredOutcome } from './stored-outcome.ts';

/** Records a refusal. Nothing is stored under the key: the policy may say something else next time. */
export async function recordDenial(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  { by, code }: { readonly by: string; readonly code: string },
  closing: readonly Write[],
): Promise<Step<InvokeOutcome>> {
  const denied = { ...recordBase(dependencies, call), kind: 'call_denied' as const, by, code };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...closing,
    ...judged.writes,
    ...toAppends([...judged.records, ...judgementRecords(dependencies, call, judged, 'denied'), denied]),
  ]);
  return stepOf(call, committed, failedOutcome(call, 'denied', 'none', `The call is not permitted (${code}).`));
}

/** Records a call that never came to a judgement: its capability or its input is wrong. */
export async function recordRefusedCall(
  dependencies: RuntimeDependencies,
  call: Call,
  refusal: { readonly kind: FailureKind; readonly message?: string },
  closing: readonly Write[],
): Promise<Step<InvokeOutcome>> {
  const { kind, message } = refusal;
  const denied = { ...recordBase(dependencies, call), kind: 'call_denied' as const, by: 'host', code: kind };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...closing,
    ...toAppends([failureRecord(dependencies, call, kind), denied]),
  ]);
  return stepOf(call, committed, failedOutcome(call, kind, 'none', message));
}

/** Records a call whose caller gave up before anything was asked or begun. An approval that it has stays good. */
export async function recordCancelled(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation | undefined,
): Promise<Step<InvokeOutcome>> {
  const given = judged === undefined ? [] : judgementRecords(dependencies, call, judged, 'not_applied');
  const said = [...(judged?.records ?? []), ...given];
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    ...(judged?.writes ?? []),
    ...toAppends([...said, failureRecord(dependencies, call, 'cancelled')]),
  ]);
  return stepOf(call, committed, failedOutcome(call, 'cancelled'));
}

/** The answer of the person who was asked is final. */
export async function settleDeclined(
  dependencies: RuntimeDependencies,
  call: Call,
  gate: GateRow,
): Promise<Step<InvokeOutcome>> {
  const kind = DECLINED[gate.kind];
  const outcome = failedOutcome(call, kind);
  const by = `gate:${gate.gateId}`;
  const denied = { ...recordBase(dependencies, call), kind: 'call_denied' as const, by, code: kind };
  const committed = await dependencies.store.commit([
    ...guardOf(call),
    settleEffect(call.effectKey, effectOf(call), 0, toStoredOutcome(outcome)),
    ...toAppends([denied]),
  ]);
  return stepOf(call, committed, outcome);
}

const DECLINED = {
  approval: 'approval_denied',
  credentials: 'credentials_declined',
  budget: 'budget_declined',
} as const satisfies Record<GateRow['kind'], FailureKind>;

function failureRecord(dependencies: RuntimeDependencies, call: Call, errorKind: FailureKind): LogRecord {
  return { ...recordBase(dependencies, call), kind: 'dispatch_failed', errorKind, effect: 'none' };
}
