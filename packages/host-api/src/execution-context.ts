/**
 * In whose name one call is made. It holds identity only: trust, grants, mounts and verdicts are the host's own and are
 * never taken from a caller.
 *
 * Not here: authority (`capability.ts`, `trust.ts`).
 * Source: specification 2, a.3 and f.2-7; `docs/decisions/2026-11-21-authority-stays-with-the-host.md`.
 */
import { z } from 'zod';
import { leaseProofSchema } from './durable/lease.ts';
import { parseWith } from './errors.ts';
import { correlationIdSchema, invocationIdSchema, runIdSchema } from './ids.ts';
import { resourceScopeSchema } from './scope.ts';

/**
 * `run` is present when a run of the turn store makes the call: then everything that the door writes for the call holds
 * only while that lease is held, and a gate parks that run.
 */
export const executionContextSchema = z.strictObject({
  invocationId: invocationIdSchema,
  correlationId: correlationIdSchema,
  scope: resourceScopeSchema,
  run: z.strictObject({ runId: runIdSchema, lease: leaseProofSchema }).optional(),
});
export type ExecutionContext = z.infer<typeof executionContextSchema>;

/** Parses a context. Errors: `host-api/invalid_value` naming the field. */
export function parseExecutionContext(value: unknown): ExecutionContext {
  return parseWith(executionContextSchema, value, 'context');
}
