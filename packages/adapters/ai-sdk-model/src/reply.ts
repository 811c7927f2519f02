/**
 * What a model answered, checked before anything of it is believed: one bad call rejects the whole answer.
 *
 * Not here: requests that failed (`failure.ts`).
 */
import { boundedLine, hasControl, isJsonObject, jsonObjectSchema, utf8Bytes, type JsonObject } from '@reborn/host-api';
import type { ModelMessage, ModelOutcome, ToolCall } from '@reborn/turns/loop';
import { failureOf, type FailureCause } from './failure.ts';
import type { FunctionNames } from './function-names.ts';
import { CALLS_PER_STEP_MAX, CALL_ID_BYTES_MAX, MESSAGE_BYTES_MAX } from '@reborn/turns';

/** The part of the SDK's answer that is used. `invalid`: the SDK could not read the input or does not know the name. */
export interface VendorReply {
  readonly text: string;
  readonly finishReason: string;
  readonly toolCalls: readonly VendorCall[];
}

export interface VendorCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  readonly invalid?: boolean | undefined;
}

export function toOutcome(reply: VendorReply, messages: readonly ModelMessage[], names: FunctionNames): ModelOutcome {
  if (reply.finishReason === 'content-filter') return failureOf('refused');
  if (reply.finishReason === 'length') return failureOf('output_truncated');
  if (reply.finishReason === 'error') return failureOf('server_error');
  const text = reply.text.toWellFormed().replaceAll('\u0000', '');
  if (utf8Bytes(text) > MESSAGE_BYTES_MAX) return failureOf('reply_too_long');
  if (reply.toolCalls.length > CALLS_PER_STEP_MAX) return failureOf('too_many_calls');
  if (text.trim() === '' && reply.toolCalls.length === 0) return failureOf('empty_reply');
  const used = new Set(messages.flatMap((message) => (message.role === 'assistant' ? message.calls : [])).map(idOf));
  const fresh = new Set<string>();
  const calls: ToolCall[] = [];
  for (const vendorCall of reply.toolCalls) {
    const call = toCall(vendorCall, names);
    if (typeof call === 'string') return failureOf(call);
    if (fresh.has(call.callId)) return failureOf('invalid_call_id');
    fresh.add(call.callId);
    const callId = unusedId(call.callId, used);
    if (callId === undefined) return failureOf('invalid_call_id');
    used.add(callId);
    calls.push({ ...call, callId });
  }
  return { kind: 'reply', text, calls };
}

function toCall(call: VendorCall, names: FunctionNames): ToolCall | FailureCause {
  const capabilityId = names.capabilityOf(call.toolName);
  if (capabilityId === undefined) return 'unknown_tool';
  const input = call.invalid === true ? undefined : plainObject(call.input);
  if (input === undefined) return 'invalid_tool_input';
  if (!isCallId(call.toolCallId)) return 'invalid_call_id';
  return { callId: call.toolCallId, capabilityId, input };
}

function plainObject(value: unknown): JsonObject | undefined {
  const result = jsonObjectSchema.safeParse(value);
  return result.success && isJsonObject(result.data) ? result.data : undefined;
}

function isCallId(value: string): boolean {
  return !hasControl(value) && boundedLine(CALL_ID_BYTES_MAX).safeParse(value).success;
}

/** Some servers count calls from zero in every answer; in a transcript a call id stands once. */
function unusedId(callId: string, used: ReadonlySet<string>): string | undefined {
  let id = callId;
  for (let number = 2; used.has(id); number += 1) id = `${callId}~${number}`;
  return isCallId(id) ? id : undefined;
}

function idOf(call: ToolCall): string {
  return call.callId;
}
