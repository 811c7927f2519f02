/**
 * Where the calls and runs of a story stand, as far as it was told, and what may be told next within one millisecond.
 *
 * Not here: the stages of one judgement (`story-stage.ts`), taking records in turn (`merge-story.ts`).
 */
import type { InvocationId, RunId } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import { CREDENTIAL_REFUSED, isBeginning, isDemand, isJudging, isOutcome, isStaged, stageOf } from './story-stage.ts';

/**
 * Within one millisecond: what has to be over before something else begins. A call that was answered is judged anew after
 * the answer, of a run after it was taken up again; what a judgement led to stands behind it; a model is asked again after
 * what its calls have led to.
 */
const TURNS = {
  atHand: 0,
  parked: 1,
  answered: 2,
  resumed: 3,
  judgedAgain: 4,
  other: 5,
  tooEarly: 6,
  askedAgain: 7,
  notSaid: 8,
  over: 9,
} as const;

/** Time, turn, whether it goes on with the call at hand, which of the calls of a step it is about, and stage. */
export type Place = readonly [atMs: number, turn: number, elsewhere: number, call: number, stage: number];

/** Where the calls and runs of a story stand, as far as it was told. */
export class StoryStanding {
  #atHand: InvocationId | undefined;
  /** Those that were judged at all. `judged`: nothing has followed yet. */
  readonly #calls = new Map<InvocationId, CallStanding>();
  /** Answers to gates whose record at the border has not come yet. */
  readonly #answers = new Map<InvocationId, number>();
  /** Hooks that were asked about a call that was not judged since. */
  readonly #asked = new Map<InvocationId, Set<string>>();
  /** How often the model of each run has answered. */
  readonly #steps = new Map<RunId, number>();
  /** How many gates of each run are open. */
  readonly #gates = new Map<RunId, number>();
  readonly #said: ReadonlyMap<InvocationId, Said>;

  constructor(steps: readonly (readonly InvocationId[])[]) {
    this.#said = new Map(steps.flatMap((calls, step) => calls.map((call, at) => [call, { step, at }] as const)));
  }

  take(record: LogRecord): void {
    const { invocationId, runId } = record;
    this.#atHand = invocationId;
    if (runId !== undefined) {
      add(this.#steps, runId, record.kind === 'model_completed' ? 1 : 0);
      add(this.#gates, runId, record.kind === 'approval_requested' ? 1 : isEndOfGate(record) ? -1 : 0);
    }
    if (invocationId === undefined) return;
    add(this.#answers, invocationId, isAnswerer(record) ? 1 : isAtGate(record) ? -1 : 0);
    if (record.kind === 'hook_dispatched') {
      this.#asked.set(invocationId, (this.#asked.get(invocationId) ?? new Set()).add(record.hookId));
    }
    if (record.kind === 'verdict_given') this.#asked.delete(invocationId);
    const standing = standingAfter(record);
    if (standing !== undefined && (standing === 'judged' || this.#calls.has(invocationId))) {
      this.#calls.set(invocationId, standing);
    }
  }

  placeOf(record: LogRecord): Place {
    const { atMs, invocationId } = record;
    const elsewhere = this.#atHand !== undefined && invocationId === this.#atHand ? 0 : 1;
    const call = invocationId === undefined ? undefined : this.#said.get(invocationId);
    const isSaid = call === undefined || countOf(this.#steps, record.runId) > call.step;
    const turn = isSaid ? this.#turnOf(record) : TURNS.notSaid;
    return [atMs, turn, elsewhere, call?.at ?? 0, stageOf(record)];
  }

  #turnOf(record: LogRecord): number {
    const { invocationId, runId } = record;
    switch (record.kind) {
      case 'run_parked':
        return countOf(this.#gates, runId) >= record.gates ? TURNS.parked : TURNS.notSaid;
      case 'approval_resolved':
      case 'approval_refused':
        return TURNS.answered;
      case 'run_resumed':
        return TURNS.resumed;
      case 'run_completed':
      case 'run_failed':
      case 'run_cancelled':
        return TURNS.over;
      case 'model_started':
        return countOf(this.#steps, runId) > 0 ? TURNS.askedAgain : TURNS.atHand;
      default:
        return invocationId === undefined ? staged(record) : this.#turnOfCall(record, invocationId);
    }
  }

  #turnOfCall(record: LogRecord, invocationId: InvocationId): number {
    const standing = this.#calls.get(invocationId);
    if (isOutcome(record)) {
      const isDue = standing === 'judged' || (standing === 'demanding' && isDemand(record));
      return isDue ? TURNS.atHand : TURNS.tooEarly;
    }
    if (isAtGate(record)) return countOf(this.#answers, invocationId) > 0 ? TURNS.answered : TURNS.tooEarly;
    if (record.kind === 'approval_closed') return TURNS.answered;
    if (record.kind === 'hook_dispatched' && this.#asked.get(invocationId)?.has(record.hookId) === true) {
      return TURNS.tooEarly;
    }
    switch (standing) {
      case undefined:
        return staged(record);
      case 'idle':
        return isJudging(record) ? TURNS.judgedAgain : staged(record);
      case 'judged':
      case 'demanding':
        return isBeginning(record) ? TURNS.tooEarly : staged(record);
    }
  }
}

/** `demanding`: carried out as far as a demand for another credential, whose gate follows. */
type CallStanding = 'judged' | 'demanding' | 'idle';

interface Said {
  readonly step: number;
  readonly at: number;
}

function standingAfter(record: LogRecord): CallStanding | undefined {
  switch (record.kind) {
    case 'verdict_given':
      return 'judged';
    case 'call_denied':
    case 'approval_requested':
    case 'dispatch_succeeded':
    case 'process_started':
      return 'idle';
    case 'dispatch_failed':
      return record.errorKind === CREDENTIAL_REFUSED ? 'demanding' : 'idle';
    default:
      return undefined;
  }
}

function staged(record: LogRecord): number {
  return isStaged(record) ? TURNS.atHand : TURNS.other;
}

function isAnswerer({ kind }: LogRecord): boolean {
  return kind === 'approval_resolved' || kind === 'approval_refused';
}

function isEndOfGate({ kind }: LogRecord): boolean {
  return kind === 'approval_resolved' || kind === 'approval_closed';
}

function isAtGate(record: LogRecord): boolean {
  return record.kind === 'boundary_decided' && record.boundary === 'gate_answer';
}

function add<Key>(counts: Map<Key, number>, key: Key, more: number): void {
  if (more !== 0) counts.set(key, Math.max(0, countOf(counts, key) + more));
}

function countOf<Key>(counts: ReadonlyMap<Key, number>, key: Key | undefined): number {
  return key === undefined ? 0 : (counts.get(key) ?? 0);
}
