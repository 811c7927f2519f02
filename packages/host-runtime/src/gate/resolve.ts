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
  eventIdSchema,
  expireGate,
  gateMachine,
  getRecord,
  HostApiError,
  supersedeGate,
  toCanonicalJson,
  type GateRow,
  type JsonValue,
  type Write,
} from '@reborn/host-api';
import { toAppends, type AuditRecord, type SecurityAuditRecord } from '@reborn/events';
import { announceResume, queueRunAfterGate, runMachine } from '@reborn/turns';
import type { z } from 'zod';
import { HostRuntimeError } from '../errors.ts';
import type { ResolveGateOutcome, resolveGateSchema } from '../host-runtime.ts';
import { writeBeside } from '../invoke/boundary.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import { ownJson } from '../invoke/own-json.ts';
import type { InputCheck } from '../lane/handler.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';

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
  if (gate.status !== 'open') {
    await writeBeside(dependencies, boundaryRecord(dependencies, gate, 'replay_rejected', 'gate_closed'));
    return { kind: 'already_closed', status: gate.status };
  }
  if (gate.receipt.expiresAtMs <= dependencies.clock.nowMs()) return close(dependencies, gate, 'expired');
  const edit = checkEdit(dependencies, request, gate);
  if (edit.kind === 'invalid') return { kind: 'invalid_edit', field: edit.field, rule: edit.rule };
  const { approver: by, reason, decision } = request;
  const answer =
    decision === 'approve'
      ? approveGate(gate.gateId, { by, reason, edit: edit.edit })
      : denyGate(gate.gateId, { by, reason });
  const edited = edit.edit !== undefined;
  const committed = await dependencies.store.commit([
    answer,
    ...wakeRun(dependencies, gate),
    ...toAppends([
      { ...aboutGate(dependencies, gate), kind: 'approval_resolved', by, decision, edited },
      boundaryRecord(dependencies, gate, 'allowed', 'answer_accepted'),
    ]),
  ]);
  if (committed.kind === 'conflict') {
    // The run is over, so nobody can use the answer; or the gate ran out by the writer's clock.
    if (committed.machine === runMachine.name) return close(dependencies, gate, 'superseded');
    return committed.reason === 'gate_expired' ? close(dependencies, gate, 'expired') : undefined;
  }
  const receipt = committed.receipts[0];
  assert(receipt?.kind === 'record' && receipt.row !== undefined, 'a committed answer has a receipt with its gate');
  return { kind: 'resolved', gate: gateMachine.row.parse(receipt.row) };
}

/** Whatever the policy of approvers says: no agent answers a question that its own call raised. */
function whyRefused(dependencies: RuntimeDependencies, request: Resolution, gate: GateRow): AuthorCode | undefined {
  const { receipt } = gate;
  const { approver } = request;
  if (approver.kind === 'agent' && approver.id === receipt.scope.agentId) return 'answer_of_requester';
  const may = dependencies.approvers.mayResolve(structuredClone(receipt), structuredClone(approver)) === true;
  return may ? undefined : 'author_not_permitted';
}

/** Puts the run that waits for the gate back into the queue, and says so. */
function wakeRun(dependencies: RuntimeDependencies, gate: GateRow): readonly Write[] {
  const { runId, scope, correlationId } = gate.receipt;
  if (runId === undefined) return [];
  const { eventId, atMs } = aboutGate(dependencies, gate);
  return [queueRunAfterGate(runId, gate.gateId), announceResume({ runId, scope, correlationId }, { eventId, atMs })];
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

async function close(
  dependencies: RuntimeDependencies,
  gate: GateRow,
  how: 'expired' | 'superseded',
): Promise<ResolveGateOutcome | undefined> {
  const move: Write = how === 'expired' ? expireGate(gate.gateId) : supersedeGate(gate.gateId);
  const record: AuditRecord = { ...aboutGate(dependencies, gate), kind: 'approval_closed', how };
  const replayed = how === 'expired' ? [boundaryRecord(dependencies, gate, 'replay_rejected', 'gate_expired')] : [];
  const unit = [move, ...toAppends([record, ...replayed])];
  const wake = how === 'expired' ? wakeRun(dependencies, gate) : [];
  const committed = await dependencies.store.commit([...unit, ...wake]);
  if (committed.kind === 'committed') return { kind: 'already_closed', status: how };
  if (committed.machine !== runMachine.name) return undefined;
  // The run is over: there is nobody to wake.
  const closed = await dependencies.store.commit(unit);
  return closed.kind === 'committed' ? { kind: 'already_closed', status: how } : undefined;
}

type Edit =
  | { readonly kind: 'valid'; readonly edit: Parameters<typeof approveGate>[1]['edit'] }
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string };

/** An edited input is checked as any other; it is judged when the call goes on. */
function checkEdit(dependencies: RuntimeDependencies, request: Resolution, gate: GateRow): Edit {
  if (request.input === undefined) return { kind: 'valid', edit: undefined };
  if (request.decision === 'deny') return { kind: 'invalid', field: 'input', rule: 'goes with an approval only' };
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
  const { gateId: _gate, inputDigest: _input, ...about } = aboutGate(dependencies, gate);
  return { ...about, kind: 'boundary_decided', boundary: 'gate_answer', decision, code };
}

function aboutGate(dependencies: RuntimeDependencies, gate: GateRow) {
  const { scope, runId, invocationId, correlationId, capabilityId, inputDigest } = gate.receipt;
  const provider = dependencies.handlers.get(capabilityId)?.descriptor.provider;
  return {
    eventId: eventIdSchema.parse(dependencies.ids.uuid()),
    atMs: dependencies.clock.nowMs(),
    scope,
    invocationId,
    correlationId,
    capabilityId,
    gateId: gate.gateId,
    inputDigest,
    ...(provider === undefined ? {} : { provider }),
    ...(runId === undefined ? {} : { runId }),
  };
}
