/**
 * What the outcomes of all gates mean for a call: verdicts, records and writes.
 *
 * Not here: the composition of verdicts (`composeMostRestrictive` of `@reborn/host-api`), which the door does together
 * with its authoriser's; appending and committing, which the door does in the call's first durable unit.
 */
import {
  assertNever,
  parseEventId,
  type Clock,
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

/**
 * Order: that of the gates. Shape: one verdict a gate; `hook_dispatched` and exactly one terminator for each gate that
 * was asked; for a gate that misbehaved also its poison, as a write and as a record.
 */
export function toJudgement(
  answers: readonly GateAnswer[],
  call: JudgedCall,
  ports: { readonly clock: Clock; readonly ids: Ids },
): HookJudgement {
  const { context } = call;
  const verdicts: Verdict[] = [];
  const records: LogRecord[] = [];
  const writes: Write[] = [];
  for (const { gate, outcome } of answers) {
    const base = () => recordBase(context, ports);
    const hook = { hookId: gate.id, point: gate.point };
    verdicts.push(toVerdict(gate, outcome));
    if (outcome.kind === 'poisoned') continue;
    records.push({ kind: 'hook_dispatched', ...base(), ...hook });
    if (outcome.kind === 'decided') {
      records.push({ kind: 'hook_decision_emitted', ...base(), ...hook, verb: outcome.decision.verb });
      continue;
    }
    const { category } = outcome;
    records.push({ kind: 'hook_failed', ...base(), ...hook, category });
    if (!isHooksFault(category)) continue;
    records.push({ kind: 'hook_poisoned', ...base(), hookId: gate.id, category });
    writes.push(poisonHook(gate.id, context, category));
  }
  return { verdicts, records, writes };
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

function recordBase(context: ExecutionContext, ports: { readonly clock: Clock; readonly ids: Ids }) {
  const { scope, run, invocationId, correlationId } = context;
  const about = { scope, invocationId, correlationId, ...(run === undefined ? {} : { runId: run.runId }) };
  return { eventId: parseEventId(ports.ids.uuid()), atMs: ports.clock.nowMs(), ...about };
}

/** What the operator is told about a gate that could not answer. No text of the hook's or of an exception's. */
export function failureFacts(gate: RegisteredGate, category: FailureCategory | 'poisoned') {
  return { hookId: gate.id, extensionId: gate.extensionId, hook: gate.localId, category };
}
