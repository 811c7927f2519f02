/**
 * The newest checkpoint of a run: where its loop stood, as the loop itself describes it.
 *
 * Not here: what the loop said and heard (`transcript/`).
 */
import {
  defineMachine,
  jsonObjectSchema,
  transition,
  utf8Bytes,
  type Decision,
  type RunId,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';
import { CHECKPOINT_BYTES_MAX } from '../limits.ts';

/** `before_side_effect`: calls are announced and may be under way. `before_block`: the run is about to park. */
export const checkpointKindSchema = z.enum(['before_model', 'before_side_effect', 'before_block', 'final']);
export type CheckpointKind = z.infer<typeof checkpointKindSchema>;

/** `schema` names the form of `state`, which only its loop reads. */
export const checkpointSchema = z.strictObject({
  kind: checkpointKindSchema,
  schema: z.string().regex(/^[a-z0-9][a-z0-9_:/-]{0,127}$/, 'must be a lower-case token of at most 128 bytes'),
  state: jsonObjectSchema.refine((state) => utf8Bytes(JSON.stringify(state)) <= CHECKPOINT_BYTES_MAX, {
    message: `must be at most ${CHECKPOINT_BYTES_MAX} bytes`,
  }),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

const checkpointRowSchema = z.strictObject({
  status: z.literal('stored'),
  sequence: z.int().positive(),
  checkpoint: checkpointSchema,
});
export type CheckpointRow = z.infer<typeof checkpointRowSchema>;
const checkpointCommandSchema = z.strictObject({ trigger: z.literal('store'), checkpoint: checkpointSchema });
type CheckpointCommand = z.infer<typeof checkpointCommandSchema>;

export const checkpointMachine = defineMachine<CheckpointRow, CheckpointCommand>({
  name: 'checkpoint',
  module: import.meta.url,
  row: checkpointRowSchema,
  command: checkpointCommandSchema,
  transitions: [
    { from: 'none', trigger: 'store', to: 'stored' },
    { from: 'stored', trigger: 'store', to: 'stored' },
  ],
  decide: (row, command): Decision<CheckpointRow> => ({
    kind: 'write',
    row: { status: 'stored', sequence: (row?.sequence ?? 0) + 1, checkpoint: command.checkpoint },
  }),
  index: () => ({ owner: 'checkpoint', status: 'stored', rank: 0 }),
});

export function storeCheckpoint(runId: RunId, checkpoint: Checkpoint): TransitionWrite {
  const command: CheckpointCommand = { trigger: 'store', checkpoint };
  return transition(checkpointMachine, runId, command);
}
