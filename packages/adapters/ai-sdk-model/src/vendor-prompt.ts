/**
 * A conversation in the AI SDK's form.
 *
 * Not here: what comes back (`reply.ts`).
 */
import type { JsonValue } from '@reborn/host-api';
import type { ModelMessage, ToolResult } from '@reborn/turns/loop';
import type { JSONValue, ModelMessage as VendorMessage, ToolResultPart } from 'ai';
import type { FunctionNames } from './function-names.ts';

export function toVendorMessages(messages: readonly ModelMessage[], names: FunctionNames): VendorMessage[] {
  return messages.map((message) => toVendorMessage(message, names));
}

function toVendorMessage(message: ModelMessage, names: FunctionNames): VendorMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: message.text };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [{ type: 'text' as const, text: message.text }]),
          ...message.calls.map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.callId,
            toolName: names.nameOf(call.capabilityId),
            input: call.input,
          })),
        ],
      };
    case 'tool': {
      const toolName = names.nameOf(message.capabilityId);
      const part: ToolResultPart = {
        type: 'tool-result',
        toolCallId: message.callId,
        toolName,
        output: toVendorOutput(message.result),
      };
      return { role: 'tool', content: [part] };
    }
  }
}

function toVendorOutput(result: ToolResult): ToolResultPart['output'] {
  if (result.kind === 'completed') {
    return typeof result.output === 'string'
      ? { type: 'text', value: result.output }
      : { type: 'json', value: toVendorJson(result.output) };
  }
  const { failureKind, effect, message } = result;
  return { type: 'error-json', value: { error: failureKind, effect, message } };
}

/** The same values; the SDK's type lacks `readonly`. */
function toVendorJson(value: JsonValue): JSONValue {
  return value as JSONValue;
}
