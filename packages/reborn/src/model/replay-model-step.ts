/**
 * One step of a recording: what the model says and calls in it, and which step follows its results.
 *
 * Not here: where a conversation stands (`replay-model.ts`).
 */
import { utf8Bytes, type JsonValue } from '@reborn/host-api';
import type { ToolCall, ToolResult } from '@reborn/turns/loop';
import { evaluateExpression, isEmptyValue, type ExpressionScope, type ExpressionValue } from './expression-value.ts';
import { RECORDED_CALLS_MAX, type RecordedCall, type RecordedStep } from './recording-step.ts';
import type { Recording } from './recording.ts';

/** One message of a model; the same bound as a transcript's. Units: UTF-8 bytes. */
const SAY_BYTES_MAX = 256 * 1024;

type Results = ReadonlyMap<string, readonly ToolResult[]>;

/** `recordedIds`: the recorded call behind each call id, which is `<step>.<call>` or `<step>.<call>.<n>`. */
export interface PlayedStep {
  readonly kind: 'played';
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly recordedIds: ReadonlyMap<string, string>;
}

/** `explanation`: names of steps, calls, tools and pointers; no content. */
export interface LeftRecording {
  readonly kind: 'left';
  readonly explanation: string;
}

export function playStep(step: RecordedStep, results: Results): PlayedStep | LeftRecording {
  const said = step.say === undefined ? '' : evaluateExpression(step.say, { results });
  const text = typeof said === 'string' ? said : textOf(said);
  if (typeof text !== 'string') return left(`Step "${step.id}", say: ${text.reason}.`);
  const calls: ToolCall[] = [];
  const recordedIds = new Map<string, string>();
  for (const call of step.calls) {
    const made = makeCalls(step, call, results);
    if (made.kind === 'left') return made;
    for (const one of made.calls) recordedIds.set(one.callId, call.id);
    calls.push(...made.calls);
  }
  if (calls.length > RECORDED_CALLS_MAX) {
    return left(`Step "${step.id}" would make ${calls.length} calls; at most ${RECORDED_CALLS_MAX} are allowed.`);
  }
  if (step.calls.length > 0 && calls.length === 0) {
    return left(`Step "${step.id}": "each" finds nothing, and no branch of an earlier step leads around it.`);
  }
  return { kind: 'played', text, calls, recordedIds };
}

/** The position that follows the step at `at`, or why its results are not what was recorded. */
export function nextStep(
  recording: Recording,
  at: number,
  results: Results,
): { readonly kind: 'at'; readonly at: number } | LeftRecording {
  const step = recording.steps[at];
  if (step === undefined) return left('The recording is over.');
  const surprise = surpriseOf(step, results);
  if (surprise !== undefined) return surprise;
  for (const branch of step.next) {
    const { when } = branch;
    if (when.kind === 'outcome') {
      const hit = (results.get(when.callId) ?? []).some((result) => hasOutcome(result, when.outcome));
      if (!hit) continue;
    } else {
      const value = evaluateExpression(when.of, { results });
      if (value.kind === 'unresolved') return left(`Step "${step.id}", next: ${value.reason}.`);
      if (!isEmptyValue(value.value)) continue;
    }
    return { kind: 'at', at: recording.steps.findIndex((other) => other.id === branch.goto) };
  }
  return { kind: 'at', at: at + 1 };
}

export function left(explanation: string): LeftRecording {
  return { kind: 'left', explanation };
}

type Calls = { readonly kind: 'calls'; readonly calls: readonly ToolCall[] };

function makeCalls(step: RecordedStep, call: RecordedCall, results: Results): Calls | LeftRecording {
  const callId = `${step.id}.${call.id}`;
  if (call.each === undefined) return makeCall(step, call, callId, { results });
  const items = evaluateExpression(call.each, { results });
  if (items.kind === 'unresolved') return left(`Step "${step.id}", call "${call.id}", each: ${items.reason}.`);
  if (!isList(items.value)) return left(`Step "${step.id}", call "${call.id}": "each" is not a list.`);
  if (items.value.length > RECORDED_CALLS_MAX) {
    return left(
      `Step "${step.id}", call "${call.id}": "each" has ${items.value.length} items, ${RECORDED_CALLS_MAX} allowed.`,
    );
  }
  const calls: ToolCall[] = [];
  for (const [index, value] of items.value.entries()) {
    const made = makeCall(step, call, `${callId}.${index}`, { results, item: { value, index } });
    if (made.kind === 'left') return made;
    calls.push(...made.calls);
  }
  return { kind: 'calls', calls };
}

function makeCall(
  step: RecordedStep,
  call: RecordedCall,
  callId: string,
  scope: ExpressionScope,
): Calls | LeftRecording {
  const input = evaluateExpression(call.input, scope);
  if (input.kind === 'unresolved') return left(`Step "${step.id}", call "${call.id}", input: ${input.reason}.`);
  return { kind: 'calls', calls: [{ callId, capabilityId: call.tool, input: input.value }] };
}

/** The first result that neither the call's own expectation nor a branch of the step names. */
function surpriseOf(step: RecordedStep, results: Results): LeftRecording | undefined {
  for (const call of step.calls) {
    const allowed = [
      call.expect,
      ...step.next.flatMap(({ when }) => (when.kind === 'outcome' && when.callId === call.id ? [when.outcome] : [])),
    ];
    const surprise = results.get(call.id)?.find((result) => !allowed.some((outcome) => hasOutcome(result, outcome)));
    if (surprise !== undefined) {
      const expected = expectationOf(call.expect);
      return left(`Step "${step.id}": the recording expects ${call.tool} ${expected}, but it ${fateOf(surprise)}.`);
    }
  }
  return undefined;
}

function hasOutcome(result: ToolResult, outcome: string): boolean {
  if (result.kind === 'completed') return outcome === 'completed';
  return outcome === 'failed' || outcome === result.failureKind;
}

function expectationOf(outcome: string): string {
  if (outcome === 'completed') return 'to succeed';
  return outcome === 'failed' ? 'to fail' : `to fail (${outcome})`;
}

/** A failure kind is a token of the host; whatever is not one is not shown. */
function fateOf(result: ToolResult): string {
  if (result.kind === 'completed') return 'succeeded';
  return /^[a-z][a-z_]{0,63}$/.test(result.failureKind) ? `failed (${result.failureKind})` : 'failed';
}

function textOf(value: ExpressionValue): string | { readonly reason: string } {
  if (value.kind === 'unresolved') return { reason: value.reason };
  if (typeof value.value !== 'string') return { reason: 'it is not a text' };
  return utf8Bytes(value.value) > SAY_BYTES_MAX ? { reason: `it is longer than ${SAY_BYTES_MAX} bytes` } : value.value;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
