/**
 * Gates as their owners see them.
 *
 * Not here: minting and answering gates (`@reborn/host-runtime`).
 */
import {
  gateMachine,
  gateRowSchema,
  getRecord,
  toGateOwner,
  toThreadKey,
  type DurableStore,
  type GateId,
  type GateRow,
  type ResourceScope,
} from '@reborn/host-api';
import type { ApproverPolicy } from '@reborn/host-runtime';
import { isTerminal, runMachine } from '@reborn/turns';
import { GATES_PAGE_MAX } from './limits.ts';

/** Oldest first, without those of runs that are over: nobody would use the answer. */
export async function listOpenGates(store: DurableStore, scope: ResourceScope): Promise<readonly GateRow[]> {
  const stored = await store.list(gateMachine.name, {
    owner: toGateOwner(scope),
    status: 'open',
    limit: GATES_PAGE_MAX,
  });
  const found: GateRow[] = [];
  for (const { row } of stored) {
    const gate = gateRowSchema.parse(row);
    if (isOwnGate(gate, scope) && !(await isOver(store, gate))) found.push(gate);
  }
  return found;
}

/** A person sees their own gates, and those that they may answer. */
export async function findGate(
  store: DurableStore,
  approvers: ApproverPolicy,
  scope: ResourceScope,
  gateId: GateId,
): Promise<GateRow | undefined> {
  const gate = await getRecord(store, gateMachine, gateId);
  if (gate === undefined || gate.receipt.scope.tenantId !== scope.tenantId) return undefined;
  const person = { kind: 'user', id: scope.userId } as const;
  return isOwnGate(gate, scope) || approvers.mayResolve(structuredClone(gate.receipt), person) === true
    ? gate
    : undefined;
}

/** As with runs: tenant, user and agent are the same, absence included, and so is each further axis that is named. */
function isOwnGate({ receipt }: GateRow, scope: ResourceScope): boolean {
  const own = receipt.scope;
  if (own.tenantId !== scope.tenantId || own.userId !== scope.userId || own.agentId !== scope.agentId) return false;
  if (scope.threadId !== undefined && toThreadKey(own) !== toThreadKey(scope)) return false;
  return (['projectId', 'missionId'] as const).every((axis) => scope[axis] === undefined || scope[axis] === own[axis]);
}

async function isOver(store: DurableStore, { receipt }: GateRow): Promise<boolean> {
  if (receipt.runId === undefined) return false;
  const run = await getRecord(store, runMachine, receipt.runId);
  return run !== undefined && isTerminal(run.status);
}
