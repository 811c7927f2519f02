/** The page of record kinds, from the schemas of the log, and of who writes each. */
import {
  auditRecordSchema,
  journalRecordSchema,
  runtimeEventSchema,
  securityAuditRecordSchema,
  type LogRecordKind,
} from '@reborn/events';
import { table } from '../markdown.ts';

const FAMILIES = [
  ['runtime', 'Facts without content. Hooks, streams and webhooks follow these.', runtimeEventSchema],
  ['journal', 'What recovery and `explain` read: decisions, intents, results.', journalRecordSchema],
  ['audit', 'Who asked, who decided, what was refused.', auditRecordSchema],
  ['security', 'Decisions at security boundaries, in closed words and nothing else.', securityAuditRecordSchema],
] as const;

const PROJECTION = 'packages/reborn/src/binding/projection.ts';
const LOOP_HOST = 'packages/reborn/src/loop-host/loop-host.ts';
const JUDGEMENT = 'packages/hooks/src/dispatch/judgement.ts';
const DELIVERY = 'packages/hooks/src/subscription/delivery-record.ts';
const invoke = (file: string): string => `packages/host-runtime/src/invoke/${file}.ts`;
const gate = (file: string): string => `packages/host-runtime/src/gate/${file}.ts`;

/** Where each kind is written; a test looks for it there. A kind that nothing writes has no place in the log. */
export const PRODUCERS: Readonly<Record<LogRecordKind, string>> = {
  run_submitted: PROJECTION,
  run_claimed: PROJECTION,
  run_parked: PROJECTION,
  run_yielded: PROJECTION,
  run_resumed: PROJECTION,
  run_recovered: PROJECTION,
  run_cancel_requested: PROJECTION,
  run_completed: PROJECTION,
  run_failed: PROJECTION,
  run_cancelled: PROJECTION,
  dispatch_requested: invoke('announce'),
  dispatch_succeeded: invoke('settle'),
  dispatch_failed: invoke('settle'),
  process_started: invoke('launch'),
  process_ended: invoke('launch'),
  model_started: LOOP_HOST,
  model_completed: LOOP_HOST,
  model_failed: LOOP_HOST,
  assistant_reply_finalized: LOOP_HOST,
  hook_dispatched: JUDGEMENT,
  hook_decision_emitted: JUDGEMENT,
  hook_failed: JUDGEMENT,
  subscription_terminated: 'packages/events/src/subscription/end-subscription.ts',
  verdict_given: invoke('judge'),
  hook_decision_accepted: JUDGEMENT,
  hook_decision_rejected: JUDGEMENT,
  judgement_settled: invoke('judgement-record'),
  input_changed: invoke('mutate'),
  resources_held: invoke('announce'),
  resources_closed: invoke('settle'),
  effect_intended: invoke('announce'),
  effect_settled: invoke('settle'),
  recovery_marked: invoke('recover'),
  hook_poisoned: JUDGEMENT,
  hook_note: DELIVERY,
  delivery_failed: DELIVERY,
  delivery_dead_lettered: DELIVERY,
  call_denied: invoke('refusal'),
  approval_requested: gate('open'),
  approval_resolved: gate('resolve'),
  approval_refused: gate('resolve'),
  approval_closed: gate('close'),
  secrets_staged: invoke('announce'),
  network_exchanged: invoke('equip'),
  budget_warned: invoke('announce'),
  secret_changed: 'packages/host-runtime/src/secret/stored-secrets.ts',
  trust_changed: 'packages/reborn/src/binding/trust-changes.ts',
  retention_applied: 'packages/events/src/retention/apply-retention.ts',
  boundary_decided: invoke('boundary'),
};

/** Fields that every record has. */
const COMMON = ['kind', 'eventId', 'atMs', 'scope', 'runId', 'invocationId', 'correlationId'];

export function eventsPage(): string {
  const sections = FAMILIES.flatMap(([family, about, schema]) => [
    `## ${family}`,
    about,
    table(
      ['kind', 'fields of its own', 'written by'],
      schema.options.map(({ shape }) => [
        `\`${shape.kind.value}\``,
        ownFields(shape),
        writtenBy(PRODUCERS[shape.kind.value]),
      ]),
    ),
  ]);
  return [
    '# Records of the log',
    `Every record has \`kind\`, \`eventId\`, \`atMs\` and \`scope\`, and where it concerns one also \`runId\`, \`invocationId\` and \`correlationId\`. Order comes from the cursor. A scope without a user is about its tenant as a whole, and only readers with a grant see it. Readers pass by kinds that they do not know.`,
    ...sections,
  ].join('\n\n');
}

/** The room and the part of it: `host-runtime/invoke/settle`. */
function writtenBy(file: string): string {
  return file
    .replace(/^packages\//, '')
    .replace('/src/', '/')
    .replace(/\.ts$/, '');
}

function ownFields(shape: object): string {
  const own = Object.keys(shape).filter((name) => !COMMON.includes(name));
  return own.length === 0 ? '–' : own.map((name) => `\`${name}\``).join(', ');
}
