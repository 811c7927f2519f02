/**
 * The fold over a journal. It asks nobody, runs nothing and knows no time: what is not written did not happen.
 *
 * Not here: what the answer means for a host (`replay.ts` names it).
 * Source: specification 4, 1.7 and 1.10.
 */
import { assert, assertNever, type InvocationId } from '@reborn/host-api';
import type { JournalRecord } from '../record/journal.ts';
import type { LogEntry } from '../record/log-record.ts';
import { CallFold } from './call-fold.ts';
import type {
  RepairQuestion,
  Replay,
  ReplayBlocker,
  Replayed,
  ReplayFinding,
  ReplayFindingCode,
  ReplayMode,
  ReplayRequest,
} from './replay.ts';

/** Invariant: entries are of the journal. */
export function replayJournal<Mode extends ReplayMode>(request: ReplayRequest<Mode>): Extract<Replay, { mode: Mode }>;
export function replayJournal({ mode, entries, repeatable }: ReplayRequest): Replay {
  const fold = new JournalFold(mode !== 'audit');
  for (const entry of entries) fold.take(entry);
  const replayed = fold.result();
  const blocking = {
    ...replayed,
    pending: replayed.pending.filter(({ capabilityId }) => repeatable?.has(capabilityId) !== true),
  };
  switch (mode) {
    case 'audit':
      return { ...replayed, mode };
    case 'resume':
      return { ...replayed, mode, blockers: toBlockers(blocking) };
    case 'repair':
      return { ...replayed, mode, questions: toQuestions(blocking) };
    default:
      return assertNever(mode, 'ReplayMode');
  }
}

class JournalFold {
  readonly #mustKnowAll: boolean;
  readonly #calls = new Map<InvocationId, CallFold>();
  readonly #findings: ReplayFinding[] = [];
  /** What was said under an event id; a repetition is known by it. */
  readonly #said = new Map<string, string>();
  #through = 0;
  #unknown = 0;

  /** `mustKnowAll`: what this version does not know is a finding. */
  constructor(mustKnowAll: boolean) {
    this.#mustKnowAll = mustKnowAll;
  }

  take(entry: LogEntry): void {
    assert(entry.family === 'journal', 'a journal is replayed');
    const place = placeOf(entry);
    const text = JSON.stringify(entry.known ? entry.record : [place.kind, entry.atMs]);
    const said = this.#said.get(place.eventId);
    if (said === text) return;
    if (said !== undefined) return this.#find('event_differs', place);
    this.#said.set(place.eventId, text);
    if (entry.cursor <= this.#through) this.#find('cursor_not_ascending', place);
    this.#through = Math.max(this.#through, entry.cursor);
    if (entry.known) return this.#takeRecord(entry.record as JournalRecord, entry.cursor, place);
    this.#unknown += 1;
    if (this.#mustKnowAll) this.#find('unknown_record', place);
  }

  result(): Replayed {
    const calls = [...this.#calls.values()].map((call) => call.result());
    return {
      calls,
      findings: [...this.#findings],
      records: this.#said.size,
      unknown: this.#unknown,
      through: this.#through,
      pending: calls.flatMap(({ effects }) => effects.filter(({ state }) => state === 'pending')),
      openDecisions: calls.flatMap(({ decisions }) => decisions.filter(({ state }) => state === 'accepted')),
    };
  }

  #takeRecord(record: JournalRecord, cursor: number, place: Place): void {
    // What followers leave behind is about deliveries; it may come long after the call that it mentions.
    if (isOfFollower(record)) return;
    const { invocationId } = record;
    if (invocationId === undefined) return this.#find('no_call', place);
    const call = this.#calls.get(invocationId) ?? new CallFold(invocationId);
    this.#calls.set(invocationId, call);
    for (const code of call.take(record, cursor)) this.#find(code, place);
  }

  #find(code: ReplayFindingCode, place: Place): void {
    this.#findings.push({ code, ...place });
  }
}

interface Place {
  readonly cursor: number;
  readonly eventId: string;
  readonly kind: string;
}

function placeOf(entry: LogEntry): Place {
  const { eventId, kind } = entry.known ? entry.record : entry;
  return { cursor: entry.cursor, eventId, kind };
}

type OfFollower = Extract<JournalRecord, { kind: 'hook_note' | `delivery_${string}` }>;

function isOfFollower(record: JournalRecord): record is OfFollower {
  return record.kind === 'hook_note' || record.kind === 'delivery_failed' || record.kind === 'delivery_dead_lettered';
}

function toBlockers({ pending, openDecisions, findings }: Replayed): readonly ReplayBlocker[] {
  return [
    ...pending.map((effect) => ({ kind: 'effect_pending' as const, effect })),
    ...openDecisions.map((decision) => ({ kind: 'decision_open' as const, decision })),
    ...findings.map((finding) => ({ kind: 'finding' as const, finding })),
  ];
}

/** An effect that was given up is settled, and still only a person can say what became of it. */
function toQuestions({ calls, pending, openDecisions, findings }: Replayed): readonly RepairQuestion[] {
  const uncertain = calls.flatMap(({ effects }) => effects.filter(({ result }) => result?.effect === 'uncertain'));
  return [
    ...[...pending, ...uncertain].map((effect) => ({
      kind: 'did_it_happen' as const,
      effect,
      answers: ['happened', 'did_not_happen'] as const,
    })),
    ...openDecisions.map((decision) => ({
      kind: 'did_it_apply' as const,
      decision,
      answers: ['applied', 'not_applied'] as const,
    })),
    ...findings.map((finding) => ({ kind: 'can_it_be_trusted' as const, finding, answers: ['yes', 'no'] as const })),
  ];
}
