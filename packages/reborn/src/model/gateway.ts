/**
 * Between a loop and a model: attempts, pauses, the deadline, and a check that a reply is one that can be acted upon.
 *
 * Not here: any vendor (adapters), how many calls a run has left (the loop's budget).
 * Source: specification 3, c.4 and g-4, g-5, g-7.
 */
import { utf8Bytes, type Timers } from '@reborn/host-api';
import { CALLS_PER_STEP_MAX, MESSAGE_BYTES_MAX } from '@reborn/turns';
import type { ModelOutcome, ModelProvider, ModelRequest } from '@reborn/turns/loop';
import { MODEL_ATTEMPTS_MAX, MODEL_BACKOFF_MS, MODEL_BACKOFF_MS_MAX, MODEL_DEADLINE_MS } from '../limits.ts';

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
        await observer.started(attempt);
        const outcome = check(await ask(provider, timers, request, signal), request);
        await observer.ended(attempt, outcome);
        if (outcome.kind === 'reply' || !outcome.retryable || attempt >= MODEL_ATTEMPTS_MAX || signal.aborted)
          return outcome;
        await pause(timers, Math.min(MODEL_BACKOFF_MS * 2 ** (attempt - 1), MODEL_BACKOFF_MS_MAX), signal);
      }
    },
  };
}

async function ask(
  provider: ModelProvider,
  timers: Timers,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelOutcome> {
  const late = new AbortController();
  const cancel = timers.schedule(MODEL_DEADLINE_MS, () => late.abort());
  try {
    return await provider.complete(request, { signal: AbortSignal.any([signal, late.signal]) });
  } catch {
    return failure('unavailable', true, 'The model could not be reached.');
  } finally {
    cancel();
  }
}

/** One bad call rejects the whole reply, before any of its calls is made. */
function check(outcome: ModelOutcome, request: ModelRequest): ModelOutcome {
  if (outcome.kind === 'failed') return outcome;
  const known = new Set(request.tools.map((tool) => tool.capabilityId));
  const ids = new Set(outcome.calls.map((call) => call.callId));
  if (outcome.calls.length > CALLS_PER_STEP_MAX) return invalid(`it makes more than ${CALLS_PER_STEP_MAX} calls`);
  if (ids.size !== outcome.calls.length) return invalid('two of its calls have one id');
  if (outcome.calls.some((call) => !known.has(call.capabilityId)))
    return invalid('it calls a tool that it was not offered');
  if (utf8Bytes(outcome.text) > MESSAGE_BYTES_MAX) return invalid('it is too long');
  if (outcome.calls.length === 0 && outcome.text.trim() === '') return invalid('it is empty');
  return outcome;
}

function invalid(why: string): ModelOutcome {
  return failure('invalid_output', true, `The model's reply cannot be used: ${why}.`);
}

function failure(errorKind: 'invalid_output' | 'unavailable', retryable: boolean, explanation: string): ModelOutcome {
  return { kind: 'failed', errorKind, retryable, explanation };
}

function pause(timers: Timers, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = timers.schedule(ms, () => done());
    signal.addEventListener('abort', done, { once: true });
  });
}
