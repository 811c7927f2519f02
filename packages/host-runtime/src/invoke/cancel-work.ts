/**
 * Stopping work by what it is: calls of this process, processes of any, and gates. Nothing of another scope is ever
 * touched, and what is not in a list of the outcome was not found.
 *
 * Not here: how a call hears of it (`desk.ts`), how a process does (`../process/`).
 * Source: specification 2, b.10 and f.2-13.
 */
import {
  gateMachine,
  getRecord,
  idempotencyMachine,
  isSameOwner,
  PAGE_RECORDS_MAX,
  toGateOwner,
  type GateId,
  type GateRow,
  type ProcessId,
} from '@reborn/host-api';
import type { z } from 'zod';
import { closeGate } from '../gate/close.ts';
import type { cancelWorkSchema, CancelWorkOutcome, WorkId } from '../host-runtime.ts';
import { isCallOf } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { Desk } from './desk.ts';
import type { ProcessView } from '../process/process.ts';

type Request = z.output<typeof cancelWorkSchema>;
type Found = readonly (readonly [keyof CancelWorkOutcome, WorkId])[];

export async function cancelWork(
  dependencies: RuntimeDependencies,
  desk: Desk,
  request: Request,
): Promise<CancelWorkOutcome> {
  const here = cancelCalls(desk, request);
  const calls = here.length === 0 ? await callsElsewhere(dependencies, request) : here;
  const processes = await endProcesses(dependencies, request);
  return toOutcome([...calls, ...processes, ...(await closeGates(dependencies, request))]);
}

function cancelCalls(desk: Desk, { scope, target }: Request): Found {
  if (target.kind === 'process' || target.kind === 'gate') return [];
  const { kind: _, ...narrowed } = target;
  const { cancelled, shared } = desk.cancel({ scope, ...narrowed });
  return [
    ...cancelled.map((invocationId) => ['cancelled', { kind: 'invocation', invocationId }] as const),
    ...shared.map((invocationId) => ['unsupported', { kind: 'invocation', invocationId }] as const),
  ];
}

/** A call that another host process has announced goes on there. */
async function callsElsewhere({ store }: RuntimeDependencies, { scope, target }: Request): Promise<Found> {
  if (target.kind !== 'invocation') return [];
  const { invocationId } = target;
  const found = await store.list(idempotencyMachine.name, {
    owner: invocationId,
    status: 'intended',
    limit: PAGE_RECORDS_MAX,
  });
  const goesOn = found.some(({ key }) => isCallOf(scope, key));
  return goesOn ? [['unsupported', { kind: 'invocation', invocationId }]] : [];
}

async function endProcesses({ processes }: RuntimeDependencies, request: Request): Promise<Found> {
  const { scope, target, reason } = request;
  if (processes === undefined || target.kind === 'gate') return [];
  const found: (readonly [keyof CancelWorkOutcome, WorkId])[] = [];
  for (const processId of await meantProcesses(processes, request)) {
    const ended = await processes.end(scope, processId, reason);
    const work = { kind: 'process', processId } as const;
    if (ended.kind === 'ending') found.push(['cancelled', work]);
    if (ended.kind === 'already_terminal') found.push(['alreadyTerminal', work]);
  }
  return found;
}

async function meantProcesses(
  processes: NonNullable<RuntimeDependencies['processes']>,
  { scope, target }: Request,
): Promise<readonly ProcessId[]> {
  if (target.kind === 'process') return [target.processId];
  const running = await processes.active(scope);
  return running.filter((process) => isMeant(process, target)).map(({ processId }) => processId);
}

function isMeant(
  process: Pick<ProcessView, 'invocationId' | 'correlationId' | 'runId'>,
  target: Request['target'],
): boolean {
  switch (target.kind) {
    case 'invocation':
      return process.invocationId === target.invocationId;
    case 'correlation':
      return process.correlationId === target.correlationId;
    case 'run':
      return process.runId === target.runId;
    case 'all':
      return true;
    case 'process':
    case 'gate':
      return false;
  }
}

/** Gates are closed by name, or all of them: a gate of a call that is cancelled may be answered for the next try. */
async function closeGates(dependencies: RuntimeDependencies, { scope, target }: Request): Promise<Found> {
  const gates = target.kind === 'gate' ? await oneGate(dependencies, target.gateId) : [];
  const all = target.kind === 'all' ? await openGates(dependencies, scope) : gates;
  const found: (readonly [keyof CancelWorkOutcome, WorkId])[] = [];
  for (const gate of all.filter(({ receipt }) => isSameOwner(receipt.scope, scope))) {
    const work = { kind: 'gate', gateId: gate.gateId } as const;
    const standing = gate.status === 'open' || gate.status === 'approved';
    const closed = standing ? await closeGate(dependencies, gate, { how: 'superseded' }) : undefined;
    found.push([closed === undefined ? 'alreadyTerminal' : 'cancelled', work]);
  }
  return found;
}

async function oneGate({ store }: RuntimeDependencies, gateId: GateId): Promise<readonly GateRow[]> {
  const gate = await getRecord(store, gateMachine, gateId);
  return gate === undefined ? [] : [gate];
}

async function openGates({ store }: RuntimeDependencies, scope: Request['scope']): Promise<readonly GateRow[]> {
  const owner = toGateOwner(scope);
  const pages = await Promise.all(
    ['open', 'approved'].map((status) => store.list(gateMachine.name, { owner, status, limit: PAGE_RECORDS_MAX })),
  );
  return pages.flat().map(({ row }) => gateMachine.parseRow(row));
}

function toOutcome(found: Found): CancelWorkOutcome {
  const of = (list: keyof CancelWorkOutcome): readonly WorkId[] =>
    found.flatMap(([where, work]) => (where === list ? [work] : []));
  return { cancelled: of('cancelled'), alreadyTerminal: of('alreadyTerminal'), unsupported: of('unsupported') };
}
