/** The approvers that a test names, of whatever kind, each in one tenant or in all. */
import { isSamePrincipal, parsePrincipal, type Principal } from '@reborn/host-api';
import type { ApproverPolicy } from '../invoke/authority.ts';

export function staticApprovers(
  ...approvers: readonly (Principal | { readonly tenantId: string; readonly principal: Principal })[]
): ApproverPolicy {
  const listed = approvers.map((entry) =>
    'principal' in entry
      ? { tenantId: entry.tenantId, principal: parsePrincipal(entry.principal) }
      : { tenantId: undefined, principal: parsePrincipal(entry) },
  );
  return {
    mayResolve: ({ scope }, approver) =>
      listed.some(
        ({ tenantId, principal }) =>
          (tenantId === undefined || tenantId === scope.tenantId) && isSamePrincipal(principal, approver),
      ),
  };
}
