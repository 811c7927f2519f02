/** Giving one answer to one gate, as the person who runs this process. */
import type { GateId, GateRow, JsonValue, TenantId } from '@reborn/host-api';
import type { Reborn } from '@reborn/reborn';
import { CliError } from './errors.ts';
import { notFound } from './find-subject.ts';
import type { Machine } from './machine.ts';

export interface Answering {
  readonly machine: Machine;
  readonly host: Reborn;
}

/** By its names alone: the form of `resolveGate`. */
export interface NamedGate {
  readonly gateId: GateId;
  readonly tenantId: TenantId;
}

export interface Answer {
  readonly decision: 'approve' | 'deny';
  readonly input?: JsonValue;
  readonly reason?: string;
}

/** Errors: `cli/not_authorised`, `cli/invalid_edit`, `cli/gate_closed`, `cli/not_found`. */
export async function resolveOpenGate({ machine, host }: Answering, gate: NamedGate, answer: Answer): Promise<GateRow> {
  const outcome = await host.runtime.resolveGate({ ...gate, approver: machine.user, ...answer });
  switch (outcome.kind) {
    case 'resolved':
      return outcome.gate;
    case 'not_authorised':
      throw new CliError('cli/not_authorised');
    case 'invalid_edit':
      throw new CliError('cli/invalid_edit', { detail: { field: outcome.field, rule: outcome.rule } });
    case 'already_closed':
      throw new CliError('cli/gate_closed', { detail: { field: 'gate', rule: `is ${outcome.status}` } });
    case 'unknown_gate':
      throw notFound('gate');
  }
}
