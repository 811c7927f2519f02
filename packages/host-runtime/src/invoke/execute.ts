/**
 * Step 10: an allowed call is lent its secrets, announced, carried out and settled.
 *
 * Not here: the units (`announce.ts`, `settle.ts`), the execution itself (`dispatch.ts`), calls that go on by themselves
 * (`launch.ts`).
 */
import { suspend, suspendAfter } from '../gate/open.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { announce, deadlineOf, outputBytesOf, type Going } from './announce.ts';
import type { Call } from './call.ts';
import { askForBudget, askForCredentials } from './decide.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { sealPlan } from './dispatch-plan.ts';
import { dispatch } from './dispatch.ts';
import type { JudgedInvocation } from './judge.ts';
import { equip } from './equip.ts';
import { settle } from './settle.ts';
import type { Step } from './step.ts';

export async function execute(
  dependencies: RuntimeDependencies,
  call: Call,
  judged: JudgedInvocation,
  going: Going,
  signal: AbortSignal,
): Promise<Step<InvokeOutcome>> {
  const equipment = await equip(dependencies, call, judged);
  // A secret went away since it was looked for.
  if (equipment === 'secret_missing') return { kind: 'contended' };
  try {
    const announced = await announce(dependencies, call, judged, going, equipment.lentCount);
    if (announced.kind === 'contended') return announced;
    if (announced.kind === 'blocked') {
      return await suspend(dependencies, call, judged, askForBudget(announced.block, going.granted), going);
    }
    const { attempt, endByMs } = announced.value;
    const { clock } = dependencies;
    const startedAtMs = clock.nowMs();
    const deadlineMs = Math.min(deadlineOf(judged), endByMs - startedAtMs);
    const plan = sealPlan({ handler: judged.plan.handler, input: judged.input, equipment });
    const ended = await dispatch(dependencies, plan, call, {
      signal,
      deadlineMs,
      outputBytesMax: outputBytesOf(judged),
    });
    const result = { ...ended, durationMs: clock.nowMs() - startedAtMs };
    // Before anything is written: what would still be sent would stand in no record.
    await equipment.close();
    if (result.kind === 'auth_required') {
      const question = askForCredentials(result.handles, going.granted);
      return await suspendAfter(dependencies, call, judged, question, {
        ...going,
        attempt,
        equipment,
        durationMs: result.durationMs,
      });
    }
    // A read that lost a race is judged and made again; an effect that cannot be settled was given up by somebody else.
    return await settle(dependencies, call, judged, attempt, result, going, equipment);
  } finally {
    await equipment.close();
  }
}
