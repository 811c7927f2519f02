/**
 * Between a loop and a model: attempts, pauses, the deadline, and a check that a reply is one that can be acted upon.
 * Whatever a provider does or returns, there is an outcome, and it holds nothing that was not checked.
 *
 * Not here: any vendor (adapters), how many calls a run has left (the loop's budget).
 * Source: specification 3, c.4 and g-4, g-5, g-7.
 */
import {
  boundedLine,
  boundedText,
  copyJson,
  utf8Bytes,
  type CapabilityId,
  type JsonValue,
  type Timers,
} from '@reborn/host-api';
import { CALL_ID_BYTES_MAX, CALLS_PER_STEP_MAX, MESSAGE_BYTES_MAX, type ToolCall } from '@reborn/turns';
import type { ModelOutcome, ModelProvider, ModelRequest } from '@reborn/turns/loop';
import { z } from 'zod';
import {
  EXPLANATION_BYTES_MAX,
  MODEL_ATTEMPTS_MAX,
  MODEL_BACKOFF_MS,
  MODEL_BACKOFF_MS_MAX,
  MODEL_DEADLINE_MS,
} from '../limits.ts';
import { pause } from '../pause.ts';

const jsonSchema = z.unknown().transform((value, context): JsonValue => {
  try {
    return copyJson(value, 'input');
  } catch {
    context.addIssue({ code: 'custom', message: 'must be plain JSON' });
    return z.NEVER;
  }
});

const replySchema = z.object({
  kind: z.literal('reply'),
  text: z.string(),
  calls: z.array(z.object({ callId: boundedLine(CALL_ID_BYTES_MAX), capabilityId: z.string(), input: jsonSchema })),
});

const failureSchema = z.object({
  kind: z.literal('failed'),
  errorKind: z.enum([
    'unavailable',
    'unauthorized',
    'refused',
    'invalid_output',
    'context_overflow',
    'output_truncated',
    'recording_left',
    'aborted',
  ]),
  retryable: z.boolean(),
  explanation: boundedText(EXPLANATION_BYTES_MAX).catch('The model could not answer.'),
});

const outcomeSchema = z.discriminatedUnion('kind', [replySchema, failureSchema]);

/** Told before and after each attempt; for the log. */
export interface ModelObserver {
  started(attempt: number): Promise<void>;
  ended(attempt: number, outcome: ModelOutcome): Promise<void>;
}

export interface ModelGateway {
  complete(
    request: ModelRequest,
    options: { readonly signal: AbortSignal; readonly observer: ModelObserver },
  ): Promise<ModelOutcome>;
}

export function createModelGateway(provider: ModelProvider, timers: Timers): ModelGateway {
  return {
    complete: async (request, { signal, observer }) => {
      for (let attempt = 1; ; attempt += 1) {
        if (signal.aborted) return aborted();
        await observer.started(attempt);
        const outcome = check(await ask(provider, timers, request, signal), request);
        await observer.ended(attempt, outcome);
        if (outcome.kind === 'reply' || !outcome.retryable || attempt >= MODEL_ATTEMPTS_MAX) return outcome;
        await pause(timers, Math.min(MODEL_BACKOFF_MS * 2 ** (attempt - 1), MODEL_BACKOFF_MS_MAX), signal);
      }
    },
  };
}

/** Nobody waits for a provider longer than the deadline, or when its answer is not wanted any more. */
async function ask(
  provider: ModelProvider,
  timers: Timers,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<unknown> {
  const stop = new AbortController();
  let close = (): void => undefined;
  const given = new Promise<ModelOutcome>((resolve) => {
    const end = (outcome: ModelOutcome): void => {
      resolve(outcome);
      stop.abort();
    };
    const onAbort = (): void => end(aborted());
    const onLate = (): void => end(failure('unavailable', true, 'The model did not answer in time.'));
    const cancel = timers.schedule(MODEL_DEADLINE_MS, onLate);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    close = () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
  });
  try {
    // A copy: what a provider does to its request is no concern of the next attempt.
    const own = structuredClone(request);
    const answer = Promise.resolve().then(() => provider.complete(own, { signal: stop.signal }));
    return await Promise.race([answer, given]);
  } catch {
    return failure('unavailable', true, 'The model could not be reached.');
  } finally {
    close();
  }
}

/** One bad call rejects the whole reply, before any of its calls is made. */
function check(answer: unknown, request: ModelRequest): ModelOutcome {
  const outcome = parse(answer);
  if (outcome === undefined) return invalid('it does not have the form of a reply');
  if (outcome.kind === 'failed') return outcome;
  const { text } = outcome;
  if (outcome.calls.length > CALLS_PER_STEP_MAX) return invalid(`it makes more than ${CALLS_PER_STEP_MAX} calls`);
  if (new Set(outcome.calls.map((call) => call.callId)).size !== outcome.calls.length) {
    return invalid('two of its calls have one id');
  }
  const offered = new Map<string, CapabilityId>(request.tools.map((tool) => [tool.capabilityId, tool.capabilityId]));
  const calls: ToolCall[] = [];
  for (const { callId, capabilityId: named, input } of outcome.calls) {
    const capabilityId = offered.get(named);
    if (capabilityId === undefined) return invalid('it calls a tool that it was not offered');
    calls.push({ callId, capabilityId, input });
  }
  if (utf8Bytes(text) > MESSAGE_BYTES_MAX) return invalid('it is too long');
  if (!boundedText(MESSAGE_BYTES_MAX).safeParse(text).success) return invalid('it holds characters that are no text');
  if (calls.length === 0 && text.trim() === '') return invalid('it is empty');
  return { kind: 'reply', text, calls };
}

/** `undefined` also for what throws when it is looked at. */
function parse(answer: unknown): z.output<typeof outcomeSchema> | undefined {
  try {
    return outcomeSchema.safeParse(answer).data;
  } catch {
    return undefined;
  }
}

function invalid(why: string): ModelOutcome {
  return failure('invalid_output', true, `The model's reply cannot be used: ${why}.`);
}

function aborted(): ModelOutcome {
  return failure('aborted', false, 'The request was cancelled.');
}

function failure(
  errorKind: 'invalid_output' | 'unavailable' | 'aborted',
  retryable: boolean,
  explanation: string,
): ModelOutcome {
  return { kind: 'failed', errorKind, retryable, explanation };
}
