/**
 * Answering a gate: the only way to do it. The answer, the waiting run and the audit move in one unit.
 *
 * Not here: what the answer leads to (`../invoke/prior.ts`, when the call is made again).
 * Source: rulings, section 2.
 */
import {
  approveGate,
  assert,
  denyGate,
  digestOf,
  gateMachine,
  getRecord,
  HostApiError,
  toCanonicalJson,
  type GateRow,
  type JsonValue,
  type Write,
} from '@reborn/host-api';
import { toAppends, type AuditRecord, type SecurityAuditRecord } from '@reborn/events';
import { runMachine } from '@reborn/turns';
import type { z } from 'zod';
import { HostRuntimeError } from '../errors.ts';
import type { ResolveGateOutcome, resolveGateSchema } from '../host-runtime.ts';
import { writeBeside } from '../invoke/boundary.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import { dropRejection } from '../invoke/drop-rejection.ts';
import { ownJson } from '../invoke/own-json.ts';
import { tellPolicy } from '../invoke/tell-policy.ts';
import type { InputCheck } from '../lane/handler.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import { SecretValue } from '../secret/secret-value.ts';
import { aboutGate, closeGate, wakeRun } from './close.ts';

type Resolution = z.output<typeof resolveGateSchema>;
/** Why an author may not answer. */
type AuthorCode = Extract<SecurityAuditRecord['code'], 'answer_of_requester' | 'author_not_permitted'>;

export async function resolveGate(dependencies: RuntimeDependencies, request: Resolution): Promise<ResolveGateOutcome> {
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    const gate = await getRecord(dependencies.store, gateMachine, request.gateId);
    if (gate === undefined) return { kind: 'unknown_gate' };
    if (gate.receipt.scope.tenantId !== request.tenantId) {
      await writeBeside(dependencies, boundaryRecord(dependencies, gate, 'scope_mismatch', 'tenant_foreign'));
      return { kind: 'unknown_gate' };
    }
    const outcome = await tryResolve(dependencies, request, gate);
    if (outcome !== undefined) return outcome;
  }
  throw new HostRuntimeError('host-runtime/unavailable', {
    detail: { field: 'gate', rule: 'was contended too often' },
  });
}

/** `undefined`: somebody moved the gate or its run meanwhile; look again. */
async function tryResolve(
  dependencies: RuntimeDependencies,
  request: Resolution,
  gate: GateRow,
): Promise<ResolveGateOutcome | undefined> {
  const refusal = whyRefused(dependencies, request, gate);
  if (refusal !== undefined) return refuse(dependencies, request, gate, refusal);
  const { approver: by, decision } = request;
  if (decision === 'revoke') return revoke(dependencies, request, gate);
  if (gate.status !== 'open') return alreadyClosed(dependencies, gate);
  if (gate.receipt.expiresAtMs <= dependencies.clock.nowMs()) return expire(dependencies, gate);
  if (!DECISIONS[gate.kind].includes(decision)) {
    return { kind: 'wrong_decision', gateKind: gate.kind };
  }
  const edit = checkEdit(dependencies, request, gate);
  if (edit.kind === 'invalid') return { kind: 'invalid_edit', field: edit.field, rule: edit.rule };
  const foreign = request.credentials?.some(({ handle }) => gate.credentials?.includes(handle) !== true) === true;
  if (foreign) return { kind: 'invalid_edit', field: 'credentials', rule: 'must be those that the gate asks for' };
  const given = await takeCredentials(dependencies, request, gate);
  if (given.kind === 'missing') return { kind: 'credentials_missing', missing: given.missing };
  const committed = await dependencies.store.commit([
    toAnswer(request, decision, gate, edit.edit),
    ...given.writes,
    ...wakeRun(dependencies, gate),
    ...toAppends([
      {
        ...aboutGate(dependencies, gate),
        kind: 'approval_resolved',
        by,
        decision,
        edited: edit.edit !== undefined,
      },
      boundaryRecord(dependencies, gate, 'allowed', 'answer_accepted'),
    ]),
  ]);
  if (committed.kind === 'conflict') {
    // The run is over, so nobody can use the answer; or the gate ran out by the writer's clock.
    if (committed.machine === runMachine.name) {
      return (await closeGate(dependencies, gate, { how: 'superseded' })) && closedAs('superseded');
    }
    return committed.reason === 'gate_expired' ? expire(dependencies, gate) : undefined;
  }
  const receipt = committed.receipts[0];
  assert(receipt?.kind === 'record' && receipt.row !== undefined, 'a committed answer has a receipt with its gate');
  tell(dependencies, gate);
  return { kind: 'resolved', gate: gateMachine.parseRow(receipt.row) };
}

type Answer = Exclude<Resolution['decision'], 'revoke'>;

/** How gates of each kind are answered. */
const DECISIONS: Readonly<Record<GateRow['kind'], readonly Answer[]>> = {
  approval: ['approve', 'deny', 'edit'],
  budget: ['approve', 'deny'],
  credentials: ['authenticate', 'decline'],
};

function toAnswer({ approver: by, reason }: Resolution, decision: Answer, { gateId }: GateRow, edit: ValidEdit): Write {
  switch (decision) {
    case 'approve':
    case 'edit':
    case 'authenticate':
      return approveGate(gateId, { by, reason, edit, decision });
    case 'deny':
    case 'decline':
      return denyGate(gateId, { by, reason, decision });
  }
}

/** An answer that nothing has used may be taken back; whoever waits for the call is asked again. */
async function revoke(
  dependencies: RuntimeDependencies,
  { approver: by, reason }: Resolution,
  gate: GateRow,
): Promise<ResolveGateOutcome | undefined> {
  if (gate.status === 'open') return { kind: 'already_closed', status: 'open' };
  if (gate.status !== 'approved') return alreadyClosed(dependencies, gate);
  const closed = await closeGate(dependencies, gate, { how: 'revoked', by, reason });
  if (closed === undefined) return undefined;
  const row = await getRecord(dependencies.store, gateMachine, gate.gateId);
  tell(dependencies, gate);
  return { kind: 'resolved', gate: row ?? gate };
}

async function alreadyClosed(dependencies: RuntimeDependencies, gate: GateRow): Promise<ResolveGateOutcome> {
  await writeBeside(dependencies, boundaryRecord(dependencies, gate, 'replay_rejected', 'gate_closed'));
  return { kind: 'already_closed', status: gate.status };
}

async function expire(dependencies: RuntimeDependencies, gate: GateRow): Promise<ResolveGateOutcome | undefined> {
  const replayed = boundaryRecord(dependencies, gate, 'replay_rejected', 'gate_expired');
  return (await closeGate(dependencies, gate, { how: 'expired' }, [replayed])) && closedAs('expired');
}

function closedAs(status: GateRow['status']): ResolveGateOutcome {
  return { kind: 'already_closed', status };
}

function tell(dependencies: RuntimeDependencies, { gateId, kind, receipt }: GateRow): void {
  const { invocationId, correlationId, scope, capabilityId } = receipt;
  const fact = { kind: 'gate_resolved', gateId, gateKind: kind } as const;
  tellPolicy(dependencies, { invocationId, correlationId, scope }, capabilityId, fact);
}

type Given =
  | { readonly kind: 'given'; readonly writes: readonly Write[] }
  | { readonly kind: 'missing'; readonly missing: number };

/** Secrets that come with the answer are stored with it; the others have to be there. */
async function takeCredentials(
  { secrets }: RuntimeDependencies,
  { decision, credentials = [], approver }: Resolution,
  gate: GateRow,
): Promise<Given> {
  if (decision !== 'authenticate') return { kind: 'given', writes: [] };
  const wanted = gate.credentials ?? [];
  const { scope } = gate.receipt;
  const given = new Map(credentials.map(({ handle, value }) => [handle, new SecretValue(value)]));
  const lacking = wanted.filter((handle) => !given.has(handle));
  const present = lacking.length === 0 ? new Set() : await secrets?.present(scope, lacking);
  const missing = lacking.filter((handle) => present?.has(handle) !== true).length;
  if (given.size > 0 && secrets === undefined) return { kind: 'missing', missing: wanted.length };
  if (missing > 0) return { kind: 'missing', missing };
  const owner = { tenantId: scope.tenantId, userId: scope.userId };
  const writes = await Promise.all(
    [...given].map(async ([handle, value]) => secrets?.sealed({ owner, handle, by: approver }, value) ?? []),
  );
  return { kind: 'given', writes: writes.flat() };
}

/** Whatever the policy of approvers says: no agent answers a question that its own call raised. */
function whyRefused(dependencies: RuntimeDependencies, request: Resolution, gate: GateRow): AuthorCode | undefined {
  const { receipt } = gate;
  const { approver } = request;
  if (approver.kind === 'agent' && approver.id === receipt.scope.agentId) return 'answer_of_requester';
  const may = dependencies.approvers.mayResolve(structuredClone(receipt), structuredClone(approver));
  dropRejection(may);
  return may === true ? undefined : 'author_not_permitted';
}

/** A refused author changes nothing but the audit: the gate stays open for the right one. */
async function refuse(
  dependencies: RuntimeDependencies,
  request: Resolution,
  gate: GateRow,
  code: AuthorCode,
): Promise<ResolveGateOutcome> {
  const record: AuditRecord = {
    ...aboutGate(dependencies, gate),
    kind: 'approval_refused',
    by: request.approver,
    code: 'not_authorised',
  };
  await dependencies.store.commit(toAppends([record, boundaryRecord(dependencies, gate, 'scope_mismatch', code)]));
  return { kind: 'not_authorised' };
}

type ValidEdit = Parameters<typeof approveGate>[1]['edit'];
type Edit =
  | { readonly kind: 'valid'; readonly edit: ValidEdit }
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string };

/** An edited input is checked as any other; it is judged when the call goes on. */
function checkEdit(dependencies: RuntimeDependencies, request: Resolution, gate: GateRow): Edit {
  if (request.input === undefined) return { kind: 'valid', edit: undefined };
  const handler = dependencies.handlers.get(gate.receipt.capabilityId);
  if (handler === undefined)
    return { kind: 'invalid', field: 'input', rule: 'is for a capability that is not there any more' };
  const own = takeEdit(request.input);
  if (own.kind === 'invalid') return own;
  const checked = handler.check(own.input);
  if (checked.kind === 'invalid') return checked;
  if (checked.kind === 'broken')
    return { kind: 'invalid', field: 'input', rule: 'could not be checked by the capability' };
  return { kind: 'valid', edit: { input: checked.input, inputDigest: digestOf(checked.input, dependencies.digest) } };
}

/** A copy of the door's own, in the form that everything fingerprinted has. */
function takeEdit(input: JsonValue): InputCheck {
  try {
    const own = ownJson(input, 'input');
    toCanonicalJson(own);
    return { kind: 'valid', input: own };
  } catch (error) {
    const rule = HostApiError.is(error) ? String(error.detail['rule']) : 'must be plain JSON';
    return { kind: 'invalid', field: 'input', rule };
  }
}

function boundaryRecord(
  dependencies: RuntimeDependencies,
  gate: GateRow,
  decision: SecurityAuditRecord['decision'],
  code: SecurityAuditRecord['code'],
): SecurityAuditRecord {
  const { gateId: _gate, gateKind: _kind, inputDigest: _input, ...about } = aboutGate(dependencies, gate);
  return { ...about, kind: 'boundary_decided', boundary: 'gate_answer', decision, code };
}
