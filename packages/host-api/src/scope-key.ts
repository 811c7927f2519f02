/**
 * The one function from a scope to a storage key.
 *
 * Not here: the axes themselves (`scope.ts`).
 */
import { utf8Bytes } from './bounded-text.ts';
import type { IdempotencyKey } from './ids.ts';
import { SCOPE_AXES, type ResourceScope } from './scope.ts';

/** A scope as text. Injective: two scopes have one key only if all six axes agree, absence included. */
export type ScopeKey = string & { readonly __scopeKey: unique symbol };

/** Shape: one part an axis, `-` for absence, otherwise `<bytes>:<value>`; joined by `|`. */
export function toScopeKey(scope: Partial<ResourceScope>): ScopeKey {
  return SCOPE_AXES.map((axis) => part(scope[axis])).join('|') as ScopeKey;
}

/** The key of a conversation: tenant, agent, project and thread. The actor and the channel never enter it. */
export function toThreadKey(scope: ResourceScope): ScopeKey {
  return [scope.tenantId, scope.agentId, scope.projectId, scope.threadId].map(part).join('|') as ScopeKey;
}

/** The key of one intended effect within a scope. */
export function toIdempotencyRecordKey(scope: ResourceScope, key: IdempotencyKey): string {
  return `${toScopeKey(scope)}#${part(key)}`;
}

function part(value: string | undefined): string {
  return value === undefined ? '-' : `${utf8Bytes(value)}:${value}`;
}
