/**
 * What a loop asks of a model, and the port that model adapters implement.
 *
 * Not here: retries and budgets (the gateway in `@reborn/reborn`), any vendor (adapters).
 */
import type { CapabilityId, JsonObject } from '@reborn/host-api';
import type { ToolCall, ToolResult } from '../transcript/entry.ts';

export type ModelMessage =
  | { readonly role: 'user'; readonly text: string }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly ToolCall[] }
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly capabilityId: CapabilityId;
      readonly result: ToolResult;
    };

/** `inputSchema` is JSON Schema, draft 2020-12. */
export interface ModelTool {
  readonly capabilityId: CapabilityId;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** `messages`: oldest first; every call is followed by its result before the next assistant message. */
export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
}

/** Closed. `recording_left`: a replay model was asked something that was not recorded. */
export type ModelErrorKind =
  | 'unavailable'
  | 'unauthorized'
  | 'refused'
  | 'invalid_output'
  | 'context_overflow'
  | 'output_truncated'
  | 'recording_left'
  | 'aborted';

/** `explanation`: a sentence for people, without content and without text of a vendor. */
export type ModelOutcome =
  | { readonly kind: 'reply'; readonly text: string; readonly calls: readonly ToolCall[] }
  | {
      readonly kind: 'failed';
      readonly errorKind: ModelErrorKind;
      readonly retryable: boolean;
      readonly explanation: string;
    };

/** A model. `label` names it to people, and says so when it is a recording. It never throws for a failed call. */
export interface ModelProvider {
  readonly label: string;
  /** True for one that plays what was recorded: production refuses it. */
  readonly recorded?: boolean;
  complete(request: ModelRequest, options: { readonly signal: AbortSignal }): Promise<ModelOutcome>;
}
