/**
 * The planned loop: ask the model, make the calls it wants, tell it what became of them, until it replies.
 *
 * It keeps nothing between two sittings: where it stands follows from the transcript, and what it has used up from its
 * checkpoint. It may therefore be killed anywhere and go on in another process.
 *
 * Not here: budgets of the model call itself (`../model/gateway.ts`), whether a call may be made (the door).
 * Source: specification 3, c.3.
 */
import type { EventId, GateId } from '@reborn/host-api';
import {
  unansweredCalls,
  type AgentLoopDriver,
  type Checkpoint,
  type CheckpointKind,
  type LoopCallOutcome,
  type LoopExit,
  type LoopHost,
  type ModelMessage,
  type RunFailure,
  type ToolCall,
  type ToolResult,
  type TranscriptEntry,
} from '@reborn/turns/loop';
import { isStuck } from './repetition.ts';

const CHECKPOINT_SCHEMA = 'reborn:planned/1';

export const plannedDriver: AgentLoopDriver = Object.freeze({
  descriptor: Object.freeze({ id: 'reborn:planned', version: 1, checkpointSchema: CHECKPOINT_SCHEMA }),
  run: runPlanned,
});

/** What the run has used up, over all its sittings. */
interface Spent {
  readonly modelCalls: number;
  readonly capabilityCalls: number;
}

interface Sitting {
  readonly host: LoopHost;
  entries: TranscriptEntry[];
  spent: Spent;
}

async function runPlanned(host: LoopHost): Promise<LoopExit> {
  const sitting: Sitting = { host, entries: [...(await host.readTranscript())], spent: readSpent(await host.readCheckpoint()) };
  for (;;) {
    if (host.signal.aborted || (await host.isCancelRequested())) return { kind: 'cancelled' };
    const calls = unansweredCalls(sitting.entries, host.runId);
    if (calls.length > 0) {
      const exit = await makeCalls(sitting, calls);
      if (exit !== undefined) return exit;
      continue;
    }
    const reply = findReply(sitting);
    if (reply !== undefined) return { kind: 'completed', replyEntryId: reply };
    const exit = await askModel(sitting);
    if (exit !== undefined) return exit;
  }
}

async function askModel(sitting: Sitting): Promise<LoopExit | undefined> {
  const { host, spent } = sitting;
  if (spent.modelCalls >= host.profile.modelCallsMax) {
    return failed('model_calls_exhausted', `The run has made all of its ${host.profile.modelCallsMax} model calls.`);
  }
  if (isStuck(sitting.entries, host.runId)) {
    return failed('no_progress', 'The model kept making the same call.');
  }
  const outcome = await host.complete({ messages: toMessages(sitting.entries), tools: await host.visibleTools() });
  if (host.signal.aborted) return { kind: 'cancelled' };
  if (outcome.kind === 'failed') return failed(failureOf(outcome.errorKind), outcome.explanation);
  sitting.spent = { ...spent, modelCalls: spent.modelCalls + 1 };
  const calls = renameRepeated(outcome.calls, sitting);
  const entry = { kind: 'assistant_message' as const, entryId: host.newEntryId(), runId: host.runId, text: outcome.text, calls };
  await record(sitting, calls.length === 0 ? 'final' : 'before_side_effect', entry);
  return undefined;
}

/**
 * Makes the calls of one step in order. A call that has to wait does not hold the others up: they are independent of
 * each other, and so all questions of one step are asked at once.
 */
async function makeCalls(sitting: Sitting, calls: readonly ToolCall[]): Promise<LoopExit | undefined> {
  const { host } = sitting;
  const gates: GateId[] = [];
  for (const call of calls) {
    if (host.signal.aborted || (await host.isCancelRequested())) return { kind: 'cancelled' };
    if (sitting.spent.capabilityCalls >= host.profile.capabilityCallsMax) {
      return failed('capability_calls_exhausted', `The run has made all of its ${host.profile.capabilityCallsMax} calls.`);
    }
    const outcome = await host.invoke(call);
    if (outcome.kind === 'suspended') {
      gates.push(outcome.gateId);
      continue;
    }
    if (outcome.kind === 'failed' && outcome.fate === 'terminal') {
      return host.signal.aborted ? { kind: 'cancelled' } : failed('capability_failed', outcome.message);
    }
    sitting.spent = { ...sitting.spent, capabilityCalls: sitting.spent.capabilityCalls + 1 };
    const { callId, capabilityId } = call;
    const entry = { kind: 'tool_result' as const, entryId: host.newEntryId(), runId: host.runId, callId, capabilityId, result: toResult(outcome) };
    await record(sitting, call === calls.at(-1) && gates.length === 0 ? 'before_model' : 'before_side_effect', entry);
  }
  if (gates.length === 0) return undefined;
  return { kind: 'parked', gates, checkpoint: checkpointOf('before_block', sitting.spent) };
}

async function record(sitting: Sitting, kind: CheckpointKind, entry: TranscriptEntry): Promise<void> {
  await sitting.host.commit({ checkpoint: checkpointOf(kind, sitting.spent), entries: [entry] });
  sitting.entries.push(entry);
}

function findReply(sitting: Sitting): EventId | undefined {
  const last = sitting.entries.findLast((entry) => entry.runId === sitting.host.runId);
  return last?.kind === 'assistant_message' && last.calls.length === 0 ? last.entryId : undefined;
}

/** Some models number their calls anew in each step; within a run every call has its own id. */
function renameRepeated(calls: readonly ToolCall[], sitting: Sitting): ToolCall[] {
  const used = new Set(
    sitting.entries.flatMap((entry) =>
      entry.kind === 'assistant_message' && entry.runId === sitting.host.runId ? entry.calls.map((call) => call.callId) : [],
    ),
  );
  return calls.map((call) => {
    let callId = call.callId;
    for (let copy = 2; used.has(callId); copy += 1) callId = `${call.callId}~${copy}`;
    used.add(callId);
    return { ...call, callId };
  });
}

function toMessages(entries: readonly TranscriptEntry[]): ModelMessage[] {
  return entries.map((entry): ModelMessage => {
    switch (entry.kind) {
      case 'user_message':
        return { role: 'user', text: entry.text };
      case 'assistant_message':
        return { role: 'assistant', text: entry.text, calls: entry.calls };
      case 'tool_result':
        return { role: 'tool', callId: entry.callId, capabilityId: entry.capabilityId, result: entry.result };
    }
  });
}

function toResult(outcome: Exclude<LoopCallOutcome, { kind: 'suspended' }>): ToolResult {
  if (outcome.kind === 'completed') return { kind: 'completed', output: outcome.output };
  const { failureKind, effect, message } = outcome;
  return { kind: 'failed', failureKind, effect, message };
}

function checkpointOf(kind: CheckpointKind, spent: Spent): Checkpoint {
  return { kind, schema: CHECKPOINT_SCHEMA, state: { ...spent } };
}

function readSpent(checkpoint: Checkpoint | undefined): Spent {
  const state = checkpoint?.schema === CHECKPOINT_SCHEMA ? checkpoint.state : {};
  return { modelCalls: countOf(state['modelCalls']), capabilityCalls: countOf(state['capabilityCalls']) };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
}

function failureOf(errorKind: string): RunFailure['kind'] {
  switch (errorKind) {
    case 'refused':
      return 'model_refused';
    case 'invalid_output':
    case 'output_truncated':
    case 'context_overflow':
      return 'model_invalid_output';
    case 'recording_left':
      return 'recording_left';
    default:
      return 'model_unavailable';
  }
}

function failed(kind: RunFailure['kind'], explanation: string): LoopExit {
  return { kind: 'failed', failure: { kind, explanation } };
}
