/**
 * What the outcomes of all gates mean for a call: verdicts, records and writes.
 *
 * Not here: the composition of verdicts (`composeMostRestrictive` of `@reborn/host-api`), which the door does together
 * with its authoriser's; appending and committing, which the door does in the call's first durable unit.
 */
import {
  assertNever,
  digestOf,
  parseEventId,
  type Clock,
  type Digest,
  type DigestPort,
  type ExecutionContext,
  type Ids,
  type Verdict,
  type Write,
} from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import type { Decision } from '../decision/decision.ts';
import { isHooksFault, type FailureCategory } from '../failure-policy.ts';
import type { RegisteredGate } from '../registry/registry.ts';
import type { JudgedCall } from './judged-call.ts';
import { poisonHook } from './poison.ts';
import type { GateOutcome } from './run-hook.ts';

/**
 * What hooks say about a call. `records` and `writes` belong into the call's first durable unit, also when the call is
 * denied. An `allow` only abstains.
 */
export interface HookJudgement {
  readonly verdicts: readonly Verdict[];
  readonly records: readonly LogRecord[];
  readonly writes: readonly Write[];
}

/** `poisoned`: it failed earlier and was not asked again. */
export type GateAnswer = {
  readonly gate: RegisteredGate;
  readonly outcome: GateOutcome | { readonly kind: 'poisoned' };
};

/** Where records take their time, their ids and their fingerprints from. */
interface RecordPorts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: DigestPort;
}

/**
 * Order: that of the gates. Shape: one verdict a gate; for each gate that was asked `hook_dispatched` and exactly one
 * terminator, and in the journal its decision whole or in which way it gave none; for a gate that misbehaved also its
 * poison, as a write and as a record. Each judgement has event ids of its own: what is judged twice was judged twice,
 * and `decisionKey` tells that it was the same question.
 */
export function toJudgement(answers: readonly GateAnswer[], call: JudgedCall, ports: RecordPorts): HookJudgement {
  const verdicts: Verdict[] = [];
  const records: LogRecord[] = [];
  const writes: Write[] = [];
  for (const { gate, outcome } of answers) {
    verdicts.push(toVerdict(gate, outcome));
    if (outcome.kind === 'poisoned') continue;
    records.push(...toRecords(gate, outcome, call, ports));
    if (outcome.kind === 'failed' && isHooksFault(outcome.category)) {
      writes.push(poisonHook(gate.id, call.context, outcome.category));
    }
  }
  return { verdicts, records, writes };
}

function toRecords(
  gate: RegisteredGate,
  outcome: GateOutcome,
  call: JudgedCall,
  ports: RecordPorts,
): readonly LogRecord[] {
  const base = () => recordBase(call.context, ports);
  const { id: hookId, extensionId: provider, point, tier } = gate;
  const hook = { hookId, provider, point };
  const { inputDigest } = call;
  const answer = { ...hook, inputDigest, decisionKey: decisionKeyOf(gate, call, ports.digest) };
  const dispatched: LogRecord = { kind: 'hook_dispatched', ...base(), ...hook, tier };
  if (outcome.kind === 'decided') {
    const { decision } = outcome;
    const { verb } = decision;
    const code = decision.verb === 'observe' ? {} : { code: decision.code };
    return [
      dispatched,
      { kind: 'hook_decision_emitted', ...base(), ...hook, verb },
      { kind: 'hook_decision_accepted', ...base(), ...answer, verb, ...code },
    ];
  }
  const { category } = outcome;
  const isPoison = isHooksFault(category);
  const disposition = isPoison ? 'poisoned' : 'refused_once';
  return [
    dispatched,
    { kind: 'hook_failed', ...base(), ...hook, category, disposition },
    { kind: 'hook_decision_rejected', ...base(), ...answer, category },
    ...(isPoison ? [{ kind: 'hook_poisoned' as const, ...base(), hookId, provider, category }] : []),
  ];
}

/** The same for the same hook, which its id fingerprints, at the same question of the same run. */
function decisionKeyOf(gate: RegisteredGate, { context, inputDigest }: JudgedCall, digest: DigestPort): Digest {
  const { invocationId, run } = context;
  const { id: hookId, point } = gate;
  return digestOf({ runId: run?.runId ?? null, invocationId, point, hookId, inputDigest }, digest);
}

function toVerdict(gate: RegisteredGate, outcome: GateAnswer['outcome']): Verdict {
  const by = `hook:${gate.localId}`;
  switch (outcome.kind) {
    case 'poisoned':
      return { kind: 'deny', by, code: 'hook_poisoned' };
    case 'failed':
      return { kind: 'deny', by, code: 'hook_failed' };
    case 'decided':
      return decisionToVerdict(by, outcome.decision);
    default:
      return assertNever(outcome, 'GateOutcome');
  }
}

function decisionToVerdict(by: string, decision: Decision): Verdict {
  switch (decision.verb) {
    case 'observe':
      return { kind: 'allow', by };
    case 'refuse':
      return { kind: 'deny', by, code: decision.code };
    case 'pause':
      return { kind: 'approval', by, code: decision.code };
  }
}

function recordBase(context: ExecutionContext, ports: RecordPorts) {
  const { scope, run, invocationId, correlationId } = context;
  const about = { scope, invocationId, correlationId, ...(run === undefined ? {} : { runId: run.runId }) };
  return { eventId: parseEventId(ports.ids.uuid()), atMs: ports.clock.nowMs(), ...about };
}

/** What the operator is told about a gate that could not answer. No text of the hook's or of an exception's. */
export function failureFacts(gate: RegisteredGate, category: FailureCategory | 'poisoned') {
  return { hookId: gate.id, extensionId: gate.extensionId, hook: gate.localId, category };
}
