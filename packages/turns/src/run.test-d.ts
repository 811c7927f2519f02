import { parseGateId, parseRunId } from '@reborn/host-api';
import { assertType, expectTypeOf } from 'vitest';
import type { TurnCoordinator } from './coordinator/coordinator.ts';
import type { SubmitTurnRequest } from './coordinator/submit.ts';
import type { LoopExit } from './loop/host.ts';
import { moveRun, queueRunAfterGate } from './run.ts';
import type { RunEnd } from './worker/step.ts';

declare const coordinator: TurnCoordinator;
declare const request: SubmitTurnRequest;
const runId = parseRunId('');
const gateId = parseGateId('');

// Plain text is no id.
// @ts-expect-error no run id
void queueRunAfterGate('run', gateId);
// @ts-expect-error the ids are not exchangeable
void queueRunAfterGate(gateId, runId);

// A command has the fields of its trigger.
void moveRun(runId, { trigger: 'claim', claims: 1 });
// @ts-expect-error a field of another trigger
void moveRun(runId, { trigger: 'claim', claims: 1, reason: 'policy' });
// @ts-expect-error no such trigger
void moveRun(runId, { trigger: 'restart' });
// @ts-expect-error no such reason
void moveRun(runId, { trigger: 'request_cancel', reason: 'because', ends: true });

// A thread is named when a turn is submitted, and nothing else is taken from the caller.
// @ts-expect-error no thread
void coordinator.submitTurn({ ...request, scope: { tenantId: 'acme', userId: 'alice' } });
// @ts-expect-error a caller does not say how far it is trusted
void coordinator.submitTurn({ ...request, trust: 'system' });

// What a loop claims is what a sitting can end with.
expectTypeOf<LoopExit>().toExtend<RunEnd>();
expectTypeOf<LoopExit['kind']>().toEqualTypeOf<'completed' | 'parked' | 'cancelled' | 'failed'>();

// Outcomes are told apart by their kind.
export async function describeSubmission(): Promise<string> {
  const outcome = await coordinator.submitTurn(request);
  switch (outcome.kind) {
    case 'accepted':
      assertType<string>(outcome.turnId);
      // @ts-expect-error only a busy thread has an active run
      void outcome.activeRunId;
      return outcome.runId;
    case 'thread_busy':
      return outcome.activeRunId;
  }
}
