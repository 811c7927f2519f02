/**
 * Step 5: mutators of the policy change the input, in order, and the capability checks what comes out. A policy that
 * breaks changes nothing and refuses the call.
 *
 * Not here: mutators (`@reborn/hooks`), judging what they made (`judge.ts`).
 * Source: rulings, sections 2 and 5.
 */
import { digestOf, InvariantError, type Digest, type JsonValue, type Verdict, type Write } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import { MUTATIONS_MAX } from '../limits.ts';
import { FAILED, inTime, takeJudgement, takeList } from './ask-policy.ts';
import { recordBase, type Call } from './call.ts';
import type { JudgedCall, Mutation } from './call-policy.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { diffJson } from './json-diff.ts';
import { ownJson } from './own-json.ts';
import type { CallPlan } from './plan.ts';

/** `input` is the one to judge. `verdicts`: of mutators that had to say something and could not. */
export interface MutatedInput {
  readonly kind: 'mutated';
  readonly input: JsonValue;
  readonly inputDigest: Digest;
  readonly verdicts: readonly Verdict[];
  readonly records: readonly LogRecord[];
  readonly writes: readonly Write[];
}

/** `invalid`: what the mutators made is no input of the capability. */
export type MutateOutcome =
  | MutatedInput
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string }
  | { readonly kind: 'broken' };

export async function mutate(
  dependencies: RuntimeDependencies,
  call: Call,
  plan: CallPlan,
  asked: JudgedCall,
): Promise<MutateOutcome> {
  const { policy } = dependencies;
  const unchanged = { kind: 'mutated', input: asked.input, inputDigest: asked.inputDigest } as const;
  if (policy.mutate === undefined) return { ...unchanged, verdicts: [], records: [], writes: [] };
  const mutation = await askMutators(dependencies, call, asked);
  const { input, inputDigest, ...said } = mutation;
  if (inputDigest === asked.inputDigest) return { ...said, ...unchanged };
  const checked = plan.handler.check(input);
  if (checked.kind !== 'valid') return checked;
  const finalDigest = digestOf(checked.input, dependencies.digest);
  return { ...said, kind: 'mutated', input: checked.input, inputDigest: finalDigest };
}

/** Never rejects but for a bug. */
async function askMutators(
  dependencies: RuntimeDependencies,
  call: Call,
  asked: JudgedCall,
): Promise<Omit<MutatedInput, 'kind'>> {
  const { policy, timers } = dependencies;
  const { input, inputDigest } = asked;
  try {
    const answer = await inTime(() => policy.mutate?.(asked), timers);
    if (answer === undefined) return { ...FAILED, input, inputDigest };
    const steps = takeList<Mutation['steps'][number]>(answer.steps, MUTATIONS_MAX).map((step) => ({
      by: String(step.by),
      input: ownJson(step.input, 'input'),
    }));
    const { verdicts, records, writes } = takeJudgement(answer);
    const { changes, ...made } = follow(dependencies, call, asked, steps);
    return { verdicts, records: [...records, ...changes], writes, ...made };
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return { ...FAILED, input, inputDigest };
  }
}

/** The input after all steps, and a record of each that changed it. Errors: those of what has no fingerprint. */
function follow(
  dependencies: RuntimeDependencies,
  call: Call,
  asked: JudgedCall,
  steps: Mutation['steps'],
): Pick<MutatedInput, 'input' | 'inputDigest'> & { readonly changes: readonly LogRecord[] } {
  const changes: LogRecord[] = [];
  let { input, inputDigest }: Pick<MutatedInput, 'input' | 'inputDigest'> = asked;
  for (const step of steps) {
    const next = digestOf(step.input, dependencies.digest);
    if (next === inputDigest) continue;
    changes.push(changeRecord(dependencies, call, step, { input, inputDigest }, next));
    input = step.input;
    inputDigest = next;
  }
  return { input, inputDigest, changes };
}

function changeRecord(
  dependencies: RuntimeDependencies,
  call: Call,
  step: Mutation['steps'][number],
  before: { readonly input: JsonValue; readonly inputDigest: Digest },
  afterDigest: Digest,
): LogRecord {
  const record: LogRecord = {
    ...recordBase(dependencies, call),
    kind: 'input_changed',
    by: step.by,
    beforeDigest: before.inputDigest,
    afterDigest,
    changes: [...diffJson(before.input, step.input)],
  };
  toAppends([record]);
  return record;
}
