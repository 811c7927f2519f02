/**
 * Step 10 of a call that goes on by itself: one unit settles the call with the id of a process, and makes the process
 * durable. From then on the process is what runs, ends, or is lost with its host.
 *
 * Not here: running processes (`../process/`), calls whose outcome somebody waits for (`execute.ts`).
 * Source: specification 2, b.9; rulings, section 2.
 */
import { InvariantError, settleEffect, type ProcessId, type ResourceScope, type Write } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import { suspend } from '../gate/open.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { PROCESS_MS_MAX } from '../limits.ts';
import type { ProcessDesk } from '../process/process-desk.ts';
import type { ProcessResult } from '../process/process.ts';
import type { ProcessEnding } from '../process/running-process.ts';
import { redactOutput } from '../secret/redact-output.ts';
import { beginning, beginningRecords, blockOf, heldRecords, outputBytesOf, type Going } from './announce.ts';
import { effectOf, guardOf, recordBase, type Call } from './call.ts';
import { askForBudget } from './decide.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { dispatch } from './dispatch.ts';
import type { DispatchResult } from './dispatch-result.ts';
import { sealPlan } from './dispatch-plan.ts';
import { equip, type Equipment } from './equip.ts';
import type { JudgedInvocation } from './judge.ts';
import { recordRefusedCall } from './refusal.ts';
import { closingRecords, usageOf } from './settle.ts';
import { stepOf, type Step } from './step.ts';
import { toStoredOutcome } from './stored-outcome.ts';
import { tellPolicy } from './tell-policy.ts';

export async function launch(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  going: Going,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  const { processes } = dependencies;
  if (processes === undefined)
    return recordRefusedCall(dependencies, call, { kind: 'lane_unavailable' }, going.closing);
  const equipment = await equip(dependencies, call, judged);
  if (equipment === 'secret_missing') return { kind: 'contended' };
  const { capabilityId, invocationId, context } = call;
  const { descriptor, lane } = judged.plan.handler;
  const admitted = processes.admit({
    scope: context.scope,
    effectKey: call.effectKey,
    attempt: call.attempts + 1,
    correlationId: context.correlationId,
    capabilityId,
    provider: descriptor.provider,
    invocationId,
    lane,
    ...(context.run === undefined ? {} : { runId: context.run.runId }),
  });
  if (admitted.kind === 'refused') {
    void equipment.close();
    return recordRefusedCall(dependencies, call, { kind: 'unavailable' }, going.closing);
  }
  const { processId, writes } = admitted;
  const outcome = { kind: 'spawned_process', capabilityId, invocationId, processId } as const;
  const unit = [
    ...guardOf(call),
    ...going.closing,
    settleEffect(call.effectKey, effectOf(call), 0, toStoredOutcome(outcome)),
    ...beginning(judged, going),
    ...(going.hold?.reserve ?? []),
    ...writes,
    ...toAppends([
      ...beginningRecords(dependencies, call, judged, going, equipment.lentCount),
      ...heldRecords(dependencies, call, judged, going),
      { ...recordBase(dependencies, call), kind: 'process_started', processId },
    ]),
  ];
  const committed = await dependencies.store.commit(unit).catch((error: unknown) => {
    void equipment.close();
    throw error;
  });
  const block = blockOf(committed, going);
  if (block !== undefined || committed.kind === 'conflict') void equipment.close();
  if (block?.kind === 'contended') return block;
  if (block?.kind === 'blocked') {
    return suspend(dependencies, call, judged, askForBudget(block.block, going.granted), going);
  }
  const step = stepOf(call, committed, outcome);
  if (step.kind === 'contended') return step;
  start(dependencies, call, judged, going, equipment, processId);
  if (signal.aborted) await endAtOnce(processes, context.scope, processId);
  return step;
}

/** For a process whose caller gave up while it was being begun. Whatever the store says, what runs here is stopped. */
async function endAtOnce(processes: ProcessDesk, scope: ResourceScope, processId: ProcessId): Promise<void> {
  try {
    await processes.end(scope, processId, 'user_requested');
  } catch (error) {
    if (error instanceof InvariantError) throw error;
  }
}

/** Runs the process, and says in the unit of its end what became of it. */
function start(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  going: Going,
  equipment: Equipment,
  processId: ProcessId,
): void {
  const { processes } = dependencies;
  tellPolicy(dependencies, call.context, call.capabilityId, { kind: 'process_started', processId });
  processes?.run(processId, {
    async execute({ signal, progress }) {
      const plan = sealPlan({ handler: judged.plan.handler, input: judged.input, equipment });
      const deadlineMs = Math.min(PROCESS_MS_MAX, judged.allowance?.grant.ceiling?.wallClockMs ?? Infinity);
      const outputBytesMax = outputBytesOf(judged);
      const show = (text: string): void => progress(cleanText(text, equipment));
      try {
        return toProcessResult(
          await dispatch(dependencies, plan, call, { signal, deadlineMs, outputBytesMax, progress: show }),
        );
      } finally {
        await equipment.close();
      }
    },
    ending: (result, how) => {
      const used = usageOf(call, judged, equipment, { ...result, durationMs: how.durationMs });
      const records = [
        ...equipment.facts(),
        ...processRecords(dependencies, call, processId, result, how),
        ...closingRecords(dependencies, call, call.attempts + 1, going.hold, used),
      ];
      return [...(going.hold?.reconcile(used) ?? []), ...toAppends(records)] satisfies readonly Write[];
    },
    ended: () => tellPolicy(dependencies, call.context, call.capabilityId, { kind: 'process_ended', processId }),
  });
}

/** What a process shows is read by models: nothing of a piece that holds what must not go out. */
function cleanText(text: string, { redactor }: Equipment): string {
  const clean = redactOutput(String(text), redactor);
  return (clean.kind === 'clean' || clean.kind === 'redacted') && typeof clean.output === 'string' ? clean.output : '';
}

function processRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  processId: ProcessId,
  result: ProcessResult,
  { status, durationMs }: ProcessEnding,
): readonly LogRecord[] {
  const base = (): ReturnType<typeof recordBase> => recordBase(dependencies, call);
  const effect = result.kind === 'completed' ? 'happened' : result.effect;
  const failure = result.kind === 'completed' ? {} : { errorKind: result.errorKind };
  const outcome = result.kind === 'completed' ? 'completed' : 'failed';
  return [
    { ...base(), kind: 'process_ended', processId, outcome: status, effect, durationMs, ...failure },
    { ...base(), kind: 'effect_settled', attempt: call.attempts + 1, outcome, effect, ...failure },
  ];
}

function toProcessResult(result: DispatchResult): ProcessResult {
  switch (result.kind) {
    case 'completed':
      return result;
    case 'failed':
      return { kind: 'failed', errorKind: result.code, message: result.message, effect: result.effect };
    case 'auth_required': {
      const message = 'The other side did not take the credentials of this process.';
      return { kind: 'failed', errorKind: 'credential_refused', message, effect: 'none' };
    }
  }
}
