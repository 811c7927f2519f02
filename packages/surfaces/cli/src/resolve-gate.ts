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

/**
 * Approving a gate for credentials says that they are there now, denying it that there will be none.
 * Errors: `cli/not_authorised`, `cli/invalid_edit`, `cli/credentials_missing`, `cli/gate_closed`, `cli/not_found`.
 */
export async function resolveOpenGate({ machine, host }: Answering, gate: NamedGate, answer: Answer): Promise<GateRow> {
  const { decision: said, ...more } = answer;
  const decision = said === 'approve' && more.input !== undefined ? 'edit' : said;
  const request = { ...gate, approver: machine.user, ...more };
  const first = await host.runtime.resolveGate({ ...request, decision });
  const outcome =
    first.kind === 'wrong_decision' && more.input === undefined
      ? await host.runtime.resolveGate({ ...request, decision: said === 'approve' ? 'authenticate' : 'decline' })
      : first;
  switch (outcome.kind) {
    case 'resolved':
      return outcome.gate;
    case 'not_authorised':
      throw new CliError('cli/not_authorised');
    case 'invalid_edit':
      throw new CliError('cli/invalid_edit', { detail: { field: outcome.field, rule: outcome.rule } });
    case 'wrong_decision':
      throw new CliError('cli/invalid_edit', { detail: { field: 'input', rule: 'cannot be edited at this gate' } });
    case 'credentials_missing':
      throw new CliError('cli/credentials_missing', {
        detail: { field: 'gate', rule: `waits for ${outcome.missing} secrets` },
      });
    case 'already_closed':
      throw new CliError('cli/gate_closed', { detail: { field: 'gate', rule: `is ${outcome.status}` } });
    case 'unknown_gate':
      throw notFound('gate');
  }
}
