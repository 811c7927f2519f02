/**
 * Executing one authorised call: its deadline, its cancellation, and what is known of the effect when it ends badly.
 * Whatever the capability does or returns, there is a result.
 *
 * Not here: whether the call may be made (`pipeline.ts`), what becomes durable (`settle.ts`).
 */
import {
  InvariantError,
  isReadOnly,
  toCanonicalJson,
  utf8Bytes,
  type CapabilityDescriptor,
  type InvocationId,
  type JsonValue,
  type ResourceScope,
  type Timers,
} from '@reborn/host-api';
import { toErrorKind } from '@reborn/events';
import { boundText } from '../bound-text.ts';
import { FAILURES, type Effect, type FailureKind } from '../failure.ts';
import { FAILURE_MESSAGE_BYTES_MAX, OBEY_GRACE_MS } from '../limits.ts';
import { usePlan, type DispatchPlan } from './dispatch-plan.ts';
import { ownJson } from './own-json.ts';

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

/** Units: milliseconds. `deadlineMs` is what is left; nothing is begun when that is nothing. */
export interface DispatchTerms {
  readonly scope: ResourceScope;
  readonly invocationId: InvocationId;
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly timers: Timers;
}

type StopReason = 'timed_out' | 'cancelled';

export async function dispatch(sealed: DispatchPlan, terms: DispatchTerms): Promise<DispatchResult> {
  const { handler, input } = usePlan(sealed);
  const { scope, invocationId } = terms;
  if (terms.signal.aborted) return failed('cancelled', 'none');
  if (terms.deadlineMs <= 0) return failed('timed_out', 'none');
  const reads = isReadOnly(handler.descriptor.effects);
  const stop = openStop(terms);
  try {
    const call = Object.freeze({ input: structuredClone(input), scope, invocationId, signal: stop.signal });
    const running = Promise.resolve().then(() => handler.run(call));
    const ended = running.then(
      (outcome: unknown) => () => toResult(outcome, handler.descriptor, reads, stop.reason()),
      () => () => failed(stop.reason() ?? 'capability_failed', reads ? 'none' : 'uncertain', 'threw'),
    );
    const given = stop.over.then(() => () => failed(stop.reason() ?? 'cancelled', reads ? 'none' : 'uncertain'));
    return (await Promise.race([ended, given]))();
  } finally {
    stop.close();
  }
}

/** What the capability answered; it may be anything. An effect that somebody else describes badly is uncertain. */
function toResult(
  answer: unknown,
  descriptor: CapabilityDescriptor,
  reads: boolean,
  stoppedBy: StopReason | undefined,
): DispatchResult {
  const rubbish = failed(stoppedBy ?? 'capability_failed', reads ? 'none' : 'uncertain', 'invalid_outcome');
  const fields = read(answer, ['kind', 'output', 'code', 'message', 'effect']);
  switch (fields?.['kind']) {
    case 'completed':
      return toCompleted(fields['output'], descriptor, reads);
    case 'failed': {
      const { effect: said, code, message } = fields;
      const effect = said === 'none' || said === 'happened' ? said : 'uncertain';
      const failureKind = stoppedBy ?? 'capability_failed';
      const text = boundText(message, FAILURE_MESSAGE_BYTES_MAX) ?? '';
      return {
        kind: 'failed',
        failureKind,
        effect: reads ? 'none' : effect,
        code: toErrorKind(code),
        message: text === '' ? FAILURES[failureKind].message : text,
      };
    }
    default:
      return rubbish;
  }
}

function toCompleted(output: unknown, descriptor: CapabilityDescriptor, reads: boolean): DispatchResult {
  const effect: Effect = reads ? 'none' : 'happened';
  try {
    const own = ownJson(output, 'output');
    const outputBytes = utf8Bytes(toCanonicalJson(own));
    if (outputBytes > descriptor.outputBytesMax) return failed('output_too_large', effect);
    return { kind: 'completed', output: own, outputBytes };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    const message = 'The capability gave an output that is not plain JSON; it is withheld.';
    return { ...failed('capability_failed', effect, 'invalid_output'), message };
  }
}

/** Each field looked at once: an answer may be a proxy, or change while it is read. */
function read(answer: unknown, names: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  try {
    return Object.fromEntries(names.map((name) => [name, Reflect.get(answer, name)] as const));
  } catch {
    return undefined;
  }
}

function failed(
  failureKind: FailureKind,
  effect: Effect,
  code: string = failureKind,
): Extract<DispatchResult, { kind: 'failed' }> {
  return { kind: 'failed', failureKind, effect, code, message: FAILURES[failureKind].message };
}

interface Stop {
  readonly signal: AbortSignal;
  /** Resolves when a handler that was told to stop has had its time to obey. */
  readonly over: Promise<void>;
  /** The first reason stands. */
  reason(): StopReason | undefined;
  close(): void;
}

function openStop(terms: DispatchTerms): Stop {
  const { timers, signal, deadlineMs } = terms;
  const controller = new AbortController();
  let reason: StopReason | undefined;
  let cancelGrace = (): void => undefined;
  let giveUp = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const end = (how: StopReason): void => {
    if (reason !== undefined) return;
    reason = how;
    cancelGrace = timers.schedule(OBEY_GRACE_MS, giveUp);
    controller.abort();
  };
  const cancel = (): void => end('cancelled');
  const cancelDeadline = timers.schedule(deadlineMs, () => end('timed_out'));
  signal.addEventListener('abort', cancel, { once: true });
  const close = (): void => {
    cancelDeadline();
    cancelGrace();
    signal.removeEventListener('abort', cancel);
  };
  return { signal: controller.signal, over, reason: () => reason, close };
}
