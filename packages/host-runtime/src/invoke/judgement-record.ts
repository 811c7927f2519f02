/**
 * What a judgement led to, said in the unit that it led to: so no decision of a hook stands in the journal without it.
 *
 * Not here: the decisions (the policy's own records).
 * Source: specification 4, 1.10.
 */
import type { JournalRecord, LogRecord } from '@reborn/events';
import { recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { JudgedInvocation } from './judge.ts';

type Result = Extract<JournalRecord, { kind: 'judgement_settled' }>['result'];

/** Nothing where no hook decided anything. */
export function judgementRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  { records, inputDigest }: Pick<JudgedInvocation, 'records' | 'inputDigest'>,
  result: Result,
): readonly LogRecord[] {
  if (!records.some(({ kind }) => kind === 'hook_decision_accepted')) return [];
  return [{ ...recordBase(dependencies, call), kind: 'judgement_settled', inputDigest, result }];
}
