/**
 * Executing one authorised call: its deadline, its cancellation, and what is known of the effect when it ends badly.
 *
 * Not here: whether the call may be made (`pipeline.ts`), what becomes durable (`settle.ts`).
 */
import {
  isReadOnly,
  toCanonicalJson,
  utf8Bytes,
  type InvocationId,
  type JsonValue,
  type ResourceScope,
  type Timers,
} from '@reborn/host-api';
import { FAILURES, type Effect, type FailureKind } from '../failure.ts';
import type { HandlerOutcome } from '../lane/handler.ts';
import { FAILURE_MESSAGE_BYTES_MAX } from '../limits.ts';
import { usePlan, type DispatchPlan } from './dispatch-plan.ts';

/** `code`: the capability's own token, for the journal. */
export type DispatchResult =
  | { readonly kind: 'completed'; readonly output: JsonValue; readonly outputBytes: number }
  | {
      readonly kind: 'failed';
      readonly failureKind: FailureKind;
      readonly effect: Effect;
      readonly code: string;
      readonly message: string;
    };

/** How long a handler may take to obey its signal before the door stops waiting. Units: milliseconds. */
const OBEY_GRACE_MS = 250;

export async function dispatch(
  sealed: DispatchPlan,
  call: { readonly scope: ResourceScope; readonly invocationId: InvocationId; readonly signal: AbortSignal; readonly timers: Timers },
): Promise<DispatchResult> {
  const { handler, input } = usePlan(sealed);
  const { scope, invocationId, timers } = call;
  const { descriptor } = handler;
  const stop = new AbortController();
  const reads = isReadOnly(descriptor.effects);
  let stoppedBy: 'timed_out' | 'cancelled' | undefined;
  const end = (how: 'timed_out' | 'cancelled'): void => {
    stoppedBy ??= how;
    stop.abort();
  };
  const cancel = (): void => end('cancelled');
  const stopTimer = timers.schedule(descriptor.deadlineMs, () => end('timed_out'));
  call.signal.addEventListener('abort', cancel, { once: true });
  if (call.signal.aborted) cancel();
  try {
    const running = Promise.resolve().then(() => handler.run({ input, scope, invocationId, signal: stop.signal }));
    const outcome = await Promise.race([running.catch(() => 'threw' as const), stopped(stop.signal, timers)]);
    if (outcome === 'stopped') return failed(stoppedBy ?? 'cancelled', reads ? 'none' : 'uncertain');
    if (outcome === 'threw') return failed(stoppedBy ?? 'capability_failed', reads ? 'none' : 'uncertain', 'threw');
    return bounded(outcome, descriptor.outputBytesMax, reads, stoppedBy);
  } finally {
    stopTimer();
    call.signal.removeEventListener('abort', cancel);
  }
}

function bounded(
  outcome: HandlerOutcome,
  outputBytesMax: number,
  reads: boolean,
  stoppedBy: 'timed_out' | 'cancelled' | undefined,
): DispatchResult {
  if (outcome.kind === 'failed') {
    const effect = reads ? 'none' : outcome.effect;
    const message = outcome.message.slice(0, FAILURE_MESSAGE_BYTES_MAX / 4);
    return { kind: 'failed', failureKind: stoppedBy ?? 'capability_failed', effect, code: outcome.code, message };
  }
  const outputBytes = utf8Bytes(toCanonicalJson(outcome.output));
  if (outputBytes > outputBytesMax) return failed('output_too_large', reads ? 'none' : 'happened');
  return { kind: 'completed', output: outcome.output, outputBytes };
}

function failed(failureKind: FailureKind, effect: Effect, code: string = failureKind): DispatchResult {
  return { kind: 'failed', failureKind, effect, code, message: FAILURES[failureKind].message };
}

function stopped(signal: AbortSignal, timers: Timers): Promise<'stopped'> {
  return new Promise((resolve) => {
    const wait = (): void => {
      timers.schedule(OBEY_GRACE_MS, () => resolve('stopped'));
    };
    if (signal.aborted) wait();
    else signal.addEventListener('abort', wait, { once: true });
  });
}
