/**
 * Where a run seems to stand, folded from the facts that the log holds about it. For those who watch.
 *
 * Not here: where it does stand and who may move it (`@reborn/turns`), reading the log (`projector.ts`).
 * Source: specification 1, A7.
 */
import type { InvocationId, RunId, ThreadId } from '@reborn/host-api';
import type { RuntimeEvent, RuntimeEventKind } from '../record/runtime-event.ts';

export type RunStatusToken = 'queued' | 'running' | 'parked' | 'completed' | 'failed' | 'cancelled';

/** A run, or a call that no run made. */
export type RunSubject =
  | { readonly kind: 'run'; readonly runId: RunId }
  | { readonly kind: 'call'; readonly invocationId: InvocationId };

/** `reason`: the closed token of a failure or of a cancellation. Units: milliseconds since 1970. */
export interface RunStatus {
  readonly subject: RunSubject;
  readonly status: RunStatusToken;
  readonly threadId?: ThreadId;
  readonly reason?: string;
  readonly firstAtMs: number;
  readonly latestAtMs: number;
}

/** What a kind says: it moves from one of these to that, or, for what is seen for the first time, begins there. */
interface Rule {
  readonly from: readonly (RunStatusToken | 'unseen')[];
  readonly to: RunStatusToken;
}

const UNSEEN = ['unseen'] as const;
/** What is over stays over: facts that come late change nothing. */
const LIVE = ['unseen', 'queued', 'running', 'parked'] as const;
const SEEN: Rule = { from: UNSEEN, to: 'running' };

/** A run. Its end is what its lifecycle says; the calls and attempts that it makes only show that it is at work. */
const RUN_RULES: Readonly<Record<RuntimeEventKind, Rule>> = {
  run_submitted: { from: UNSEEN, to: 'queued' },
  run_claimed: { from: LIVE, to: 'running' },
  run_parked: { from: LIVE, to: 'parked' },
  run_yielded: { from: LIVE, to: 'queued' },
  run_resumed: { from: LIVE, to: 'queued' },
  run_recovered: { from: LIVE, to: 'queued' },
  run_cancel_requested: SEEN,
  run_completed: { from: LIVE, to: 'completed' },
  run_failed: { from: LIVE, to: 'failed' },
  run_cancelled: { from: LIVE, to: 'cancelled' },
  dispatch_requested: { from: LIVE, to: 'running' },
  dispatch_succeeded: SEEN,
  dispatch_failed: SEEN,
  process_started: SEEN,
  process_ended: SEEN,
  model_started: { from: LIVE, to: 'running' },
  model_completed: { from: LIVE, to: 'running' },
  model_failed: { from: LIVE, to: 'running' },
  assistant_reply_finalized: SEEN,
  hook_dispatched: SEEN,
  hook_decision_emitted: SEEN,
  hook_failed: SEEN,
  subscription_terminated: SEEN,
};

/** A call of its own: its dispatch is all there is. One that failed may be tried again. */
const CALL_RULES: Readonly<Partial<Record<RuntimeEventKind, Rule>>> = {
  dispatch_requested: { from: ['unseen', 'running', 'failed'], to: 'running' },
  dispatch_succeeded: { from: ['unseen', 'running'], to: 'completed' },
  dispatch_failed: { from: ['unseen', 'running'], to: 'failed' },
};

/** Whom an event is about; nobody, for facts of the host itself. */
export function subjectOf(event: RuntimeEvent): RunSubject | undefined {
  if (event.runId !== undefined) return { kind: 'run', runId: event.runId };
  return event.invocationId === undefined ? undefined : { kind: 'call', invocationId: event.invocationId };
}

/** One text for one subject. */
export function subjectKey(subject: RunSubject): string {
  return subject.kind === 'run' ? `run|${subject.runId}` : `call|${subject.invocationId}`;
}

/** The next status; `before` is absent for what was not seen yet. Invariant: `event` is about that subject. */
export function foldRunStatus(before: RunStatus | undefined, subject: RunSubject, event: RuntimeEvent): RunStatus {
  const rule = (subject.kind === 'run' ? RUN_RULES : CALL_RULES)[event.kind] ?? SEEN;
  const moves = rule.from.includes(before?.status ?? 'unseen');
  const status = moves ? rule.to : (before?.status ?? 'running');
  const reason = moves ? reasonOf(event) : before?.reason;
  const threadId = before?.threadId ?? event.scope.threadId;
  return {
    subject,
    status,
    ...(threadId === undefined ? {} : { threadId }),
    ...(reason === undefined ? {} : { reason }),
    firstAtMs: before?.firstAtMs ?? event.atMs,
    latestAtMs: Math.max(before?.latestAtMs ?? 0, event.atMs),
  };
}

function reasonOf(event: RuntimeEvent): string | undefined {
  if (event.kind === 'run_failed' || event.kind === 'dispatch_failed') return event.errorKind;
  return event.kind === 'run_cancelled' ? event.reason : undefined;
}
