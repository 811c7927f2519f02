/**
 * A model that plays a recording, says so, and stops clearly when the conversation leaves it. It keeps nothing: where the
 * recording stands is read from the messages alone, so another process continues what one began.
 *
 * Not here: what one step yields (`replay-model-step.ts`), the file format (`recording.ts`).
 */
import type { ModelMessage, ModelOutcome, ModelProvider, ModelRequest, ToolCall, ToolResult } from '@reborn/turns/loop';
import { canonicalOrUndefined } from './expression-value.ts';
import type { RecordedStep } from './recording-step.ts';
import type { Recording } from './recording.ts';
import { left, nextStep, playStep, type LeftRecording, type PlayedStep } from './replay-model-step.ts';

/** Errors: none; whatever was not recorded is the outcome `recording_left`. */
export function createReplayModel(recording: Recording): ModelProvider {
  return Object.freeze({
    label: `replay of "${recording.title}"`,
    recorded: true,
    complete: async (request: ModelRequest, options: { readonly signal: AbortSignal }): Promise<ModelOutcome> => {
      if (options.signal.aborted) return failed('aborted', 'The request was cancelled.');
      const played = replay(recording, request);
      if (played.kind === 'left') return failed('recording_left', played.explanation);
      return { kind: 'reply', text: played.text, calls: played.calls };
    },
  });
}

function replay(recording: Recording, request: ModelRequest): PlayedStep | LeftRecording {
  const begin = request.messages.findLastIndex((message) => message.role === 'user');
  const asked = request.messages[begin];
  if (asked?.role !== 'user') return left('There is no user message to answer.');
  if (recording.user !== null && recording.user.trim() !== asked.text.trim()) {
    return left('The recording answers another message; use --model for a live model.');
  }
  const exchanges = exchangesOf(request.messages.slice(begin + 1));
  if (exchanges.kind === 'left') return exchanges;
  const results = new Map<string, readonly ToolResult[]>();
  let at = 0;
  for (const exchange of exchanges.all) {
    const next = follow(recording, at, results, exchange);
    if (next.kind === 'left') return next;
    at = next.at;
  }
  const step = recording.steps[at];
  if (step === undefined) return left('The recording is over.');
  const played = playStep(step, results);
  return played.kind === 'left' ? played : (missingTool(step, played, request) ?? played);
}

/** Compares one exchange of the conversation with the step at its place, adds its results, and finds the next step. */
function follow(
  recording: Recording,
  at: number,
  results: Map<string, readonly ToolResult[]>,
  exchange: Exchange,
): { readonly kind: 'at'; readonly at: number } | LeftRecording {
  const step = recording.steps[at];
  if (step === undefined) return left('The recording is over.');
  const expected = playStep(step, results);
  if (expected.kind === 'left') return expected;
  const difference = differenceOf(expected, exchange.message);
  if (difference !== undefined) return left(`Step "${step.id}": ${difference}`);
  if (step.calls.length === 0) return left(`Step "${step.id}" ends the recording, but the conversation goes on.`);
  for (const call of step.calls) results.set(call.id, []);
  for (const call of expected.calls) {
    const result = exchange.results.get(call.callId);
    if (result === undefined) return left(`Step "${step.id}": a call of ${call.capabilityId} has no result yet.`);
    const recordedId = expected.recordedIds.get(call.callId) ?? '';
    results.set(recordedId, [...(results.get(recordedId) ?? []), result]);
  }
  return nextStep(recording, at, results);
}

type AssistantMessage = Extract<ModelMessage, { readonly role: 'assistant' }>;
interface Exchange {
  readonly message: AssistantMessage;
  readonly results: Map<string, ToolResult>;
}
type Exchanges = { readonly kind: 'exchanges'; readonly all: readonly Exchange[] };

function exchangesOf(messages: readonly ModelMessage[]): Exchanges | LeftRecording {
  const all: Exchange[] = [];
  for (const message of messages) {
    if (message.role === 'assistant') all.push({ message, results: new Map() });
    else if (message.role === 'tool') {
      const open = all.at(-1);
      if (open?.message.calls.some((call) => call.callId === message.callId) !== true) {
        return left('The conversation has a result that no call asked for.');
      }
      open.results.set(message.callId, message.result);
    }
  }
  return { kind: 'exchanges', all };
}

function differenceOf(expected: PlayedStep, message: AssistantMessage): string | undefined {
  if (expected.text !== message.text) return 'the recording has another text here than the conversation.';
  if (expected.calls.length !== message.calls.length) {
    return `the recording has ${namesOf(expected.calls)} here, the conversation ${namesOf(message.calls)}.`;
  }
  for (const [at, call] of expected.calls.entries()) {
    const other = message.calls[at];
    if (other?.capabilityId !== call.capabilityId) {
      return `the recording has ${namesOf(expected.calls)} here, the conversation ${namesOf(message.calls)}.`;
    }
    if (other.callId !== call.callId) return `the recording has another id for its call of ${call.capabilityId} here.`;
    const input = canonicalOrUndefined(call.input);
    if (input === undefined || input !== canonicalOrUndefined(other.input)) {
      return `the recording has another input for its call of ${call.capabilityId} here.`;
    }
  }
  return undefined;
}

function missingTool(step: RecordedStep, played: PlayedStep, request: ModelRequest): LeftRecording | undefined {
  const missing = played.calls.find((call) => !request.tools.some((tool) => tool.capabilityId === call.capabilityId));
  if (missing === undefined) return undefined;
  return left(`Step "${step.id}": the recording calls ${missing.capabilityId}, which this agent does not have.`);
}

/** For messages: how many calls of which capability, a few of them. */
function namesOf(calls: readonly ToolCall[]): string {
  if (calls.length === 0) return 'no calls';
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call.capabilityId, (counts.get(call.capabilityId) ?? 0) + 1);
  const shown = [...counts].slice(0, 4).map(([name, count]) => `${count} of ${name}`);
  return `calls (${shown.join(', ')}${counts.size > shown.length ? ', …' : ''})`;
}

function failed(errorKind: 'recording_left' | 'aborted', explanation: string): ModelOutcome {
  return { kind: 'failed', errorKind, retryable: false, explanation };
}
