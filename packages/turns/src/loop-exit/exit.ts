/**
 * The form of the end that a loop claims. A loop is a guest: what it returns is parsed like anything from outside.
 *
 * Not here: whether the claim is confirmed (`validate.ts`).
 * Source: specification 3, a.9 and f-37.
 */
import { eventIdSchema, gateIdSchema } from '@reborn/host-api';
import { z } from 'zod';
import { checkpointSchema } from '../checkpoint/checkpoint.ts';
import { GATES_PER_RUN_MAX } from '../limits.ts';
import { runFailureSchema } from '../run.ts';

export const loopExitSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('completed'), replyEntryId: eventIdSchema }),
  z.strictObject({
    kind: z.literal('parked'),
    gates: z
      .array(gateIdSchema)
      .min(1)
      .max(GATES_PER_RUN_MAX)
      .refine((gates) => new Set(gates).size === gates.length, 'must name each gate once'),
    checkpoint: checkpointSchema,
  }),
  z.strictObject({ kind: z.literal('cancelled') }),
  z.strictObject({ kind: z.literal('failed'), failure: runFailureSchema }),
]);
