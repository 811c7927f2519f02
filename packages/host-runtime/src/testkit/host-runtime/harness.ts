/**
 * What the contract of the door runs against, and what its cases say again and again.
 *
 * Not here: the cases (the `…-cases.ts` files beside this one).
 */
import type { GateId } from '@reborn/host-api';
import { equals, holds, type ContractCase } from '@reborn/host-api/testkit';
import { HostRuntimeError } from '../../errors.ts';
import type {
  HostRuntime,
  InvokeOutcome,
  InvokeRequest,
  ResolveGateOutcome,
  ResolveGateRequest,
} from '../../host-runtime.ts';

/**
 * What the call of a harness runs into. `unavailable`: what stands behind the door does not work. `lacks_credential`: it
 * needs the secret `notes_token`, which is not there. `over_budget`: it goes beyond a threshold that somebody may let it
 * pass. `runs_on`: it works until it is told to stop, and nothing has happened then. `lacks_lane`: the host has a
 * capability of the lane `process`, and no such lane.
 */
export type Situation =
  | 'completes'
  | 'asks'
  | 'lacks_credential'
  | 'over_budget'
  | 'runs_on'
  | 'fails'
  | 'denied'
  | 'uncertain'
  | 'conflict'
  | 'unavailable'
  | 'lacks_lane';

/**
 * A call as a person: `request`, and `again` with the same key under another invocation id. That person may answer its
 * gates, and nobody else. The capability writes files, takes objects and nothing else, and may go on by itself.
 */
export interface PreparedCall {
  readonly runtime: HostRuntime;
  readonly request: InvokeRequest;
  readonly again: InvokeRequest;
  /** Resolves when the capability is at work on a call that was made. */
  atWork(): Promise<void>;
  /** Resolves when nothing goes on any more that was told to stop. */
  stopped(): Promise<void>;
}

/** A new door for one case. */
export interface HostRuntimeHarness {
  prepare(situation: Situation): Promise<PreparedCall>;
}

export type DoorCase = ContractCase<HostRuntimeHarness>;

/** What cancels nothing. */
export const NOTHING_FOUND = { cancelled: [], alreadyTerminal: [], unsupported: [] } as const;

type Answer = Pick<ResolveGateRequest, 'decision'> & Partial<ResolveGateRequest>;

/** Answers as the person in whose name the call was made, unless `answer` says who else. */
export function resolve(
  { runtime, request }: PreparedCall,
  gateId: GateId,
  answer: Answer,
): Promise<ResolveGateOutcome> {
  const { tenantId, userId } = request.context.scope;
  return runtime.resolveGate({ tenantId, gateId, approver: { kind: 'user', id: userId }, ...answer });
}

/** The gate that an outcome names. */
export function gateOf(outcome: InvokeOutcome): GateId {
  holds('gateId' in outcome, `the call waits at a gate, and is not ${outcome.kind}`);
  return outcome.gateId;
}

/** The gate of an answer that counted. */
export function resolvedGate(outcome: ResolveGateOutcome) {
  holds(outcome.kind === 'resolved', `the answer counts, and is not ${outcome.kind}`);
  return outcome.gate;
}

/** Throws unless each member of `told` stands in `outcome`. */
export function tells(outcome: InvokeOutcome, told: Partial<InvokeOutcome>, statement: string): void {
  equals(Object.fromEntries(Object.keys(told).map((key) => [key, Reflect.get(outcome, key)])), told, statement);
}

export async function faultOf(promise: Promise<unknown>): Promise<HostRuntimeError> {
  const found = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  holds(HostRuntimeError.is(found), 'it fails with a fault of the door');
  return found;
}
