/**
 * Putting gates away whose question no longer fits: writes that join another unit, or a unit of their own that wakes the
 * run which waits.
 *
 * Not here: minting gates (`open.ts`), answering them (`resolve.ts`).
 */
import {
  eventIdSchema,
  expireGate,
  revokeGate,
  supersedeGate,
  type GateRow,
  type Principal,
  type Write,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import { announceResume, queueRunAfterGate, runMachine } from '@reborn/turns';
import { recordBase, type Call } from '../invoke/call.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';

/** Writes that close a gate and say so; they join the unit that goes on without it. */
export function closeWrites(
  dependencies: RuntimeDependencies,
  call: Call,
  gate: GateRow,
  how: 'expired' | 'superseded',
): readonly Write[] {
  const { gateId, receipt, kind } = gate;
  const { inputDigest } = receipt;
  const about = { gateId, gateKind: kind, inputDigest, how };
  const closed = { ...recordBase(dependencies, call), kind: 'approval_closed' as const, ...about };
  return [how === 'expired' ? expireGate(gateId) : supersedeGate(gateId), ...toAppends([closed])];
}

/** `revoked` takes an answer back that nothing has used; `by` is who does, `reason` their own text. */
export type Closing =
  | { readonly how: 'expired' | 'superseded' }
  | { readonly how: 'revoked'; readonly by: Principal; readonly reason: string | undefined };

/**
 * Closes a gate by itself and wakes the run that waits for it. `records` join the unit. `undefined`: somebody moved the
 * gate or its run meanwhile; look again.
 */
export async function closeGate(
  dependencies: RuntimeDependencies,
  gate: GateRow,
  closing: Closing,
  records: readonly LogRecord[] = [],
): Promise<'closed' | undefined> {
  const { store } = dependencies;
  const { how } = closing;
  const by = closing.how === 'revoked' ? { by: closing.by } : {};
  const closed: LogRecord = { ...aboutGate(dependencies, gate), kind: 'approval_closed', how, ...by };
  const unit = [toMove(gate, closing), ...toAppends([closed, ...records])];
  const committed = await store.commit([...unit, ...wakeRun(dependencies, gate)]);
  if (committed.kind === 'committed') return 'closed';
  if (committed.machine !== runMachine.name) return undefined;
  // The run is over: there is nobody to wake.
  return (await store.commit(unit)).kind === 'committed' ? 'closed' : undefined;
}

/** Puts the run that waits for the gate back into the queue, and says so. */
export function wakeRun(dependencies: RuntimeDependencies, gate: GateRow): readonly Write[] {
  const { runId, scope, correlationId } = gate.receipt;
  if (runId === undefined) return [];
  const { eventId, atMs } = aboutGate(dependencies, gate);
  return [queueRunAfterGate(runId, gate.gateId), announceResume({ runId, scope, correlationId }, { eventId, atMs })];
}

/** What each record about a gate carries. */
export function aboutGate(dependencies: RuntimeDependencies, gate: GateRow) {
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
    gateKind: gate.kind,
    inputDigest,
    ...(provider === undefined ? {} : { provider }),
    ...(runId === undefined ? {} : { runId }),
  };
}

function toMove({ gateId }: GateRow, closing: Closing): Write {
  switch (closing.how) {
    case 'expired':
      return expireGate(gateId);
    case 'superseded':
      return supersedeGate(gateId);
    case 'revoked':
      return revokeGate(gateId, { by: closing.by, reason: closing.reason });
  }
}
