/**
 * One call as it went through the stages of the pipeline: what each said, in the order in which it was said, across gates,
 * attempts and restarts.
 *
 * Not here: which calls there are (`call-story.ts`), printing (the surfaces).
 * Source: rulings, section 2.
 */
import type { Digest, GateId, GateRow, Principal, ResourceAmounts } from '@reborn/host-api';
import type { InputChange, LogRecord, SecurityCode } from '@reborn/events';
import { diffJson } from '@reborn/host-runtime';

/**
 * `input`: a mutator changed it. `authoriser` and `hooks`: a verdict. `credentials`, `approval`, `budget`: a gate, or what
 * was lent, or a threshold that was passed. `boundary`: something was stopped at a border. `refusal`: the end of a call that
 * was not let through, or was given up before. The others are what their names say.
 */
export type StageName =
  | 'input'
  | 'authoriser'
  | 'hooks'
  | 'credentials'
  | 'approval'
  | 'budget'
  | 'boundary'
  | 'refusal'
  | 'reservation'
  | 'intent'
  | 'dispatch'
  | 'egress'
  | 'process'
  | 'result'
  | 'recovery';

/** `said`: a word of the stage. Absent fields have no meaning there. Units: milliseconds since 1970. */
export interface CallStage {
  readonly stage: StageName;
  readonly atMs: number;
  readonly said: string;
  readonly by?: string | Principal;
  readonly codes?: readonly string[];
  readonly attempt?: number;
  readonly gateId?: GateId;
  /** What a mutator or an answer changed, as places with short values. */
  readonly changes?: readonly InputChange[];
  readonly inputDigest?: Digest;
  /** The input before it was changed. */
  readonly beforeDigest?: Digest;
  readonly authorityDigest?: Digest;
  readonly outputDigest?: Digest;
  readonly effect?: string;
  readonly amounts?: ResourceAmounts;
  /** How many secrets were lent. */
  readonly count?: number;
}

type Told = Omit<CallStage, 'atMs'>;
type Gates = ReadonlyMap<GateId, GateRow>;

/** Decisions at borders that another stage tells with who and why. */
const TOLD_ELSEWHERE: readonly SecurityCode[] = [
  'hook_refused',
  'hook_failed',
  'hook_poisoned',
  'missing_grant',
  'permission_denied',
  'policy_denied',
  'network_denied',
  'answer_accepted',
  'answer_of_requester',
  'author_not_permitted',
];

/** Shape: the records of one call, as they happened, and its gates as they stand now. */
export function toStages(records: readonly LogRecord[], gates: readonly GateRow[]): readonly CallStage[] {
  const byId = new Map(gates.map((gate) => [gate.gateId, gate]));
  return records.flatMap((record) => {
    const told = tellGate(record, byId) ?? tellJudgement(record) ?? tellWay(record) ?? tellEffect(record);
    return told === undefined ? [] : [{ ...told, atMs: record.atMs }];
  });
}

function tellJudgement(record: LogRecord): Told | undefined {
  switch (record.kind) {
    case 'input_changed': {
      const { by, changes, beforeDigest, afterDigest: inputDigest } = record;
      return { stage: 'input', said: 'changed', by, changes, beforeDigest, inputDigest };
    }
    case 'verdict_given': {
      const { by, verdict, code, inputDigest } = record;
      const stage = by.startsWith('hook:') || by === 'policy' ? 'hooks' : 'authoriser';
      return { stage, said: verdict, by, inputDigest, ...(code === undefined ? {} : { codes: [code] }) };
    }
    case 'call_denied':
      return { stage: 'refusal', said: 'denied', by: record.by, codes: [record.code] };
    case 'dispatch_failed':
      // One that was carried out is told by its result.
      return record.errorKind === 'cancelled' && record.durationMs === undefined
        ? { stage: 'refusal', said: 'cancelled', effect: record.effect }
        : undefined;
    default:
      return undefined;
  }
}

function tellGate(record: LogRecord, gates: Gates): Told | undefined {
  switch (record.kind) {
    case 'approval_requested': {
      const { gateKind: stage = 'approval', gateId, inputDigest, asked, by } = record;
      const authorityDigest = gates.get(gateId)?.receipt.authorityDigest;
      const told = { stage, said: 'asked', gateId, inputDigest, codes: asked };
      return {
        ...told,
        ...(by === undefined ? {} : { by }),
        ...(authorityDigest === undefined ? {} : { authorityDigest }),
      };
    }
    case 'approval_resolved': {
      const { gateKind: stage = 'approval', gateId, decision, by } = record;
      return { stage, said: decision, gateId, by, ...tellEdit(gates.get(gateId)) };
    }
    case 'approval_refused': {
      const { gateKind: stage = 'approval', gateId, by, code } = record;
      return { stage, said: 'author_refused', gateId, by, codes: [code] };
    }
    case 'approval_closed': {
      const { gateKind: stage = 'approval', gateId, how, by } = record;
      return { stage, said: how, gateId, ...(by === undefined ? {} : { by }) };
    }
    default:
      return undefined;
  }
}

/** What an answer made of the input. */
function tellEdit(gate: GateRow | undefined): Pick<Told, 'changes' | 'inputDigest'> {
  const replaced = gate?.resolution?.replacedInput;
  if (gate === undefined || replaced === undefined) return {};
  return { changes: diffJson(replaced, gate.input), inputDigest: gate.receipt.inputDigest };
}

function tellWay(record: LogRecord): Told | undefined {
  switch (record.kind) {
    case 'budget_warned':
      return { stage: 'budget', said: 'warned', codes: [record.axis, record.dimension] };
    case 'secrets_staged':
      return { stage: 'credentials', said: 'lent', count: record.count };
    case 'resources_held':
      return { stage: 'reservation', said: 'held', attempt: record.attempt, amounts: record.held };
    case 'resources_closed': {
      const { how, attempt, used } = record;
      return { stage: 'reservation', said: how, attempt, ...(used === undefined ? {} : { amounts: used }) };
    }
    case 'network_exchanged': {
      const { host, method, status, errorKind } = record;
      const codes = [method, host, ...(errorKind === undefined ? [] : [errorKind])];
      return { stage: 'egress', said: status === undefined ? 'failed' : String(status), codes };
    }
    case 'boundary_decided': {
      const { boundary, decision, code } = record;
      return TOLD_ELSEWHERE.includes(code) ? undefined : { stage: 'boundary', said: decision, codes: [boundary, code] };
    }
    default:
      return undefined;
  }
}

function tellEffect(record: LogRecord): Told | undefined {
  switch (record.kind) {
    case 'effect_intended': {
      const { attempt, inputDigest, authorityDigest, gateId } = record;
      const about = { attempt, inputDigest, authorityDigest, ...(gateId === undefined ? {} : { gateId }) };
      return { stage: 'intent', said: 'announced', ...about };
    }
    case 'dispatch_requested':
      return { stage: 'dispatch', said: record.lane ?? 'in_process', attempt: record.attempt };
    case 'process_started':
      return { stage: 'process', said: 'started', codes: [record.processId] };
    case 'process_ended':
      return { stage: 'process', said: record.outcome, codes: [record.processId], effect: record.effect };
    case 'recovery_marked':
      return { stage: 'recovery', said: record.found, attempt: record.attempt, codes: [record.cause] };
    case 'effect_settled': {
      const { outcome, attempt, effect, errorKind, outputDigest } = record;
      const why = errorKind === undefined ? {} : { codes: [errorKind] };
      const gave = outputDigest === undefined ? {} : { outputDigest };
      return { stage: 'result', said: outcome, attempt, effect, ...why, ...gave };
    }
    default:
      return undefined;
  }
}
