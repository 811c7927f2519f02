/**
 * What every record of the log carries, whatever its family.
 *
 * Not here: the kinds (`runtime-event.ts`, `journal.ts`, `audit.ts`).
 */
import {
  boundedLine,
  capabilityIdSchema,
  correlationIdSchema,
  eventIdSchema,
  invocationIdSchema,
  resourceScopeSchema,
  runIdSchema,
  SCOPE_ID_BYTES_MAX,
} from '@reborn/host-api';
import { z } from 'zod';

/** Units: `atMs` milliseconds since 1970. Order comes from the cursor, not from `atMs`. */
export const recordBase = {
  eventId: eventIdSchema,
  atMs: z.int().nonnegative(),
  scope: resourceScopeSchema,
  runId: runIdSchema.optional(),
  invocationId: invocationIdSchema.optional(),
  correlationId: correlationIdSchema.optional(),
};

export const aboutCapability = { capabilityId: capabilityIdSchema };

/** Who gave a verdict: `authoriser`, `profile`, `hook:<id>` … */
export const author = boundedLine(SCOPE_ID_BYTES_MAX);

/** A closed token chosen by the host. */
export const token = z.string().regex(/^[a-z][a-z0-9_.:-]{0,127}$/, 'must be a lower-case token');
