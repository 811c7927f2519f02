/**
 * What was asked of a store and what it said: the one side of every invariant. Plain data, so that a process which is
 * about to be killed can hand it to another, line by line.
 *
 * Not here: the other side (`store-image.ts`), the comparison (the files named after invariants).
 */
import type { CommitOutcome, DurableStore, HeadAnchor, StreamKey, Write, WriteReceipt } from '@reborn/host-api';
import { HostApiError } from '@reborn/host-api';
import { withCommit } from '../store/with-commit.ts';

/** `unknown`: no answer yet, or none that says whether it happened. `refused`: nothing of it may be there. */
export type UnitOutcome =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'committed'; readonly receipts: readonly WriteReceipt[] };

export interface AskedUnit {
  readonly writes: readonly Write[];
  readonly outcome: UnitOutcome;
}

/** A record that a reader was shown. */
export interface SeenRecord {
  readonly stream: StreamKey;
  readonly cursor: number;
  readonly eventId: string;
  readonly chain: string;
}

/** One thing that somebody wanted, however often it was asked for: the event ids of each try. */
export interface Intent {
  readonly stream: StreamKey;
  readonly tries: readonly (readonly string[])[];
}

export interface History {
  /** Order: as asked. */
  readonly units: readonly AskedUnit[];
  readonly seen: readonly SeenRecord[];
  readonly intents: readonly Intent[];
  /** Anchors that were written down, as far as somebody looked. */
  readonly anchors: readonly HeadAnchor[];
}

export interface HistoryRecorder extends History {
  /** Notes a unit that is about to be asked for; call the result with what came of it. */
  ask(writes: readonly Write[]): (outcome: UnitOutcome) => void;
  see(record: SeenRecord): void;
  /** Begins an intent; call the result with the event ids of each try, before it is made. */
  intend(stream: StreamKey): (eventIds: readonly string[]) => void;
  keepAnchor(anchor: HeadAnchor): void;
}

export function createHistory(): HistoryRecorder {
  const units: { writes: readonly Write[]; outcome: UnitOutcome }[] = [];
  const seen: SeenRecord[] = [];
  const intents: { stream: StreamKey; tries: (readonly string[])[] }[] = [];
  const anchors: HeadAnchor[] = [];
  return {
    units,
    seen,
    intents,
    anchors,
    ask: (writes) => {
      const unit: { writes: readonly Write[]; outcome: UnitOutcome } = { writes, outcome: { kind: 'unknown' } };
      units.push(unit);
      return (outcome) => void (unit.outcome = outcome);
    },
    see: (record) => void seen.push(record),
    intend: (stream) => {
      const intent = { stream, tries: [] as (readonly string[])[] };
      intents.push(intent);
      return (eventIds) => void intent.tries.push(eventIds);
    },
    keepAnchor: (anchor) => void anchors.push(anchor),
  };
}

/** The same store; every unit that it is asked for is noted. */
export function recordUnits(store: DurableStore, history: HistoryRecorder): DurableStore {
  return withCommit(store, async (writes) => {
    const settle = history.ask(structuredClone(writes));
    try {
      const outcome = await store.commit(writes);
      settle(outcomeOf(outcome));
      return outcome;
    } catch (error) {
      if (isRefusal(error)) settle({ kind: 'refused' });
      throw error;
    }
  });
}

function outcomeOf(outcome: CommitOutcome): UnitOutcome {
  return outcome.kind === 'committed' ? structuredClone(outcome) : { kind: 'refused' };
}

/** A unit without a proper form never reached the writer; after any other fault nobody knows. */
function isRefusal(error: unknown): boolean {
  return HostApiError.is(error) && (error.code === 'host-api/invalid_value' || error.code === 'host-api/invalid_json');
}
