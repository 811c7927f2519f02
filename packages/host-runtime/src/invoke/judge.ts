/**
 * Steps 3, 4 and 6: the descriptor, the host's trust, the final input, and what the authoriser and all gates say of it.
 *
 * Not here: acting on the verdict (`pipeline.ts`).
 */
import {
  approvalCodes,
  composeMostRestrictive,
  digestOf,
  evaluateTrust,
  type Digest,
  type GateRow,
  type JsonValue,
  type Verdict,
  type Write,
} from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import { askPolicy } from './ask-policy.ts';
import { authorize } from './authorize.ts';
import { denialRecords } from './boundary.ts';
import { recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { deepFreeze } from './own-json.ts';

/** A call with its final input and everything that was said about it. `asked` is empty when nobody has to be asked. */
export interface JudgedInvocation {
  readonly handler: AdoptedHandler;
  readonly input: JsonValue;
  readonly inputDigest: Digest;
  readonly authorityDigest: Digest;
  readonly verdict: Verdict;
  readonly asked: readonly string[];
  readonly records: readonly LogRecord[];
  readonly writes: readonly Write[];
}

export type JudgeOutcome =
  | { readonly kind: 'judged'; readonly judged: JudgedInvocation }
  | { readonly kind: 'unknown_capability' }
  /** The capability could not check the input. */
  | { readonly kind: 'broken' }
  | { readonly kind: 'invalid_input'; readonly field: string; readonly rule: string };

/** `approved`: the call goes on from a gate; its input is the one that was approved, edits included. */
export async function judge(
  dependencies: RuntimeDependencies,
  call: Call,
  approved: GateRow | undefined,
  signal: AbortSignal,
): Promise<JudgeOutcome> {
  const handler = dependencies.handlers.get(call.capabilityId);
  if (handler === undefined) return { kind: 'unknown_capability' };
  const checked = handler.check(approved === undefined ? call.input : approved.input);
  if (checked.kind === 'invalid') return { kind: 'invalid_input', field: checked.field, rule: checked.rule };
  if (checked.kind === 'broken') return checked;
  const { input } = checked;
  const inputDigest = digestOf(input, dependencies.digest);
  const trust = evaluateTrust(dependencies.trust, handler.provider);
  const { scope } = call.context;
  const { descriptor } = handler;
  // Before anybody is asked: what is decided while the set of hooks changes was decided under the old one.
  const authority = authorityDigest(dependencies, handler, trust.class);
  const grants = await dependencies.grants.grantsFor(scope);
  const own = authorize({
    descriptor,
    scope,
    trust,
    grants,
    profile: dependencies.profile,
    nowMs: dependencies.clock.nowMs(),
  });
  const asked = {
    context: deepFreeze({ ...call.context, invocationId: call.invocationId }),
    capabilityId: call.capabilityId,
    provider: descriptor.provider,
    effects: descriptor.effects,
    input,
    inputDigest,
    signal,
  };
  const judgement = await askPolicy(dependencies.policy, asked, dependencies.timers);
  const verdicts = [...own, ...judgement.verdicts];
  const judged = {
    handler,
    input,
    inputDigest,
    authorityDigest: authority,
    verdict: composeMostRestrictive(verdicts),
    asked: approvalCodes(verdicts),
    records: [
      ...judgement.records,
      ...verdicts.map((verdict) => verdictRecord(dependencies, call, verdict, inputDigest)),
      ...denialRecords(dependencies, call, own, judgement.verdicts),
    ],
    writes: judgement.writes,
  };
  return { kind: 'judged', judged };
}

/** What an approval is bound to besides the input: the descriptor, the trust, the posture and the set of hooks. */
function authorityDigest(dependencies: RuntimeDependencies, handler: AdoptedHandler, trustClass: string): Digest {
  const { descriptor, provider } = handler;
  return digestOf(
    {
      descriptor: structuredClone(descriptor) as never,
      provider: structuredClone(provider) as never,
      trustClass,
      profile: dependencies.profile.name,
      hooks: dependencies.policy.digest(),
    },
    dependencies.digest,
  );
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
