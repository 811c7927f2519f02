/**
 * What the assembled host gives to a loop for one sitting.
 *
 * Not here: the loop (`../agent-loop/`), the sitting's lease and end (`../worker/`).
 */
import {
  correlationIdSchema,
  eventIdSchema,
  idempotencyKeySchema,
  type Diagnostics,
  type EventId,
  type Ids,
  type Clock,
} from '@reborn/host-api';
import type { EventLog, LogRecord } from '@reborn/events';
import type { HostRuntime, InvokeOutcome } from '@reborn/host-runtime';
import type { LoopCallOutcome, LoopHost, ModelOutcome, ModelTool, ToolCall } from '@reborn/turns/loop';
import type { ClaimedRun, Runner } from '@reborn/turns/runner';
import type { ModelGateway } from '../model/gateway.ts';
import { toInvocationId } from './call-identity.ts';

export interface LoopHostDependencies {
  readonly runner: Runner;
  readonly runtime: HostRuntime;
  readonly gateway: ModelGateway;
  readonly log: EventLog;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  /** The operator's text in front of every conversation. */
  readonly system: string;
}

/** The worker lost its run; whatever the loop was about to write, another worker is at it now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** `issuedGates` collects what the loop may name when it parks. */
export function createLoopHost(
  dependencies: LoopHostDependencies,
  claimed: ClaimedRun,
  sitting: { readonly signal: AbortSignal; readonly issuedGates: Set<string> },
): LoopHost {
  const { runner, runtime, gateway, ids, system } = dependencies;
  const { run } = claimed;
  const { signal } = sitting;
  return {
    runId: run.runId,
    profile: run.profile,
    signal,
    newEntryId: () => newEventId(ids),
    readTranscript: () => runner.readThread(run),
    readCheckpoint: () => runner.readCheckpoint(run.runId),
    commit: async (step) => {
      const outcome = await runner.writeStep(claimed, step);
      if (outcome.kind === 'lost') throw new LeaseLost();
    },
    visibleTools: async () => {
      const surface = await runtime.visibleCapabilities({ scope: run.scope });
      return surface.capabilities.map(({ descriptor }): ModelTool => {
        const { id, description, inputSchema } = descriptor;
        return { capabilityId: id, description, inputSchema };
      });
    },
    complete: (request) => gateway.complete({ system, ...request }, { signal, observer: observe(dependencies, claimed) }),
    invoke: (call) => invoke(dependencies, claimed, call, sitting),
    isCancelRequested: async () => (await runner.look(run.runId))?.cancel !== undefined,
  };
}

async function invoke(
  dependencies: LoopHostDependencies,
  claimed: ClaimedRun,
  call: ToolCall,
  sitting: { readonly signal: AbortSignal; readonly issuedGates: Set<string> },
): Promise<LoopCallOutcome> {
  const { run, lease } = claimed;
  const { capabilityId, input, callId } = call;
  const context = {
    invocationId: toInvocationId(run.runId, callId),
    correlationId: correlationIdSchema.parse(run.correlationId),
    scope: run.scope,
    run: { runId: run.runId, lease },
  };
  const idempotencyKey = idempotencyKeySchema.parse(`${run.runId}/${callId}`);
  const outcome = await dependencies.runtime.invokeCapability({ context, capabilityId, input, idempotencyKey }, { signal: sitting.signal });
  return toLoopOutcome(outcome, sitting.issuedGates);
}

function toLoopOutcome(outcome: InvokeOutcome, issuedGates: Set<string>): LoopCallOutcome {
  switch (outcome.kind) {
    case 'completed':
      return { kind: 'completed', output: outcome.output };
    case 'spawned_process':
      return { kind: 'completed', output: { processId: outcome.processId } };
    case 'approval_required':
    case 'auth_required':
    case 'resource_blocked':
      issuedGates.add(outcome.gateId);
      return { kind: 'suspended', gateId: outcome.gateId };
    case 'failed': {
      const { failureKind, effect, message } = outcome;
      const fate = outcome.fate === 'park' ? 'terminal' : outcome.fate;
      return { kind: 'failed', failureKind, fate, effect, message };
    }
  }
}

/** The log hears of each attempt. Its trouble is reported and never changes what the model said. */
function observe(dependencies: LoopHostDependencies, claimed: ClaimedRun) {
  const { scope, runId, correlationId } = claimed.run;
  const base = () => ({ eventId: newEventId(dependencies.ids), atMs: dependencies.clock.nowMs(), scope, runId, correlationId });
  const note = async (record: LogRecord): Promise<void> => {
    await dependencies.log.append([record]).catch(() => {
      dependencies.diagnostics.report('An event about a model call could not be written.');
    });
  };
  return {
    started: (attempt: number) => note({ ...base(), kind: 'model_started', attempt }),
    ended: (attempt: number, outcome: ModelOutcome) =>
      note(
        outcome.kind === 'reply'
          ? { ...base(), kind: 'model_completed', calls: outcome.calls.length }
          : { ...base(), kind: 'model_failed', attempt, errorKind: outcome.errorKind },
      ),
  };
}

function newEventId(ids: Ids): EventId {
  return eventIdSchema.parse(ids.uuid());
}
