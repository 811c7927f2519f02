/**
 * What the assembled host gives to a loop for one sitting.
 *
 * Not here: the loop (`../agent-loop/`), the sitting's lease and end (`../worker/`).
 */
import {
  checkLease,
  eventIdSchema,
  parseIdempotencyKey,
  type AppendWrite,
  type Clock,
  type Diagnostics,
  type EventId,
  type Ids,
  type Timers,
  type UnitOfWork,
  type GateId,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import type { HostRuntime, InvokeOutcome, InvokeRequest } from '@reborn/host-runtime';
import type { LoopCallOutcome, LoopHost, ModelOutcome, ModelTool, ToolCall, TranscriptEntry } from '@reborn/turns/loop';
import type { ClaimedRun, Runner } from '@reborn/turns/runner';
import { CALL_ATTEMPTS_MAX, CALL_BACKOFF_MS } from '../limits.ts';
import type { ModelGateway } from '../model/gateway.ts';
import { pause } from '../pause.ts';
import { toInvocationId } from './call-identity.ts';

export interface LoopHostDependencies {
  readonly store: UnitOfWork;
  readonly runner: Runner;
  readonly runtime: HostRuntime;
  readonly gateway: ModelGateway;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  /** The operator's text in front of every conversation. */
  readonly system: string;
}

/** The worker's time with its run is over; whatever the loop was about to do, another worker may be at it now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** What a loop holds of its host, until the sitting is over. */
export interface GuestHost {
  readonly host: LoopHost;
  /** From now on the loop can do nothing any more: everything it asks for is refused. */
  close(): void;
}

interface Sitting {
  readonly signal: AbortSignal;
  readonly issuedGates: Set<GateId>;
}

/** `issuedGates` collects what the loop may name when it parks. */
export function createGuestHost(dependencies: LoopHostDependencies, claimed: ClaimedRun, sitting: Sitting): GuestHost {
  const { runner, runtime, gateway, ids, system } = dependencies;
  const { run } = claimed;
  const { signal } = sitting;
  let open = true;
  const whileOpen = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!open) throw new LeaseLost();
    return work();
  };
  const host: LoopHost = {
    runId: run.runId,
    profile: run.profile,
    signal,
    newEntryId: () => newEventId(ids),
    readTranscript: () => whileOpen(() => runner.readThread(run)),
    readCheckpoint: () => whileOpen(() => runner.readCheckpoint(run.runId)),
    commit: (step) =>
      whileOpen(async () => {
        const outcome = await runner.writeStep(claimed, step, replyEvents(dependencies, claimed, step.entries));
        if (outcome.kind === 'lost') throw new LeaseLost();
      }),
    visibleTools: () =>
      whileOpen(async () => {
        const surface = await runtime.visibleCapabilities({ scope: run.scope });
        return surface.capabilities.map(({ descriptor }): ModelTool => {
          const { id, description, inputSchema } = descriptor;
          return { capabilityId: id, description, inputSchema };
        });
      }),
    complete: ({ messages, tools }) =>
      whileOpen(() =>
        gateway.complete({ system, messages, tools }, { signal, observer: observe(dependencies, claimed) }),
      ),
    invoke: (call) => whileOpen(() => invoke(dependencies, claimed, call, sitting)),
    isCancelRequested: () => whileOpen(async () => (await runner.look(run.runId))?.cancel !== undefined),
  };
  return { host: Object.freeze(host), close: () => void (open = false) };
}

/** A call that failed without an effect, and may succeed later, is made again a few times under the same key. */
async function invoke(
  dependencies: LoopHostDependencies,
  claimed: ClaimedRun,
  call: ToolCall,
  { signal, issuedGates }: Sitting,
): Promise<LoopCallOutcome> {
  const { runtime, timers } = dependencies;
  const request = toRequest(claimed, call);
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await runtime.invokeCapability(request, { signal });
    const again = outcome.kind === 'failed' && outcome.fate === 'retry' && outcome.effect === 'none';
    if (!again || attempt === CALL_ATTEMPTS_MAX || signal.aborted) return toLoopOutcome(outcome, issuedGates);
    await pause(timers, CALL_BACKOFF_MS * 2 ** (attempt - 1), signal);
  }
}

/** The same call of the same run is the same effect, in whatever sitting it is asked for. */
function toRequest({ run, lease }: ClaimedRun, { capabilityId, input, callId }: ToolCall): InvokeRequest {
  return {
    context: {
      invocationId: toInvocationId(run.runId, callId),
      correlationId: run.correlationId,
      scope: run.scope,
      run: { runId: run.runId, lease },
    },
    capabilityId,
    input,
    idempotencyKey: parseIdempotencyKey(`${run.runId}/${callId}`),
  };
}

function toLoopOutcome(outcome: InvokeOutcome, issuedGates: Set<GateId>): LoopCallOutcome {
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

/**
 * The log hears of each attempt, as long as the run is this worker's. Trouble with it is reported and never changes what
 * the model said.
 */
function observe(dependencies: LoopHostDependencies, claimed: ClaimedRun) {
  const { scope, runId, correlationId } = claimed.run;
  const base = () => ({
    eventId: newEventId(dependencies.ids),
    atMs: dependencies.clock.nowMs(),
    scope,
    runId,
    correlationId,
  });
  let startedAtMs = dependencies.clock.nowMs();
  const note = async (record: LogRecord): Promise<void> => {
    await dependencies.store.commit([checkLease(claimed.lease), ...toAppends([record])]).catch(() => {
      dependencies.diagnostics.report('An event about a model call could not be written.');
    });
  };
  return {
    started: async (attempt: number) => {
      await note({ ...base(), kind: 'model_started', attempt });
      startedAtMs = dependencies.clock.nowMs();
    },
    ended: (attempt: number, outcome: ModelOutcome) => {
      const durationMs = dependencies.clock.nowMs() - startedAtMs;
      return note(
        outcome.kind === 'reply'
          ? { ...base(), kind: 'model_completed', calls: outcome.calls.length, durationMs }
          : { ...base(), kind: 'model_failed', attempt, errorKind: outcome.errorKind, durationMs },
      );
    },
  };
}

/**
 * An event for each last word of the model, under the id of what was said: written again, it is the same one. What a loop
 * hands over may be anything; entries without a proper form are refused with the step.
 */
function replyEvents(
  { clock }: LoopHostDependencies,
  { run }: ClaimedRun,
  entries: readonly TranscriptEntry[],
): readonly AppendWrite[] {
  const { scope, runId, correlationId } = run;
  const replies = entries.flatMap((entry) => {
    if (entry.kind !== 'assistant_message' || !Array.isArray(entry.calls) || entry.calls.length > 0) return [];
    const entryId = eventIdSchema.safeParse(entry.entryId);
    return entryId.success ? [entryId.data] : [];
  });
  const about = { atMs: clock.nowMs(), scope, runId, correlationId };
  return toAppends(
    replies.map((entryId) => ({ kind: 'assistant_reply_finalized', eventId: entryId, ...about, entryId })),
  );
}

function newEventId(ids: Ids): EventId {
  return eventIdSchema.parse(ids.uuid());
}
