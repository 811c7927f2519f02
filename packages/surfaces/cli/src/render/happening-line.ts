/**
 * One line for one happening: the few that matter while somebody watches, and all of them for `explain`.
 *
 * Not here: order (`story.ts`), columns and colours (`style.ts`).
 */
import type { Principal } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import type { ToolResult } from '@reborn/turns';
import type { Happening } from '../story.ts';
import { summarise } from './json-summary.ts';
import type { Line, Tone } from './style.ts';

/** What somebody who watches wants to see; nothing for the rest. */
export function progressLine(happening: Happening): Line | undefined {
  // The reply is shown in full when the run has ended.
  if (happening.kind === 'said' && happening.calls === 0) return undefined;
  if (happening.kind !== 'record') return storyLine(happening);
  const { record } = happening;
  switch (record.kind) {
    case 'verdict_given':
      // A verdict that asks is told by the gate that it opens.
      return record.verdict === 'deny' || record.verdict === 'auth' ? recordLine(record) : undefined;
    case 'approval_requested':
    case 'approval_resolved':
    case 'approval_refused':
    case 'approval_closed':
    case 'model_failed':
    case 'run_recovered':
    case 'run_cancel_requested':
    case 'hook_failed':
    case 'hook_note':
      return recordLine(record);
    default:
      return undefined;
  }
}

/** What tells the story: decisions, answers, effects and words; not the steps in between that always go alike. */
export function isTelling(happening: Happening): boolean {
  // A refusal is told by its own record, which names who refused.
  if (happening.kind === 'returned') return !isRefusal(happening.result);
  if (happening.kind !== 'record') return true;
  const { record } = happening;
  switch (record.kind) {
    case 'verdict_given':
      return record.verdict !== 'allow';
    case 'hook_decision_emitted':
    case 'hook_decision_accepted':
    case 'hook_decision_rejected':
    case 'hook_dispatched':
    case 'judgement_settled':
    case 'assistant_reply_finalized':
    case 'model_started':
    case 'model_completed':
    case 'dispatch_requested':
    case 'dispatch_succeeded':
      return false;
    case 'effect_settled':
      return record.effect !== 'none';
    case 'boundary_decided':
      // Those that deny a call, and accepted answers, are told by who denied and who answered.
      return record.boundary !== 'authority' && record.boundary !== 'hook_deny' && record.decision !== 'allowed';
    default:
      return true;
  }
}

export function storyLine(happening: Happening): Line {
  switch (happening.kind) {
    case 'said':
      return line('model', happening.text);
    case 'called': {
      const { capabilityId, input } = happening.call;
      return brief('call', `${capabilityId}  ${summarise(input)}`);
    }
    case 'returned': {
      const { call, result } = happening;
      if (result.kind === 'completed')
        return brief('done', `${call.capabilityId}  ${summarise(result.output)}`, 'good');
      const label = isRefusal(result) ? 'denied' : 'failed';
      const effect = result.effect === 'none' ? 'nothing happened' : `effect ${result.effect}`;
      return line(label, `${call.capabilityId}  ${result.message.replace(/[.]$/, '')} (${effect})`, 'bad');
    }
    case 'record':
      return recordLine(happening.record);
  }
}

function recordLine(record: LogRecord): Line {
  switch (record.kind) {
    case 'run_submitted':
      return line('run', 'submitted');
    case 'run_claimed':
      return line('run', `taken up by a worker, sitting ${record.attempt}`);
    case 'run_parked':
      return line('run', `parked; waits for ${record.gates === 1 ? 'one answer' : `${record.gates} answers`}`, 'ask');
    case 'run_yielded':
      return line('run', 'given back by its worker, which stopped');
    case 'run_resumed':
      return line('run', 'queued again: its gate was answered');
    case 'run_recovered':
      return line('run', 'taken back from a worker that died', 'ask');
    case 'run_cancel_requested':
      return line('run', `somebody asked to cancel it (${record.reason})`, 'ask');
    case 'run_completed':
      return line('run', 'completed', 'good');
    case 'run_failed':
      return line('run', `failed (${record.errorKind})`, 'bad');
    case 'run_cancelled':
      return line('run', `cancelled (${record.reason})`, 'bad');
    case 'model_started':
      return line('model', `asked, attempt ${record.attempt}`, 'faint');
    case 'model_completed':
      return line('model', `answered with ${record.calls === 1 ? '1 call' : `${record.calls} calls`}`, 'faint');
    case 'model_failed':
      if (record.errorKind === 'aborted') return line('model', 'not waited for any longer', 'faint');
      return line('model', `failed, attempt ${record.attempt} (${record.errorKind})`, 'bad');
    case 'assistant_reply_finalized':
      return line('model', 'said its last words', 'faint');
    case 'dispatch_requested':
      return line('dispatch', `${record.capabilityId}  attempt ${record.attempt}`, 'faint');
    case 'dispatch_succeeded':
      return line('dispatch', `${record.capabilityId}  succeeded, ${record.outputBytes} bytes`, 'faint');
    case 'dispatch_failed':
      return line('dispatch', `${record.capabilityId}  failed (${record.errorKind}), effect ${record.effect}`, 'bad');
    case 'process_started':
      return line('process', `${record.processId} of ${record.capabilityId} runs by itself`, 'faint');
    case 'process_ended':
      return line(
        'process',
        `${record.processId} of ${record.capabilityId} ${record.outcome}${inBrackets(record.errorKind)}, effect ${record.effect}`,
        record.outcome === 'completed' ? 'faint' : 'bad',
      );
    default:
      return hookLine(record);
  }
}

type NotOfRun = Exclude<
  LogRecord,
  {
    kind:
      | `run_${string}`
      | `model_${string}`
      | `dispatch_${string}`
      | `process_${string}`
      | 'assistant_reply_finalized';
  }
>;

function hookLine(record: NotOfRun): Line {
  switch (record.kind) {
    case 'hook_dispatched':
      return line('hook', `asked at ${record.point}`, 'faint');
    case 'hook_decision_emitted':
      return line('hook', `decided: ${record.verb}`, record.verb === 'observe' ? 'faint' : 'ask');
    case 'hook_decision_accepted':
      return line('hook', `its decision was taken: ${record.verb}${inBrackets(record.code)}`, 'faint');
    case 'hook_decision_rejected':
      return line('hook', `gave no decision (${record.category})`, 'bad');
    case 'hook_failed':
      return line('hook', `failed (${record.category}); the call is refused`, 'bad');
    case 'hook_poisoned':
      return line('hook', `keeps refusing in this run (${record.category})`, 'bad');
    case 'hook_note':
      return brief('note', record.text, 'faint');
    case 'delivery_failed':
      return line('hook', `delivery ${record.cursor} failed, attempt ${record.attempt} (${record.errorKind})`, 'bad');
    case 'delivery_dead_lettered':
      return line('hook', `delivery ${record.cursor} given up after ${record.attempts} attempts`, 'bad');
    default:
      return decisionLine(record);
  }
}

type Decided = Exclude<NotOfRun, { kind: `hook_${string}` | `delivery_${string}` }>;

function decisionLine(record: Decided): Line {
  switch (record.kind) {
    case 'subscription_terminated':
      return line('log', `${record.subscription} follows ${record.family} no more (${record.reason})`, 'ask');
    case 'verdict_given':
      return line('verdict', `${record.verdict} by ${record.by}${inBrackets(record.code)}`, toneOf(record.verdict));
    case 'judgement_settled':
      return line('verdict', `${record.capabilityId}  ${JUDGED[record.result]}`, 'faint');
    case 'recovery_marked':
      return line('recovery', `${record.capabilityId}  found ${record.found} (${record.cause})`, 'ask');
    case 'effect_intended':
      return line('intent', `${record.capabilityId}  announced durably, attempt ${record.attempt}`, 'faint');
    case 'effect_settled':
      return line(
        'result',
        `${record.capabilityId}  ${record.outcome}, effect ${record.effect}, kept durably`,
        'faint',
      );
    case 'input_changed':
      return line('input', `${record.capabilityId}  changed by ${record.by} in ${record.changes.length} places`, 'ask');
    case 'resources_held':
      return line('budget', `${record.capabilityId}  held ${amounts(record.held)}`, 'faint');
    case 'resources_closed':
      return line('budget', `${record.capabilityId}  ${record.how} ${amounts(record.used ?? {})}`.trimEnd(), 'faint');
    case 'budget_warned':
      return line(
        'budget',
        `${record.capabilityId}  nears what its ${record.axis} may use (${record.dimension})`,
        'ask',
      );
    case 'secrets_staged':
      return line('secret', `${record.capabilityId}  was lent ${record.count}`, 'faint');
    case 'secret_changed':
      return line('secret', `${record.handle} ${record.how} by ${whoIs(record.by)}`, 'ask');
    case 'trust_changed':
      return line('trust', `${record.packageId}: ${record.before.class} became ${record.after.class}`, 'ask');
    case 'network_exchanged': {
      const end = record.status === undefined ? `failed (${record.errorKind ?? ''})` : `answered ${record.status}`;
      return line('network', `${record.method} ${record.host}  ${end}`, record.status === undefined ? 'bad' : 'faint');
    }
    case 'call_denied':
      return line('denied', `${record.capabilityId}  by ${record.by} (${record.code})`, 'bad');
    case 'approval_requested':
      return line(
        'gate',
        `${record.gateId} open: ${record.capabilityId} waits for an answer (${record.asked.join(', ')})`,
        'ask',
      );
    case 'approval_resolved': {
      const answer = ANSWERED[record.decision];
      return line(
        'answer',
        `${answer} by ${whoIs(record.by)}${record.edited ? ', with an edited input' : ''}`,
        record.decision === 'deny' || record.decision === 'decline' ? 'bad' : 'good',
      );
    }
    case 'approval_refused':
      return line('answer', `of ${whoIs(record.by)} refused (${record.code}); the gate stays open`, 'bad');
    case 'approval_closed':
      return line('gate', `${record.gateId} closed: ${record.how}`, 'ask');
    case 'retention_applied':
      return line('log', `${record.family}: ${record.cut} records cut off, ${record.removed} emptied`, 'ask');
    case 'boundary_decided': {
      const tone = record.decision === 'allowed' ? 'faint' : 'bad';
      return line('security', `${record.boundary}: ${record.decision} (${record.code})`, tone);
    }
  }
}

export const ANSWERED = {
  approve: 'approved',
  deny: 'denied',
  edit: 'approved',
  authenticate: 'credentials given',
  decline: 'declined',
} as const;

/** What is nothing is left out. */
export function amounts(of: Readonly<Partial<Record<string, string | number>>>): string {
  const some = Object.entries(of).filter(([, amount]) => amount !== 0 && amount !== '0');
  return some.map(([dimension, amount]) => `${amount} ${dimension}`).join(', ');
}

const JUDGED = {
  denied: 'denied as judged',
  asked: 'somebody is asked as judged',
  dispatched: 'goes on as judged',
  not_applied: 'nothing followed from the judgement',
} as const;

function inBrackets(code: string | undefined): string {
  return code === undefined ? '' : ` (${code})`;
}

function isRefusal(result: ToolResult): boolean {
  return result.kind === 'failed' && (result.failureKind === 'denied' || result.failureKind === 'approval_denied');
}

export function whoIs(principal: Principal): string {
  return 'id' in principal ? `${principal.kind} ${principal.id}` : principal.kind;
}

function toneOf(verdict: 'allow' | 'approval' | 'auth' | 'deny'): Tone {
  if (verdict === 'deny') return 'bad';
  return verdict === 'allow' ? 'faint' : 'ask';
}

/** For what is worth one line: it is kept in full elsewhere. */
function brief(label: string, text: string, tone: Tone = 'plain'): Line {
  return { label, text, tone, brief: true };
}

function line(label: string, text: string, tone: Tone = 'plain'): Line {
  return { label, text, tone };
}
