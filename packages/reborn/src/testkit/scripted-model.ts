/**
 * A model that answers from a list: for tests of loops, tools and hooks.
 *
 * Not here: recordings of whole conversations (`createReplayModel`).
 */
import { capabilityIdSchema, copyJson, type JsonValue } from '@reborn/host-api';
import type { ModelOutcome, ModelProvider, ModelRequest } from '@reborn/turns/loop';

/** One answer. `calls` get the ids `call-1`, `call-2` … over the whole script. */
export type ScriptedStep =
  | { readonly say: string; readonly calls?: readonly { readonly tool: string; readonly input: JsonValue }[] }
  | { readonly calls: readonly { readonly tool: string; readonly input: JsonValue }[] }
  | Extract<ModelOutcome, { kind: 'failed' }>;

export interface ScriptedModel extends ModelProvider {
  /** What it was asked, oldest first: deep copies. */
  readonly requests: readonly ModelRequest[];
}

/** Answers in order. Asked once more, it fails the run and says that the script is over. */
export function createScriptedModel(steps: readonly ScriptedStep[]): ScriptedModel {
  const requests: ModelRequest[] = [];
  let next = 0;
  let calls = 0;
  return {
    label: 'script',
    recorded: true,
    requests,
    complete: async (request) => {
      requests.push(copyJson(request as never, 'request') as never);
      const step = steps[next];
      next += 1;
      if (step === undefined) {
        return {
          kind: 'failed',
          errorKind: 'recording_left',
          retryable: false,
          explanation: 'The script of the model is over.',
        };
      }
      if ('kind' in step) return step;
      const made = (step.calls ?? []).map(({ tool, input }) => {
        calls += 1;
        return { callId: `call-${calls}`, capabilityId: capabilityIdSchema.parse(tool), input };
      });
      return { kind: 'reply', text: 'say' in step ? step.say : '', calls: made };
    },
  };
}
