/**
 * What every record of the log carries, whatever its family, and the fields that several kinds share.
 *
 * Not here: the kinds (`runtime-event.ts`, `journal.ts`, `audit.ts`, `security.ts`).
 */
import {
  capabilityIdSchema,
  correlationIdSchema,
  eventIdSchema,
  extensionIdSchema,
  invocationIdSchema,
  resourceScopeSchema,
  runIdSchema,
} from '@reborn/host-api';
import { z } from 'zod';
import { DURATION_MS_MAX } from '../limits.ts';
import { hookIdLabelSchema } from '../redaction.ts';

/** Units: `atMs` milliseconds since 1970. Order comes from the cursor, not from `atMs`. */
export const recordBase = {
  eventId: eventIdSchema,
  atMs: z.int().nonnegative(),
  scope: resourceScopeSchema,
  runId: runIdSchema.optional(),
  invocationId: invocationIdSchema.optional(),
  correlationId: correlationIdSchema.optional(),
};

/** As `recordBase`, also about a tenant as a whole: without a user only readers with a grant see it. */
export const tenantRecordBase = { ...recordBase, scope: resourceScopeSchema.partial({ userId: true }) };

/** The extension that answers for it. Not read off an id: the provider of `a.b.c` may be `a` or `a.b`. */
export const provider = extensionIdSchema.optional();

/** `provider` is absent where the capability was not known to the host. */
export const aboutCapability = { capabilityId: capabilityIdSchema, provider };

export const aboutHook = { hookId: hookIdLabelSchema, provider };

/** What is known about the world: nothing happened, it happened, or nobody can know. */
export const effect = z.enum(['none', 'happened', 'uncertain']);

/** Units: milliseconds. A clock that was set measures nothing: what is impossible is cut. */
export const durationMs = z
  .number()
  .transform((ms) => Math.round(Math.min(Math.max(ms, 0), DURATION_MS_MAX)))
  .optional();
