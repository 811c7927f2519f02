/**
 * Who acts, who is granted something, who answers a gate.
 *
 * Not here: how somebody proves who they are (the surfaces), what they may do (grants and approver policies).
 * Source: specification 2, a.3.
 */
import { z } from 'zod';
import { parseWith } from './errors.ts';
import {
  agentIdSchema,
  extensionIdSchema,
  missionIdSchema,
  projectIdSchema,
  systemServiceIdSchema,
  tenantIdSchema,
  threadIdSchema,
  userIdSchema,
} from './ids.ts';
import type { ResourceScope } from './scope.ts';

/** `host` and `system` act for the host itself and never match a grant. */
export const principalSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tenant'), id: tenantIdSchema }),
  z.strictObject({ kind: z.literal('user'), id: userIdSchema }),
  z.strictObject({ kind: z.literal('agent'), id: agentIdSchema }),
  z.strictObject({ kind: z.literal('project'), id: projectIdSchema }),
  z.strictObject({ kind: z.literal('mission'), id: missionIdSchema }),
  z.strictObject({ kind: z.literal('thread'), id: threadIdSchema }),
  z.strictObject({ kind: z.literal('extension'), id: extensionIdSchema }),
  z.strictObject({ kind: z.literal('host') }),
  z.strictObject({ kind: z.literal('system'), id: systemServiceIdSchema }),
]);
export type Principal = z.infer<typeof principalSchema>;

export function parsePrincipal(value: unknown): Principal {
  return parseWith(principalSchema, value, 'principal');
}

export function isSamePrincipal(left: Principal, right: Principal): boolean {
  return left.kind === right.kind && ('id' in left ? left.id : '') === ('id' in right ? right.id : '');
}

/** The principals for whom a grant counts when work is done in `scope`. Order: widest first. */
export function principalsOf(scope: ResourceScope): readonly Principal[] {
  const found: Principal[] = [
    { kind: 'tenant', id: scope.tenantId },
    { kind: 'user', id: scope.userId },
  ];
  if (scope.agentId !== undefined) found.push({ kind: 'agent', id: scope.agentId });
  if (scope.projectId !== undefined) found.push({ kind: 'project', id: scope.projectId });
  if (scope.missionId !== undefined) found.push({ kind: 'mission', id: scope.missionId });
  if (scope.threadId !== undefined) found.push({ kind: 'thread', id: scope.threadId });
  return found;
}
