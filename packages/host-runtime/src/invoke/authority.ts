/**
 * The host's own sources of authority. Nothing of this is ever taken from a caller.
 *
 * Not here: the decision itself (`authorize.ts`).
 */
import {
  isSamePrincipal,
  principalsOf,
  type CapabilityGrant,
  type CapabilityId,
  type EffectiveTrust,
  type GateReceipt,
  type PackageIdentity,
  type Principal,
  type ResourceScope,
} from '@reborn/host-api';

/** What the operator thinks of a package now. A `TrustBook` is one. */
export interface TrustSource {
  evaluate(identity: PackageIdentity): EffectiveTrust;
}

/** The grants of a capability that may count in a scope. The authoriser checks each one again. */
export interface GrantSource {
  grantsFor(scope: ResourceScope, capability: CapabilityId): Promise<readonly CapabilityGrant[]>;
}

/** Who may answer a gate. A refused author leaves the gate open. */
export interface ApproverPolicy {
  mayResolve(receipt: GateReceipt, approver: Principal): boolean;
}

/** The same grants for everybody whom their grantee names. Finding some takes no longer when there are many others. */
export function staticGrants(grants: readonly CapabilityGrant[]): GrantSource {
  const known = Map.groupBy(grants, ({ capability, grantee }) => grantKey(capability, grantee));
  return {
    grantsFor: (scope, capability) =>
      Promise.resolve(principalsOf(scope).flatMap((grantee) => known.get(grantKey(capability, grantee)) ?? [])),
  };
}

/** The person in whose name the call is made, and nobody else: never an agent, never an extension. */
export const ownerApproves: ApproverPolicy = {
  mayResolve: (receipt, approver) => isSamePrincipal(approver, { kind: 'user', id: receipt.scope.userId }),
};

/** Exactly these people, for every gate of the host. */
export function theseApprove(approvers: readonly Extract<Principal, { kind: 'user' }>[]): ApproverPolicy {
  return { mayResolve: (_receipt, approver) => approvers.some((listed) => isSamePrincipal(listed, approver)) };
}

function grantKey(capability: CapabilityId, grantee: Principal): string {
  return `${capability}|${grantee.kind}|${'id' in grantee ? grantee.id : ''}`;
}
