/**
 * A host takes on runs of its own tenants only: those of others would never be followed, and so never reach the log.
 *
 * Not here: which tenants these are (`../plan.ts`).
 */
import type { TenantId } from '@reborn/host-api';
import type { TurnCoordinator } from '@reborn/turns';
import { RebornError } from '../errors.ts';

/** Errors of `submitTurn` besides its own: `reborn/unknown_tenant`. */
export function serveOnly(turns: TurnCoordinator, tenants: readonly TenantId[]): TurnCoordinator {
  const served = new Set<unknown>(tenants);
  return {
    ...turns,
    submitTurn: async (request) => {
      const tenantId: unknown = request?.scope?.tenantId;
      // What is no tenant at all is refused by the turns themselves, with the rule that it breaks.
      if (typeof tenantId === 'string' && !served.has(tenantId)) throw new RebornError('reborn/unknown_tenant');
      return turns.submitTurn(request);
    },
  };
}
