/**
 * The planned loop: ask the model, make the calls it wants, tell it what became of them, until it replies.
 *
 * It keeps nothing between two sittings: where it stands follows from the transcript, and what it has used up from its
 * checkpoint. It may therefore be killed anywhere and go on in another process.
 *
 * Not here: budgets of the model call itself (`../model/gateway.ts`), whether a call may be made (the door).
 * Source: specification 3, c.3.
 */
import { utf8Bytes, type EventId, type GateId } from '@reborn/host-api';
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
/** As transcripts take it. Units: UTF-8 bytes. */
const CALL_ID_BYTES_MAX = 128;

/** What a model hears of a call whose run ended before its result was known. */
const NEVER_ANSWERED: ToolResult = Object.freeze({
  kind: 'failed',
  failureKind: 'cancelled',
  effect: 'uncertain',
  message: 'The run ended before the result of this call was known. It may or may not have happened.',
});

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
  const sitting: Sitting = {
    host,
    entries: [...(await host.readTranscript())],
    spent: readSpent(await host.readCheckpoint()),
  };
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
  // Counted before it is made: a run that dies over and over asks no more often than it may.
  sitting.spent = { ...spent, modelCalls: spent.modelCalls + 1 };
  await host.commit({ checkpoint: checkpointOf('before_model', sitting.spent), entries: [] });
  const outcome = await host.complete({ messages: toMessages(sitting.entries), tools: await host.visibleTools() });
  if (host.signal.aborted) return { kind: 'cancelled' };
  if (outcome.kind === 'failed') return failed(failureOf(outcome.errorKind), outcome.explanation);
  const calls = renameRepeated(outcome.calls, sitting);
  const entry = {
    kind: 'assistant_message' as const,
    entryId: host.newEntryId(),
    runId: host.runId,
    text: outcome.text,
    calls,
  };
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
      return failed(
        'capability_calls_exhausted',
        `The run has made all of its ${host.profile.capabilityCallsMax} calls.`,
      );
    }
    const outcome = await host.invoke(call);
    if (outcome.kind === 'suspended') {
      gates.push(outcome.gateId);
      continue;
    }
    // Broken off with this sitting: whoever goes on with the run learns from the door what became of it.
    if (outcome.kind === 'failed' && outcome.fate === 'terminal') {
      if (host.signal.aborted) return { kind: 'cancelled' };
      // A call that was broken off in an earlier sitting, or by itself, ends no run: the model is told.
      if (outcome.failureKind !== 'cancelled') return failed('capability_failed', outcome.message);
    }
    sitting.spent = { ...sitting.spent, capabilityCalls: sitting.spent.capabilityCalls + 1 };
    const { callId, capabilityId } = call;
    const entry = {
      kind: 'tool_result' as const,
      entryId: host.newEntryId(),
      runId: host.runId,
      callId,
      capabilityId,
      result: toResult(outcome),
    };
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
      entry.kind === 'assistant_message' && entry.runId === sitting.host.runId
        ? entry.calls.map((call) => call.callId)
        : [],
    ),
  );
  return calls.map((call) => {
    let { callId } = call;
    for (let copy = 2; used.has(callId); copy += 1) callId = withSuffix(call.callId, `~${copy}`);
    used.add(callId);
    return { ...call, callId };
  });
}

/** Cut, if need be, to what a transcript takes. */
function withSuffix(callId: string, suffix: string): string {
  const characters = [...callId];
  while (utf8Bytes(characters.join('')) > CALL_ID_BYTES_MAX - suffix.length) characters.pop();
  return `${characters.join('')}${suffix}`;
}

/**
 * A call is followed by its result before anything else is said. An earlier run of the thread may have ended without
 * one: then the model is told so. A result whose call lies too far back is left out.
 */
function toMessages(entries: readonly TranscriptEntry[]): ModelMessage[] {
  const messages: ModelMessage[] = [];
  let open = new Map<string, ToolCall>();
  const close = (): void => {
    for (const { callId, capabilityId } of open.values()) {
      messages.push({ role: 'tool', callId, capabilityId, result: NEVER_ANSWERED });
    }
    open = new Map();
  };
  for (const entry of entries) {
    switch (entry.kind) {
      case 'user_message':
        close();
        messages.push({ role: 'user', text: entry.text });
        break;
      case 'assistant_message':
        close();
        messages.push({ role: 'assistant', text: entry.text, calls: entry.calls });
        open = new Map(entry.calls.map((call) => [call.callId, call]));
        break;
      case 'tool_result':
        if (!open.delete(entry.callId)) break;
        messages.push({ role: 'tool', callId: entry.callId, capabilityId: entry.capabilityId, result: entry.result });
        break;
    }
  }
  close();
  return messages;
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
