/**
 * The fold over what a journal says about one call.
 *
 * Not here: order and repetition, which are matters of the whole journal (`reducer.ts`).
 */
import { assertNever, type InvocationId } from '@reborn/host-api';
import type { JournalRecord } from '../record/journal.ts';
import type { ReplayedCall, ReplayedDecision, ReplayedEffect, ReplayFindingCode } from './replay.ts';

/** What may stand behind the end of a call: it stands in the unit of that end. */
const CLOSING: ReadonlySet<string> = new Set(['recovery_marked', 'effect_settled', 'resources_closed']);

type OfCall = Exclude<JournalRecord, { kind: 'hook_note' | `delivery_${string}` }>;

export class CallFold {
  readonly #invocationId: InvocationId;
  readonly #verdicts: Extract<OfCall, { kind: 'verdict_given' }>[] = [];
  readonly #decisions: ReplayedDecision[] = [];
  readonly #effects: ReplayedEffect[] = [];
  /** Where in the lists above the open ones stand, by attempt and by input: a journal may be long. */
  readonly #pending = new Map<number, Set<number>>();
  readonly #latest = new Map<number, number>();
  readonly #open = new Map<string, Set<number>>();
  #capabilityId: ReplayedCall['capabilityId'];
  #ended = false;

  constructor(invocationId: InvocationId) {
    this.#invocationId = invocationId;
  }

  /** What is wrong with the record. It is taken for what it says all the same: nothing that was written is hidden. */
  take(record: OfCall, cursor: number): readonly ReplayFindingCode[] {
    const late: readonly ReplayFindingCode[] = this.#ended && !CLOSING.has(record.kind) ? ['after_end'] : [];
    if ('capabilityId' in record) this.#capabilityId ??= record.capabilityId;
    return [...late, ...this.#apply(record, cursor)];
  }

  result(): ReplayedCall {
    return {
      invocationId: this.#invocationId,
      capabilityId: this.#capabilityId,
      verdicts: [...this.#verdicts],
      decisions: [...this.#decisions],
      effects: [...this.#effects],
      ended: this.#ended,
    };
  }

  #apply(record: OfCall, cursor: number): readonly ReplayFindingCode[] {
    switch (record.kind) {
      case 'verdict_given':
        this.#verdicts.push(record);
        return [];
      case 'hook_decision_accepted':
        addTo(this.#open, record.inputDigest, this.#decisions.length);
        this.#decisions.push({ record, cursor, state: 'accepted' });
        return [];
      case 'hook_decision_rejected':
      case 'hook_poisoned':
      case 'input_changed':
      case 'resources_held':
      case 'resources_closed':
        return [];
      case 'judgement_settled':
        this.#settleDecisions(record);
        return [];
      case 'effect_intended':
        return this.#intend(record, cursor);
      case 'effect_settled':
        return this.#settle(record, cursor);
      case 'recovery_marked':
        return this.#mark(record);
      default:
        return assertNever(record, 'JournalRecord');
    }
  }

  #settleDecisions({ inputDigest, result }: Extract<OfCall, { kind: 'judgement_settled' }>): void {
    const state = result === 'not_applied' ? 'not_applied' : 'applied';
    for (const at of this.#open.get(inputDigest) ?? []) {
      const decision = this.#decisions[at];
      if (decision !== undefined) this.#decisions[at] = { ...decision, state };
    }
    this.#open.delete(inputDigest);
  }

  #intend(record: Extract<OfCall, { kind: 'effect_intended' }>, cursor: number): readonly ReplayFindingCode[] {
    const { capabilityId, attempt } = record;
    const open = this.#pending.size > 0;
    addTo(this.#pending, attempt, this.#effects.length);
    this.#latest.set(attempt, this.#effects.length);
    this.#effects.push({ invocationId: this.#invocationId, capabilityId, attempt, cursor, state: 'pending' });
    return open ? ['intent_over_intent'] : [];
  }

  #settle(record: Extract<OfCall, { kind: 'effect_settled' }>, cursor: number): readonly ReplayFindingCode[] {
    const { capabilityId, attempt } = record;
    const at = this.#takePending(attempt);
    const intended = this.#effects[at];
    const codes: ReplayFindingCode[] = [];
    if (intended !== undefined) this.#effects[at] = { ...intended, state: 'settled', result: record };
    else if (this.#ended) codes.push('settled_twice');
    else {
      // A call that only reads is not announced, and its result stands for itself.
      if (attempt > 0) codes.push('result_without_intent');
      const about = { invocationId: this.#invocationId, capabilityId, attempt, cursor };
      this.#latest.set(attempt, this.#effects.length);
      this.#effects.push({ ...about, state: 'settled', result: record });
    }
    this.#ended ||= record.outcome === 'completed' || record.effect !== 'none';
    return codes;
  }

  #mark({ attempt, cause }: Extract<OfCall, { kind: 'recovery_marked' }>): readonly ReplayFindingCode[] {
    const at = this.#latest.get(attempt) ?? -1;
    const marked = this.#effects[at];
    if (marked === undefined) return ['result_without_intent'];
    this.#effects[at] = { ...marked, recovery: cause };
    return [];
  }

  /** The first open effect of an attempt, which is then no longer open; -1 when there is none. */
  #takePending(attempt: number): number {
    const places = this.#pending.get(attempt);
    const [at = -1] = places ?? [];
    places?.delete(at);
    if (places?.size === 0) this.#pending.delete(attempt);
    return at;
  }
}

function addTo<Key>(places: Map<Key, Set<number>>, key: Key, at: number): void {
  places.set(key, (places.get(key) ?? new Set()).add(at));
}
