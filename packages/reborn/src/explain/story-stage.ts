/**
 * The stages that one judgement of one call goes through, by what is written about them.
 *
 * Not here: what several judgements, calls and runs mean for the order (`story-standing.ts`).
 * Source: rulings, section 2.
 */
import type { LogRecord } from '@reborn/events';

/** Within one millisecond, of one judgement of one call: what leads to something stands before it. */
const ORDER: readonly (readonly string[])[] = [
  ['run_submitted'],
  ['run_claimed', 'run_recovered', 'run_yielded'],
  ['model_started'],
  ['model_completed', 'model_failed'],
  ['assistant_reply_finalized'],
  ['hook_dispatched'],
  ['hook_decision_emitted', 'hook_failed'],
  ['hook_decision_accepted', 'hook_decision_rejected', 'hook_poisoned'],
  ['input_changed'],
  ['verdict_given'],
  ['judgement_settled'],
  ['boundary_decided:authority', 'boundary_decided:hook_deny', 'boundary_decided:run_ownership'],
  ['call_denied', 'approval_requested', 'approval_closed'],
  ['budget_warned', 'secrets_staged', 'boundary_decided:secret'],
  ['dispatch_requested'],
  ['resources_held'],
  ['effect_intended'],
  ['process_started'],
  ['network_exchanged', 'boundary_decided:egress'],
  ['boundary_decided:mount', 'boundary_decided:output'],
  ['dispatch_succeeded', 'dispatch_failed'],
  ['call_denied:host'],
  ['process_ended'],
  ['recovery_marked'],
  ['effect_settled'],
  ['resources_closed'],
  ['approval_requested:again'],
];
const STAGES: ReadonlyMap<string, number> = new Map(ORDER.flatMap((names, at) => names.map((name) => [name, at])));
const AUTHORISER: readonly string[] = ['descriptor', 'grants', 'profile', 'trust'];

/** The code under which a gate asks for a credential that the other side did not take. */
export const CREDENTIAL_REFUSED = 'credential_refused';

/** What has no stage stands behind everything that has one. */
export function stageOf(record: LogRecord): number {
  return STAGES.get(nameOf(record)) ?? ORDER.length;
}

export function isStaged(record: LogRecord): boolean {
  return STAGES.has(nameOf(record));
}

/** A gate that opens after the capability was carried out: the other side did not take the credential. */
export function isDemand(record: LogRecord): boolean {
  return record.kind === 'approval_requested' && record.asked.includes(CREDENTIAL_REFUSED);
}

/** What a judgement leads to. The host refuses also what it did not come to judge. */
export function isOutcome(record: LogRecord): boolean {
  switch (record.kind) {
    case 'call_denied':
      return record.by !== 'host';
    case 'approval_requested':
    case 'budget_warned':
    case 'secrets_staged':
    case 'dispatch_requested':
      return true;
    case 'approval_closed':
      return record.how === 'superseded';
    case 'boundary_decided':
      return record.boundary === 'authority' || record.boundary === 'hook_deny';
    default:
      return false;
  }
}

export function isJudging(record: LogRecord): boolean {
  return record.kind === 'verdict_given' || isBeginning(record);
}

/** With these a judgement begins, whatever came before. The authoriser speaks first, and says no alone. */
export function isBeginning(record: LogRecord): boolean {
  switch (record.kind) {
    case 'hook_dispatched':
    case 'hook_decision_emitted':
    case 'hook_failed':
    case 'hook_decision_accepted':
    case 'hook_decision_rejected':
    case 'hook_poisoned':
    case 'input_changed':
      return true;
    case 'verdict_given':
      return record.by === 'grants' || (record.verdict === 'deny' && AUTHORISER.includes(record.by));
    default:
      return false;
  }
}

function nameOf(record: LogRecord): string {
  if (record.kind === 'boundary_decided') return `${record.kind}:${record.boundary}`;
  if (record.kind === 'call_denied' && record.by === 'host') return `${record.kind}:host`;
  return isDemand(record) ? `${record.kind}:again` : record.kind;
}
