/**
 * What one run may use up, frozen on the run when it is submitted.
 *
 * Not here: what a run may do; that is the host's authority (`@reborn/host-runtime`).
 */
import { z } from 'zod';

/** Units: counts; milliseconds of work in one sitting (waiting at a gate does not count). */
export const runProfileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_:-]{0,127}$/, 'must be a lower-case token of at most 128 bytes'),
  version: z.int().positive(),
  modelCallsMax: z.int().min(1).max(1_000),
  capabilityCallsMax: z.int().min(1).max(10_000),
  wallClockMs: z
    .int()
    .min(1_000)
    .max(24 * 60 * 60 * 1000),
});
export type RunProfile = z.infer<typeof runProfileSchema>;

/** For a person who waits for the answer. */
export const INTERACTIVE_PROFILE: RunProfile = Object.freeze({
  id: 'interactive',
  version: 1,
  modelCallsMax: 32,
  capabilityCallsMax: 64,
  wallClockMs: 30 * 60 * 1000,
});
