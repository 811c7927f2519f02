/**
 * Step 2: what is known already about this effect.
 *
 * Not here: waiting for a caller that is still at work (`join.ts`).
 */
import {
  gateMachine,
  getRecord,
  idempotencyMachine,
  type GateRow,
  type IdempotencyRow,
  type Write,
} from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { closeWrites } from '../gate/close.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { parseStoredOutcome } from './stored-outcome.ts';

/**
 * `fresh`: nothing stands in the way; `closing` are the writes that put an old gate away and join the next unit.
 * `declined`: the person who was asked said no.
 */
export type Prior =
  | { readonly kind: 'fresh'; readonly call: Call; readonly closing: readonly Write[] }
  | { readonly kind: 'approved'; readonly call: Call; readonly gate: GateRow }
  | { readonly kind: 'declined'; readonly call: Call; readonly gate: GateRow }
  | { readonly kind: 'waiting'; readonly gate: GateRow; readonly call: Call }
  | { readonly kind: 'under_way'; readonly row: Extract<IdempotencyRow, { status: 'intended' }>; readonly call: Call }
  | { readonly kind: 'settled'; readonly outcome: InvokeOutcome };

export async function findPrior(dependencies: RuntimeDependencies, started: Call): Promise<Prior> {
  const row = await getRecord(dependencies.store, idempotencyMachine, started.effectKey);
  if (row === undefined) return { kind: 'fresh', call: started, closing: [] };
  if (row.fingerprint !== started.fingerprint) throw new HostRuntimeError('host-runtime/idempotency_conflict');
  const call: Call = { ...started, invocationId: row.invocationId, attempts: row.attempt };
  switch (row.status) {
    case 'settled':
      return { kind: 'settled', outcome: parseStoredOutcome(row.outcome) };
    case 'open':
      return { kind: 'fresh', call, closing: [] };
    case 'intended':
      return { kind: 'under_way', row, call };
    case 'suspended':
      return findGate(dependencies, { ...call, after: row.gateId }, row);
  }
}

async function findGate(
  dependencies: RuntimeDependencies,
  call: Call,
  row: Extract<IdempotencyRow, { status: 'suspended' }>,
): Promise<Prior> {
  const gate = await getRecord(dependencies.store, gateMachine, row.gateId);
  if (gate === undefined) return { kind: 'fresh', call, closing: [] };
  const expired = gate.receipt.expiresAtMs <= dependencies.clock.nowMs();
  switch (gate.status) {
    case 'open':
    case 'approved':
      if (expired) return { kind: 'fresh', call, closing: closeWrites(dependencies, call, gate, 'expired') };
      return gate.status === 'open' ? { kind: 'waiting', gate, call } : { kind: 'approved', call, gate };
    case 'denied':
      return { kind: 'declined', call, gate };
    case 'expired':
    case 'superseded':
    case 'revoked':
    case 'consumed':
      return { kind: 'fresh', call, closing: [] };
  }
}
