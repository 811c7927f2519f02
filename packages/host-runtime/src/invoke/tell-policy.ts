/**
 * Telling the policy what is durable already, and asking it what else belongs to a result. Nothing that it does here
 * changes what happened.
 */
import { InvariantError, type CapabilityId, type ExecutionContext } from '@reborn/host-api';
import { toAppends } from '@reborn/events';
import { JUDGEMENT_RECORDS_MAX, JUDGEMENT_WRITES_MAX } from '../limits.ts';
import { takeList } from './ask-policy.ts';
import type { CallEnd, JudgedCall, PolicyFact, Settlement } from './call-policy.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { dropRejection } from './drop-rejection.ts';

const NOTHING: Settlement = Object.freeze({ records: [], writes: [] });

export function tellPolicy(
  { policy, diagnostics }: Pick<RuntimeDependencies, 'policy' | 'diagnostics'>,
  context: ExecutionContext,
  capabilityId: CapabilityId,
  fact: PolicyFact,
): void {
  try {
    dropRejection(policy.observe?.(context, capabilityId, fact));
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    diagnostics?.report('A policy could not be told of a fact', { fact: fact.kind });
  }
}

/** What the policy adds to the unit of a result; nothing where it breaks. */
export function settlementOf(
  { policy, diagnostics }: Pick<RuntimeDependencies, 'policy' | 'diagnostics'>,
  call: JudgedCall,
  end: CallEnd,
): Settlement {
  if (policy.settle === undefined) return NOTHING;
  try {
    const said = policy.settle(call, end);
    dropRejection(said);
    const records = takeList<Settlement['records'][number]>(said.records, JUDGEMENT_RECORDS_MAX);
    toAppends(records);
    return { records, writes: takeList<Settlement['writes'][number]>(said.writes, JUDGEMENT_WRITES_MAX) };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    diagnostics?.report('A policy could not say what belongs to a result', { end: end.kind });
    return NOTHING;
  }
}
