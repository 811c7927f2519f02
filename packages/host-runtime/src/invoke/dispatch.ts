/**
 * Executing one authorised call: its deadline, its cancellation, and what is known of the effect when it ends badly.
 * Whatever the capability does or returns, there is a result.
 *
 * Not here: whether the call may be made (`pipeline.ts`), what becomes durable (`settle.ts`).
 */
import {
  CREDENTIALS_MAX,
  InvariantError,
  isReadOnly,
  resourceAmountsSchema,
  secretHandleSchema,
  toCanonicalJson,
  utf8Bytes,
  type Timers,
} from '@reborn/host-api';
import { toErrorKind } from '@reborn/events';
import { z } from 'zod';
import { boundText } from '../bound-text.ts';
import { FAILURES, type Effect, type FailureKind } from '../failure.ts';
import { FAILURE_MESSAGE_BYTES_MAX, FAILURE_TEXT_CHARS_MAX, OBEY_GRACE_MS } from '../limits.ts';
import { redactOutput } from '../secret/redact-output.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { usePlan, type DispatchPlan } from './dispatch-plan.ts';
import type { DispatchResult } from './dispatch-result.ts';
import { ownJson } from './own-json.ts';

/** Units: milliseconds. `deadlineMs` is what is left; nothing is begun when that is nothing. */
export interface DispatchTerms {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
  readonly outputBytesMax: number;
  readonly progress?: (text: string) => void;
}

type StopReason = 'timed_out' | 'cancelled';

/** Uses the plan up. */
export async function dispatch(
  { timers }: Pick<RuntimeDependencies, 'timers'>,
  sealed: DispatchPlan,
  call: Call,
  terms: DispatchTerms,
): Promise<DispatchResult> {
  const plan = usePlan(sealed);
  if (terms.signal.aborted) return failed('cancelled', 'none');
  if (terms.deadlineMs <= 0) return failed('timed_out', 'none');
  const reads = isReadOnly(plan.handler.descriptor.effects);
  const stop = openStop(terms, timers);
  try {
    const handed = handOver(plan, call, terms, stop.signal);
    const running = Promise.resolve().then(() => plan.handler.run(handed));
    const ended = running.then(
      (outcome: unknown) => () => toResult(outcome, plan, terms, stop.reason()),
      () => () => failed(stop.reason() ?? 'capability_failed', reads ? 'none' : 'uncertain', 'threw'),
    );
    const given = stop.over.then(() => () => failed(stop.reason() ?? 'cancelled', reads ? 'none' : 'uncertain'));
    return (await Promise.race([ended, given]))();
  } finally {
    stop.close();
  }
}

/** What the capability gets: copies, and things that are worth nothing after the call. */
function handOver({ input, equipment }: DispatchPlan, call: Call, terms: DispatchTerms, signal: AbortSignal) {
  const { mounts, http, secrets } = equipment;
  const { context, invocationId } = call;
  return Object.freeze({
    input: structuredClone(input),
    scope: context.scope,
    invocationId,
    correlationId: context.correlationId,
    signal,
    ...(mounts === undefined ? {} : { mounts }),
    ...(http === undefined ? {} : { http }),
    ...(secrets === undefined ? {} : { secrets }),
    ...(terms.progress === undefined ? {} : { progress: terms.progress }),
  });
}

/** What the capability answered; it may be anything. An effect that somebody else describes badly is uncertain. */
function toResult(
  answer: unknown,
  plan: DispatchPlan,
  terms: DispatchTerms,
  stoppedBy: StopReason | undefined,
): DispatchResult {
  const reads = isReadOnly(plan.handler.descriptor.effects);
  const rubbish = failed(stoppedBy ?? 'capability_failed', reads ? 'none' : 'uncertain', 'invalid_outcome');
  const fields = read(answer, ['kind', 'output', 'usage', 'code', 'message', 'effect', 'handles']);
  switch (fields?.['kind']) {
    case 'completed':
      return toCompleted(fields, plan, terms, reads);
    case 'auth_required':
      return toAuthRequired(fields['handles'], plan) ?? rubbish;
    case 'failed': {
      const { effect: said, code, message } = fields;
      const effect = said === 'none' || said === 'happened' ? said : 'uncertain';
      const failureKind = stoppedBy ?? 'capability_failed';
      const text = boundText(redacted(plan, message), FAILURE_MESSAGE_BYTES_MAX) ?? '';
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

/** The output is redacted before it is measured: what is counted is what goes out. */
function toCompleted(
  { output, usage }: Readonly<Record<string, unknown>>,
  { equipment }: DispatchPlan,
  { outputBytesMax }: DispatchTerms,
  reads: boolean,
): DispatchResult {
  const effect: Effect = reads ? 'none' : 'happened';
  try {
    const clean = redactOutput(ownJson(output, 'output'), equipment.redactor);
    if (clean.kind === 'leak' || clean.kind === 'collision') {
      return { ...failed('output_withheld', effect, `output_${clean.kind}`), boundary: 'output_leak' };
    }
    const outputBytes = utf8Bytes(toCanonicalJson(clean.output));
    if (outputBytes > outputBytesMax) return failed('output_too_large', effect);
    const reported = usageSchema.safeParse(usage ?? {});
    return {
      kind: 'completed',
      output: clean.output,
      outputBytes,
      ...(reported.success ? { usage: reported.data } : {}),
      ...(clean.kind === 'redacted' ? { boundary: 'output_redacted' as const } : {}),
    };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    const message = 'The capability gave an output that is not plain JSON; it is withheld.';
    return { ...failed('capability_failed', effect, 'invalid_output'), message };
  }
}

const usageSchema = resourceAmountsSchema.pick({ usd: true, inputTokens: true, outputTokens: true });
const handlesSchema = z.array(secretHandleSchema).min(1).max(CREDENTIALS_MAX);

/** Only credentials that the capability declares can be asked for. */
function toAuthRequired(handles: unknown, { handler }: DispatchPlan): DispatchResult | undefined {
  const parsed = handlesSchema.safeParse(handles);
  const declared = handler.descriptor.credentials ?? [];
  const known = parsed.success && parsed.data.every((handle) => declared.some((each) => each.handle === handle));
  return known ? { kind: 'auth_required', handles: [...new Set(parsed.data)].toSorted() } : undefined;
}

/** Nothing of a message that holds what must not go out. Looked at before it is cut: half a secret is not recognised. */
function redacted({ equipment }: DispatchPlan, message: unknown): unknown {
  if (typeof message !== 'string') return message;
  const clean = redactOutput(message.slice(0, FAILURE_TEXT_CHARS_MAX), equipment.redactor);
  return clean.kind === 'clean' || clean.kind === 'redacted' ? clean.output : undefined;
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

function openStop({ signal, deadlineMs }: DispatchTerms, timers: Timers): Stop {
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
