/**
 * Asking the policy, and not believing that it keeps its port's promises: one that throws, hangs or answers with
 * something else refuses the call.
 *
 * Not here: hooks (`@reborn/hooks`), joining their verdicts with the authoriser's (`judge.ts`).
 * Source: rulings, section 5.
 */
import { InvariantError, parseVerdict, type Timers, type Verdict, type Write } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import {
  JUDGE_DEADLINE_MS,
  JUDGEMENT_ASKS_MAX,
  JUDGEMENT_RECORDS_MAX,
  JUDGEMENT_VERDICTS_MAX,
  JUDGEMENT_WRITES_MAX,
} from '../limits.ts';
import type { CallPolicy, JudgedCall, Judgement } from './call-policy.ts';

/** What a policy says that could not say anything. */
export const FAILED: Judgement = Object.freeze({
  verdicts: Object.freeze([Object.freeze({ kind: 'deny', by: 'policy', code: 'hook_failed' } as const)]),
  records: Object.freeze([]),
  writes: Object.freeze([]),
});

/** Never rejects but for a bug. A judgement is taken as a whole or not at all. */
export async function askPolicy(policy: CallPolicy, call: JudgedCall, timers: Timers): Promise<Judgement> {
  try {
    const answer = await inTime(() => policy.judge(call), timers);
    return answer === undefined ? FAILED : takeJudgement(answer);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return FAILED;
  }
}

/** `undefined` for an answer that does not come in time, and for none. */
export async function inTime<T>(ask: () => Promise<T> | undefined, timers: Timers): Promise<T | undefined> {
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = timers.schedule(JUDGE_DEADLINE_MS, () => resolve(undefined));
  });
  try {
    return await Promise.race([Promise.resolve().then(ask), late]);
  } finally {
    cancel();
  }
}

/** Errors: whatever reading an answer leads to that is none. */
export function takeJudgement(answer: Judgement): Judgement {
  const verdicts = takeList<unknown>(answer.verdicts, JUDGEMENT_VERDICTS_MAX).map((verdict): Verdict =>
    parseVerdict(verdict),
  );
  const records = takeList<LogRecord>(answer.records, JUDGEMENT_RECORDS_MAX);
  const writes = takeList<Write>(answer.writes, JUDGEMENT_WRITES_MAX);
  toAppends(records);
  return joinJudgements({ verdicts, records, writes });
}

/** What the mutators and the gates of a policy say together. More than a unit or a gate holds is said by nobody. */
export function joinJudgements(...said: readonly Judgement[]): Judgement {
  const verdicts = said.flatMap((each) => each.verdicts);
  const records = said.flatMap((each) => each.records);
  const writes = said.flatMap((each) => each.writes);
  const asks = new Set(
    verdicts.flatMap((each) => (each.kind === 'approval' || each.kind === 'auth' ? [each.code] : [])),
  );
  const fits =
    asks.size <= JUDGEMENT_ASKS_MAX &&
    verdicts.length <= JUDGEMENT_VERDICTS_MAX &&
    records.length <= JUDGEMENT_RECORDS_MAX &&
    writes.length <= JUDGEMENT_WRITES_MAX;
  return fits ? { verdicts, records, writes } : FAILED;
}

/** Errors: a `TypeError` for what is no list of at most so many. */
export function takeList<T>(value: unknown, lengthMax: number): readonly T[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw new TypeError('not such a list');
  return [...value] as T[];
}
