/**
 * What a journal says when it is read from its beginning: calls, their decisions and effects, and what is wrong or open.
 *
 * Not here: folding it (`reducer.ts`), reading it (`../event-log.ts`), acting on it (`@reborn/reborn`, an operator).
 * Source: specification 4, 1.7 and 1.10.
 */
import type { CapabilityId, InvocationId } from '@reborn/host-api';
import type { JournalRecord } from '../record/journal.ts';
import type { LogEntry } from '../record/log-record.ts';

/**
 * `audit`: what happened; nothing that is unknown disturbs it. `resume`: may the work go on by itself, and if not, why.
 * `repair`: what a person has to decide before it may.
 */
export type ReplayMode = 'audit' | 'resume' | 'repair';

/**
 * Shape: entries of the journal of one run or one call, oldest first. `repeatable`: capabilities that know the host's
 * idempotency key again, so that making the same call twice is making it once; their open intents block nothing.
 */
export interface ReplayRequest<Mode extends ReplayMode = ReplayMode> {
  readonly mode: Mode;
  readonly entries: Iterable<LogEntry>;
  readonly repeatable?: ReadonlySet<CapabilityId>;
}

/** `pending`: announced, and nobody has written what became of it. */
export interface ReplayedEffect {
  readonly invocationId: InvocationId;
  readonly capabilityId: CapabilityId;
  /** 0 for a call that only reads: it is not announced. */
  readonly attempt: number;
  readonly cursor: number;
  readonly state: 'pending' | 'settled';
  /** Absent while it is pending. */
  readonly result?: Extract<JournalRecord, { kind: 'effect_settled' }>;
  /** Why somebody other than its caller gave it up. */
  readonly recovery?: Extract<JournalRecord, { kind: 'recovery_marked' }>['cause'];
}

/**
 * One answer of one hook, as it was given: it is restored from here and never asked for again. `accepted`: nothing says
 * whether it took effect.
 */
export interface ReplayedDecision {
  readonly record: Extract<JournalRecord, { kind: 'hook_decision_accepted' }>;
  readonly cursor: number;
  readonly state: 'accepted' | 'applied' | 'not_applied';
}

/** Everything about one call. Order within: as written. */
export interface ReplayedCall {
  readonly invocationId: InvocationId;
  readonly capabilityId: CapabilityId | undefined;
  readonly verdicts: readonly Extract<JournalRecord, { kind: 'verdict_given' }>[];
  readonly decisions: readonly ReplayedDecision[];
  readonly effects: readonly ReplayedEffect[];
  /** True once an effect is known that no later attempt may repeat. */
  readonly ended: boolean;
}

/**
 * `cursor_not_ascending`: an entry stands behind one with a higher cursor. `event_differs`: two records of one event id
 * say different things. `after_end`: something other than recovery follows an effect that is final. `intent_over_intent`:
 * announced again while an attempt is open. `result_without_intent`, `settled_twice`: a result of nothing, or a second
 * one. `no_call`: the record names no call. `unknown_record`: written by a newer version.
 */
export type ReplayFindingCode =
  | 'cursor_not_ascending'
  | 'event_differs'
  | 'after_end'
  | 'intent_over_intent'
  | 'result_without_intent'
  | 'settled_twice'
  | 'no_call'
  | 'unknown_record';

/** What is wrong with one record. */
export interface ReplayFinding {
  readonly code: ReplayFindingCode;
  readonly cursor: number;
  readonly eventId: string;
  readonly kind: string;
}

/** Why work may not go on by itself. */
export type ReplayBlocker =
  | { readonly kind: 'effect_pending'; readonly effect: ReplayedEffect }
  | { readonly kind: 'decision_open'; readonly decision: ReplayedDecision }
  | { readonly kind: 'finding'; readonly finding: ReplayFinding };

/** What a person has to decide, and between what. */
export type RepairQuestion =
  | {
      readonly kind: 'did_it_happen';
      readonly effect: ReplayedEffect;
      readonly answers: readonly ['happened', 'did_not_happen'];
    }
  | {
      readonly kind: 'did_it_apply';
      readonly decision: ReplayedDecision;
      readonly answers: readonly ['applied', 'not_applied'];
    }
  | { readonly kind: 'can_it_be_trusted'; readonly finding: ReplayFinding; readonly answers: readonly ['yes', 'no'] };

/** Invariant: each intent stands in exactly one effect; a longer journal only adds calls, effects and findings. */
export interface Replayed {
  /** Order: first mention. */
  readonly calls: readonly ReplayedCall[];
  /** Order: as met. */
  readonly findings: readonly ReplayFinding[];
  /** How many records were taken, without repetitions. */
  readonly records: number;
  /** How many of them a newer version wrote. */
  readonly unknown: number;
  /** The highest cursor that was met. */
  readonly through: number;
  readonly pending: readonly ReplayedEffect[];
  readonly openDecisions: readonly ReplayedDecision[];
}

export type Replay =
  | (Replayed & { readonly mode: 'audit' })
  | (Replayed & { readonly mode: 'resume'; readonly blockers: readonly ReplayBlocker[] })
  | (Replayed & { readonly mode: 'repair'; readonly questions: readonly RepairQuestion[] });
