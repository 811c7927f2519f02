/**
 * Whose data and authority something belongs to.
 *
 * Not here: the storage key of a scope (`scope-key.ts`), who acts within it (`principal.ts`).
 * Source: specification 2, a.3.
 */
import { z } from 'zod';
import { parseWith } from './errors.ts';
import {
  agentIdSchema,
  missionIdSchema,
  projectIdSchema,
  tenantIdSchema,
  threadIdSchema,
  userIdSchema,
} from './ids.ts';

/**
 * The six axes of ownership. Tenant and user are always there; an absent axis means "deliberately shared along this
 * axis", never "default", and equals only absence.
 */
export const resourceScopeSchema = z.strictObject({
  tenantId: tenantIdSchema,
  userId: userIdSchema,
  agentId: agentIdSchema.optional(),
  projectId: projectIdSchema.optional(),
  missionId: missionIdSchema.optional(),
  threadId: threadIdSchema.optional(),
});
export type ResourceScope = z.infer<typeof resourceScopeSchema>;

/** The axes in the order in which keys, digests and comparisons use them. */
export const SCOPE_AXES = ['tenantId', 'userId', 'agentId', 'projectId', 'missionId', 'threadId'] as const;
export type ScopeAxis = (typeof SCOPE_AXES)[number];

/** Parses a scope. Errors: `host-api/invalid_value` naming the axis. */
export function parseResourceScope(value: unknown): ResourceScope {
  return parseWith(resourceScopeSchema, value, 'scope');
}

/** True when all six axes are equal; absence equals only absence. */
export function isSameOwner(left: ResourceScope, right: ResourceScope): boolean {
  return SCOPE_AXES.every((axis) => left[axis] === right[axis]);
}
