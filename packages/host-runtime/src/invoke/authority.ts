/**
 * The host's own sources of authority. Nothing of this is ever taken from a caller.
 *
 * Not here: the decision itself (`authorize.ts`).
 */
import {
  isSamePrincipal,
  type CapabilityGrant,
  type GateReceipt,
  type Principal,
  type ResourceScope,
} from '@reborn/host-api';

/** The grants that may count in a scope. The authoriser checks each one again. */
export interface GrantSource {
  grantsFor(scope: ResourceScope): Promise<readonly CapabilityGrant[]>;
}

/** Who may answer a gate. A refused author leaves the gate open. */
export interface ApproverPolicy {
  mayResolve(receipt: GateReceipt, approver: Principal): boolean;
}

/** The same grants for everybody whom their grantee names. */
export function staticGrants(grants: readonly CapabilityGrant[]): GrantSource {
  return { grantsFor: () => Promise.resolve(grants) };
}

/** The person in whose name the call is made, and nobody else: never an agent, never an extension. */
export const ownerApproves: ApproverPolicy = {
  mayResolve: (receipt, approver) => isSamePrincipal(approver, { kind: 'user', id: receipt.scope.userId }),
};

/** Exactly these people, for every gate of the host. */
export function theseApprove(approvers: readonly Extract<Principal, { kind: 'user' }>[]): ApproverPolicy {
  return { mayResolve: (_receipt, approver) => approvers.some((listed) => isSamePrincipal(listed, approver)) };
}
