/**
 * Asking the policy, and not believing that it keeps its port's promises: one that throws, hangs or answers with
 * something else refuses the call.
 *
 * Not here: hooks (`@reborn/hooks`), joining their verdicts with the authoriser's (`judge.ts`).
 * Source: rulings, section 5.
 */
import { approvalCodes, InvariantError, parseVerdict, type Timers, type Verdict, type Write } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import {
  JUDGE_DEADLINE_MS,
  JUDGEMENT_ASKS_MAX,
  JUDGEMENT_RECORDS_MAX,
  JUDGEMENT_VERDICTS_MAX,
  JUDGEMENT_WRITES_MAX,
} from '../limits.ts';
import type { CallPolicy, JudgedCall, Judgement } from './call-policy.ts';

const FAILED: Judgement = Object.freeze({
  verdicts: Object.freeze([Object.freeze({ kind: 'deny', by: 'policy', code: 'hook_failed' } as const)]),
  records: Object.freeze([]),
  writes: Object.freeze([]),
});

/** Never rejects but for a bug. A judgement is taken as a whole or not at all. */
export async function askPolicy(policy: CallPolicy, call: JudgedCall, timers: Timers): Promise<Judgement> {
  let cancel = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    cancel = timers.schedule(JUDGE_DEADLINE_MS, () => resolve(undefined));
  });
  try {
    const asked = Promise.resolve().then(() => policy.judge(call));
    const answer = await Promise.race([asked, late]);
    return answer === undefined ? FAILED : take(answer);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return FAILED;
  } finally {
    cancel();
  }
}

function take(answer: Judgement): Judgement {
  const verdicts = list<unknown>(answer.verdicts, JUDGEMENT_VERDICTS_MAX).map((verdict): Verdict =>
    parseVerdict(verdict),
  );
  const records = list<LogRecord>(answer.records, JUDGEMENT_RECORDS_MAX);
  const writes = list<Write>(answer.writes, JUDGEMENT_WRITES_MAX);
  toAppends(records);
  if (approvalCodes(verdicts).length > JUDGEMENT_ASKS_MAX) return FAILED;
  return { verdicts, records, writes };
}

/** Errors: a `TypeError` for what is no list of at most so many. */
function list<T>(value: unknown, lengthMax: number): readonly T[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw new TypeError('not such a list');
  return [...value] as T[];
}
