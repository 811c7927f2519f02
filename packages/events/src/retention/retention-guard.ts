/**
 * What keeps a pin and a cut from passing each other: pins are counted, and a cut is committed only while the count is
 * the one under which it was planned.
 *
 * Not here: pins (`pin.ts`), cuts (`apply-retention.ts`).
 */
import {
  defineMachine,
  getRecord,
  streamName,
  transition,
  type RecordReader,
  type StreamKey,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';

const changes = z.int().nonnegative();

/** `changes`: how often pins of the stream were set or released. */
export const retentionRowSchema = z.strictObject({ status: z.literal('open'), changes });
export type RetentionRow = z.infer<typeof retentionRowSchema>;

const retentionCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('change') }),
  z.strictObject({ trigger: z.literal('check'), changes }),
]);
type RetentionCommand = z.infer<typeof retentionCommandSchema>;

/** Refusals: `pins_changed`. */
export const retentionMachine = defineMachine<RetentionRow, RetentionCommand>({
  name: 'retention',
  module: import.meta.url,
  row: retentionRowSchema,
  command: retentionCommandSchema,
  transitions: [
    { from: 'none', trigger: 'change', to: 'open' },
    { from: 'open', trigger: 'change', to: 'open' },
    { from: 'none', trigger: 'check', to: 'open' },
    { from: 'open', trigger: 'check', to: 'open' },
  ],
  decide: (row, command) => {
    const known = row?.changes ?? 0;
    if (command.trigger === 'change') return { kind: 'write', row: { status: 'open', changes: known + 1 } };
    if (command.changes !== known) return { kind: 'refuse', reason: 'pins_changed' };
    return row === undefined ? { kind: 'write', row: { status: 'open', changes: 0 } } : { kind: 'keep' };
  },
  index: ({ status }) => ({ owner: 'retention', status, rank: 0 }),
});

/** Says that pins of the stream are about to change. */
export function changeRetention(stream: StreamKey): TransitionWrite {
  return transition(retentionMachine, keyOf(stream), { trigger: 'change' });
}

/** Guards a cut. */
export function checkRetention(stream: StreamKey, seen: number): TransitionWrite {
  return transition(retentionMachine, keyOf(stream), { trigger: 'check', changes: seen });
}

/** How often pins were changed; to be read before the pins are. */
export async function retentionChanges(store: RecordReader, stream: StreamKey): Promise<number> {
  return (await getRecord(store, retentionMachine, keyOf(stream)))?.changes ?? 0;
}

function keyOf(stream: StreamKey): string {
  return `retention|${streamName(stream)}`;
}
