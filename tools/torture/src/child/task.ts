/** What the other processes of the harness may be asked for, one task each. Not here: doing it (the files beside this one). */
import { z } from 'zod';
import type { PointData } from '../sqlite/point-driver.ts';

const workloadSchema = z.strictObject({
  kind: z.literal('workload'),
  file: z.string(),
  oracle: z.string(),
  driver: z.custom<PointData>(),
  /** `none` opens and closes. */
  work: z.enum(['all', 'none']),
  /** Ends by SIGKILL with everything acknowledged and anchored, instead of closing. */
  dies: z.boolean(),
});
export type WorkloadTask = z.infer<typeof workloadSchema>;

const postgresSchema = z.strictObject({
  kind: z.literal('postgres'),
  url: z.string(),
  schema: z.string(),
  oracle: z.string(),
  /** From 1; hosts use ids of their own, except where they race. */
  host: z.int().positive(),
  secrets: z.array(z.string()),
});
export type PostgresTask = z.infer<typeof postgresSchema>;

const rivalSchema = z.strictObject({ kind: z.literal('rival') });

export const taskSchema = z.discriminatedUnion('kind', [workloadSchema, postgresSchema, rivalSchema]);
