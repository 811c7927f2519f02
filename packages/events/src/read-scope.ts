/**
 * How much of a stream somebody may see. The caller is authorised for the stream; the log applies the scope itself, so
 * that no caller can forget it.
 *
 * Source: rulings, section 8.
 */
import {
  assert,
  correlationIdSchema,
  invocationIdSchema,
  parseResourceScope,
  parseWith,
  runIdSchema,
  type CapabilityGrant,
  type CorrelationId,
  type InvocationId,
  type Labels,
  type ResourceScope,
  type RunId,
  type TenantId,
} from '@reborn/host-api';
import { z } from 'zod';
import { EventsError } from './errors.ts';
import { toLabels } from './record/labels.ts';

/** Narrows a scope further; set fields match only records that carry exactly that value. */
export interface ReadNarrowing {
  readonly runId?: RunId;
  readonly invocationId?: InvocationId;
  readonly correlationId?: CorrelationId;
}

const narrowingSchema = z.strictObject({
  runId: runIdSchema.optional(),
  invocationId: invocationIdSchema.optional(),
  correlationId: correlationIdSchema.optional(),
});

/** Only this module can make a read scope, also by way of `scope.constructor`. */
const MINT = Symbol('read-scope');

/** The capability whose grant opens a whole tenant's streams to one reader. */
export const LOG_READ_CAPABILITY = 'log.read';

/**
 * What one owner may see: tenant, user and agent fixed, and each further axis that the scope names.
 * Errors: `host-api/invalid_value` naming the field.
 */
export function readScopeFor(scope: ResourceScope, narrowing: ReadNarrowing = {}): ReadScope {
  const owner = parseResourceScope(scope);
  return new SealedReadScope(MINT, owner.tenantId, owner, narrowing);
}

/** Everything of one tenant. Errors: `events/not_granted` unless the grant is one of `log.read` to that tenant. */
export function readScopeByGrant(
  tenantId: TenantId,
  grant: CapabilityGrant,
  nowMs: number,
  narrowing: ReadNarrowing = {},
): ReadScope {
  const live = grant.expiresAtMs === undefined || grant.expiresAtMs > nowMs;
  const covers =
    grant.capability === LOG_READ_CAPABILITY && grant.grantee.kind === 'tenant' && grant.grantee.id === tenantId;
  if (!live || !covers) throw new EventsError('events/not_granted');
  return new SealedReadScope(MINT, tenantId, undefined, narrowing);
}

export function isReadScope(value: unknown): value is ReadScope {
  return SealedReadScope.is(value);
}

/**
 * Sealed: the two functions above make it and nothing else can. An owner's scope always fixes the user and the agent; an
 * absent agent matches only records without one.
 */
class SealedReadScope {
  readonly #owner: ResourceScope | undefined;
  readonly tenantId: TenantId;
  /** What the store filters by. */
  readonly labels: Labels;

  static is(value: unknown): value is SealedReadScope {
    return typeof value === 'object' && value !== null && #owner in value;
  }

  constructor(mint: symbol, tenantId: TenantId, owner: ResourceScope | undefined, narrowing: ReadNarrowing) {
    assert(mint === MINT, 'read scopes are made by their two functions');
    this.tenantId = tenantId;
    this.#owner = owner;
    this.labels = Object.freeze(toLabels({ ...owner, ...parseWith(narrowingSchema, narrowing, 'narrowing') }));
    Object.freeze(this);
  }

  /** True when a record with these labels may be seen: what an equality filter cannot express. */
  admits(labels: Labels): boolean {
    return this.#owner === undefined || labels.agentId === this.#owner.agentId;
  }
}
// Nobody gives all scopes another opinion of what they admit.
Object.freeze(SealedReadScope.prototype);
export type ReadScope = SealedReadScope;
