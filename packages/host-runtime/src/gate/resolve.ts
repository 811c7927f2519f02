/**
 * Answering a gate: the only way to do it. The answer, the waiting run and the audit move in one unit.
 *
 * Not here: what the answer leads to (`../invoke/prior.ts`, when the call is made again).
 * Source: rulings, section 2.
 */
import {
  approveGate,
  denyGate,
  digestOf,
  eventIdSchema,
  expireGate,
  gateMachine,
  getRecord,
  supersedeGate,
  type GateRow,
  type Write,
} from '@reborn/host-api';
import { toAppends, type AuditRecord } from '@reborn/events';
import { queueRunAfterGate } from '@reborn/turns';
import type { z } from 'zod';
import { HostRuntimeError } from '../errors.ts';
import type { ResolveGateOutcome, resolveGateSchema } from '../host-runtime.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';

type Resolution = z.output<typeof resolveGateSchema>;

export async function resolveGate(dependencies: RuntimeDependencies, request: Resolution): Promise<ResolveGateOutcome> {
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    const gate = await getRecord(dependencies.store, gateMachine, request.gateId);
    if (gate === undefined || gate.receipt.scope.tenantId !== request.tenantId) return { kind: 'unknown_gate' };
    const outcome = await tryResolve(dependencies, request, gate);
    if (outcome !== undefined) return outcome;
  }
  throw new HostRuntimeError('host-runtime/unavailable', { detail: { field: 'gate', rule: 'was contended too often' } });
}

/** `undefined`: somebody moved the gate or its run meanwhile; look again. */
async function tryResolve(
  dependencies: RuntimeDependencies,
  request: Resolution,
  gate: GateRow,
): Promise<ResolveGateOutcome | undefined> {
  if (!dependencies.approvers.mayResolve(gate.receipt, request.approver)) return refuse(dependencies, request, gate);
  if (gate.status !== 'open') return { kind: 'already_closed', status: gate.status };
  if (gate.receipt.expiresAtMs <= dependencies.clock.nowMs()) return close(dependencies, gate, 'expired');
  const edit = checkEdit(dependencies, request, gate);
  if (edit.kind === 'invalid') return { kind: 'invalid_edit', field: edit.field, rule: edit.rule };
  const { approver: by, reason } = request;
  const answer = request.decision === 'approve' ? approveGate(gate.gateId, { by, reason, edit: edit.edit }) : denyGate(gate.gateId, { by, reason });
  const { runId } = gate.receipt;
  const committed = await dependencies.store.commit([
    answer,
    ...(runId === undefined ? [] : [queueRunAfterGate(runId, gate.gateId)]),
    ...toAppends([
      { ...aboutGate(dependencies, gate), kind: 'approval_resolved', by, decision: request.decision, edited: edit.edit !== undefined },
    ]),
  ]);
  if (committed.kind === 'conflict') {
    return committed.machine === 'run' ? close(dependencies, gate, 'superseded') : undefined;
  }
  const receipt = committed.receipts[0];
  const resolved = gateMachine.row.parse(receipt?.kind === 'record' ? receipt.row : undefined);
  return { kind: 'resolved', gate: resolved };
}

/** A refused author changes nothing but the audit: the gate stays open for the right one. */
async function refuse(dependencies: RuntimeDependencies, request: Resolution, gate: GateRow): Promise<ResolveGateOutcome> {
  const record: AuditRecord = {
    ...aboutGate(dependencies, gate),
    kind: 'approval_refused',
    by: request.approver,
    code: 'not_authorised',
  };
  await dependencies.store.commit(toAppends([record]));
  return { kind: 'not_authorised' };
}

async function close(
  dependencies: RuntimeDependencies,
  gate: GateRow,
  how: 'expired' | 'superseded',
): Promise<ResolveGateOutcome | undefined> {
  const { runId } = gate.receipt;
  const wake = how === 'expired' && runId !== undefined ? [queueRunAfterGate(runId, gate.gateId)] : [];
  const move: Write = how === 'expired' ? expireGate(gate.gateId) : supersedeGate(gate.gateId);
  const record: AuditRecord = { ...aboutGate(dependencies, gate), kind: 'approval_closed', how };
  const committed = await dependencies.store.commit([move, ...wake, ...toAppends([record])]);
  return committed.kind === 'conflict' ? undefined : { kind: 'already_closed', status: how };
}

type Edit =
  | { readonly kind: 'valid'; readonly edit: Parameters<typeof approveGate>[1]['edit'] }
  | { readonly kind: 'invalid'; readonly field: string; readonly rule: string };

/** An edited input is checked as any other; it is judged when the call goes on. */
function checkEdit(dependencies: RuntimeDependencies, request: Resolution, gate: GateRow): Edit {
  if (request.input === undefined) return { kind: 'valid', edit: undefined };
  if (request.decision === 'deny') return { kind: 'invalid', field: 'input', rule: 'goes with an approval only' };
  const handler = dependencies.handlers.get(gate.receipt.capabilityId);
  if (handler === undefined) return { kind: 'invalid', field: 'input', rule: 'is for a capability that is not there any more' };
  const checked = handler.checkInput(request.input);
  if (checked.kind === 'invalid') return checked;
  return { kind: 'valid', edit: { input: checked.input, inputDigest: digestOf(checked.input, dependencies.digest) } };
}

function aboutGate(dependencies: RuntimeDependencies, gate: GateRow) {
  const { scope, runId, invocationId, correlationId, capabilityId, inputDigest } = gate.receipt;
  return {
    eventId: eventIdSchema.parse(dependencies.ids.uuid()),
    atMs: dependencies.clock.nowMs(),
    scope,
    invocationId,
    correlationId,
    capabilityId,
    gateId: gate.gateId,
    inputDigest,
    ...(runId === undefined ? {} : { runId }),
  };
}
