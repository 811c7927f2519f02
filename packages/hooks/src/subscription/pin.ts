/**
 * How far an event hook sees: one conversation of one owner, or by an explicit grant a whole tenant.
 *
 * Not here: the enforcement of read scopes (`@reborn/events`).
 * Source: rulings, section 7; specification 1, R-15, W-24.
 */
import {
  parseCapabilityGrant,
  parseResourceScope,
  parseTenantId,
  SCOPE_AXES,
  type CapabilityGrant,
  type Clock,
  type JsonObject,
  type Labels,
  type ResourceScope,
  type TenantId,
} from '@reborn/host-api';
import { readScopeByGrant, readScopeFor, type ReadScope } from '@reborn/events';
import { HooksError } from '../errors.ts';

/** `scope` must name a thread. `grant` must be one of `log.read` to the tenant. */
export type EventHookPin =
  | { readonly kind: 'thread'; readonly scope: ResourceScope }
  | { readonly kind: 'tenant'; readonly tenantId: TenantId; readonly grant: CapabilityGrant };

/** A pin that was checked. `identity` names what is seen, whoever granted it. */
export interface ResolvedPin {
  readonly readScope: ReadScope;
  readonly identity: JsonObject;
  /** What the equality filter of a store cannot say. */
  admits(labels: Labels): boolean;
  /** Errors: `events/not_granted` once the grant has run out. */
  assertInForce(): void;
}

/** Errors: `hooks/invalid_pin` for a scope without a thread, `events/not_granted`, `host-api/invalid_value`. */
export function resolvePin(pin: EventHookPin, clock: Clock): ResolvedPin {
  switch (pin.kind) {
    case 'thread':
      return resolveThread(parseResourceScope(pin.scope));
    case 'tenant':
      return resolveTenant(parseTenantId(pin.tenantId), pin.grant, clock);
    default:
      throw new HooksError('hooks/invalid_pin', { detail: { field: 'pin.kind', rule: 'must be thread or tenant' } });
  }
}

/** A thread is named by agent and project too: the same thread id below another one is another conversation. */
function resolveThread(scope: ResourceScope): ResolvedPin {
  if (scope.threadId === undefined) {
    throw new HooksError('hooks/invalid_pin', { detail: { field: 'pin.scope.threadId', rule: 'must be there' } });
  }
  const axes = SCOPE_AXES.flatMap((axis) => (scope[axis] === undefined ? [] : [[axis, scope[axis]] as const]));
  const readScope = readScopeFor(scope);
  return {
    readScope,
    identity: { kind: 'thread', scope: Object.fromEntries(axes) },
    admits: (labels) => readScope.admits(labels) && labels.projectId === scope.projectId,
    assertInForce: () => undefined,
  };
}

function resolveTenant(tenantId: TenantId, grant: CapabilityGrant, clock: Clock): ResolvedPin {
  // A copy: the grant that was checked is the one that stays checked.
  const held = parseCapabilityGrant(grant);
  const readScope = readScopeByGrant(tenantId, held, clock.nowMs());
  return {
    readScope,
    identity: { kind: 'tenant', tenantId },
    admits: (labels) => readScope.admits(labels),
    assertInForce: () => void readScopeByGrant(tenantId, held, clock.nowMs()),
  };
}
