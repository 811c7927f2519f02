/**
 * Steps 3 to 6: the plan, the input, what mutators make of it, and what the authoriser and all gates say of the final one.
 *
 * Not here: each of the steps (`plan.ts`, `mutate.ts`, `authorize.ts`, `ask-policy.ts`), acting on the verdict
 * (`decide.ts`).
 */
import {
  codesOf,
  composeMostRestrictive,
  digestOf,
  type Digest,
  type GateRow,
  type GrantId,
  type JsonValue,
  type ResourceAmounts,
  type Verdict,
  type Write,
} from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import { askPolicy, joinJudgements } from './ask-policy.ts';
import { authorize, type Allowance, type Authorization } from './authorize.ts';
import { denialRecords } from './boundary.ts';
import { recordBase, type Call } from './call.ts';
import type { JudgedCall, Judgement } from './call-policy.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { mutate, type MutatedInput } from './mutate.ts';
import { deepFreeze } from './own-json.ts';
import { authorityDigest, estimateOf, planCall, statedEstimate, type CallPlan } from './plan.ts';

/**
 * A call with its final input and everything that was said about it. `asked`: codes of those who want somebody asked;
 * `demanded`: codes of those who want a credential. `allowance` is there unless the call is denied.
 */
export interface JudgedInvocation {
  readonly plan: CallPlan;
  readonly input: JsonValue;
  readonly inputDigest: Digest;
  readonly authorityDigest: Digest;
  readonly verdict: Verdict;
  readonly asked: readonly string[];
  readonly demanded: readonly string[];
  readonly allowance: Allowance | undefined;
  readonly estimate: ResourceAmounts;
  /** As the policy was asked about it. */
  readonly about: JudgedCall;
  readonly records: readonly LogRecord[];
  readonly writes: readonly Write[];
}

export type JudgeOutcome =
  | { readonly kind: 'judged'; readonly judged: JudgedInvocation }
  | { readonly kind: 'unknown_capability' }
  /** The capability could not check the input. */
  | { readonly kind: 'broken' }
  /** `mutated`: not the caller's input, but what mutators made of it. */
  | { readonly kind: 'invalid_input'; readonly field: string; readonly rule: string; readonly mutated: boolean };

/** `approved`: the call goes on from a gate; its input is the one that was approved, edits included, and stays as it is. */
export async function judge(
  dependencies: RuntimeDependencies,
  call: Call,
  approved: GateRow | undefined,
  signal: AbortSignal,
): Promise<JudgeOutcome> {
  const plan = planCall(dependencies, call);
  if (plan === undefined) return { kind: 'unknown_capability' };
  const checked = plan.handler.check(approved === undefined ? call.input : approved.input);
  if (checked.kind === 'invalid') return { kind: 'invalid_input', ...place(checked), mutated: false };
  if (checked.kind === 'broken') return checked;
  // Before anybody is asked: what is decided while the set of hooks changes was decided under the old one.
  const hooks = dependencies.policy.digest();
  const inputDigest = digestOf(checked.input, dependencies.digest);
  const asked = toJudgedCall(call, plan, { input: checked.input, inputDigest }, signal);
  const mutated = approved === undefined ? await mutate(dependencies, call, plan, asked) : unchanged(asked);
  if (mutated.kind === 'invalid') return { kind: 'invalid_input', ...place(mutated), mutated: true };
  if (mutated.kind === 'broken') return mutated;
  const about = mutated.inputDigest === inputDigest ? asked : toJudgedCall(call, plan, mutated, signal);
  const own = await askAuthoriser(dependencies, call, plan);
  const judgement = joinJudgements(mutated, await askPolicy(dependencies.policy, about, dependencies.timers));
  return { kind: 'judged', judged: conclude(dependencies, call, plan, { own, hooks, about, judgement }) };
}

/** `judgement`: of mutators and gates together. */
interface Said {
  readonly own: Authorization;
  readonly hooks: Digest;
  readonly about: JudgedCall;
  readonly judgement: Judgement;
}

function conclude(dependencies: RuntimeDependencies, call: Call, plan: CallPlan, said: Said): JudgedInvocation {
  const { own, about, judgement } = said;
  const { allowance } = own;
  const verdicts = [...own.verdicts, ...judgement.verdicts];
  const { input, inputDigest } = about;
  const estimate = estimateOf(call, plan, allowance?.ceiling ?? {});
  return {
    plan,
    input,
    inputDigest,
    authorityDigest: authorityDigest(dependencies, plan, said.hooks, allowance, estimate),
    verdict: composeMostRestrictive(verdicts),
    asked: codesOf(verdicts, 'approval'),
    demanded: codesOf(verdicts, 'auth'),
    allowance,
    estimate,
    about,
    records: [
      ...judgement.records,
      ...verdicts.map((verdict) => verdictRecord(dependencies, call, verdict, inputDigest)),
      ...denialRecords(dependencies, call, own.verdicts, judgement.verdicts),
    ],
    writes: judgement.writes,
  };
}

async function askAuthoriser(dependencies: RuntimeDependencies, call: Call, plan: CallPlan): Promise<Authorization> {
  const { handler, effects, trust } = plan;
  const { descriptor, mounts } = handler;
  const { scope } = call.context;
  const grants = await dependencies.grants.grantsFor(scope, descriptor.id);
  const counted = grants.flatMap(({ id, maxInvocations }): GrantId[] => (maxInvocations === undefined ? [] : [id]));
  const uses = counted.length === 0 ? undefined : await dependencies.budgets.grantUses(counted);
  return authorize({
    descriptor,
    effects,
    scope,
    trust,
    grants,
    profile: dependencies.profile,
    mounts,
    estimate: statedEstimate(call, plan),
    ...(uses === undefined ? {} : { uses }),
    nowMs: dependencies.clock.nowMs(),
  });
}

function toJudgedCall(
  call: Call,
  { handler, effects }: CallPlan,
  { input, inputDigest }: { readonly input: JsonValue; readonly inputDigest: Digest },
  signal: AbortSignal,
): JudgedCall {
  return {
    context: deepFreeze({ ...call.context, invocationId: call.invocationId }),
    capabilityId: call.capabilityId,
    provider: handler.descriptor.provider,
    effects,
    input,
    inputDigest,
    signal,
  };
}

function unchanged({ input, inputDigest }: JudgedCall): MutatedInput {
  return { kind: 'mutated', input, inputDigest, verdicts: [], records: [], writes: [] };
}

function place({ field, rule }: { readonly field: string; readonly rule: string }) {
  return { field, rule };
}

function verdictRecord(
  dependencies: RuntimeDependencies,
  call: Call,
  verdict: Verdict,
  inputDigest: Digest,
): LogRecord {
  return {
    ...recordBase(dependencies, call),
    kind: 'verdict_given',
    by: verdict.by,
    verdict: verdict.kind,
    inputDigest,
    ...(verdict.kind === 'allow' ? {} : { code: verdict.code }),
  };
}
