/**
 * I7, for calls in the name of a run: behind the record that says who has taken the run over, nobody else announces or
 * completes an effect for it. Closing what a lost worker has left is no work under its lease, and a process goes on under one
 * of its own.
 *
 * Not here: leases by themselves (`fencing.ts`).
 * Source: the project's measures, B1.
 */
import { workItemMachine } from '@reborn/host-api';
import { z } from 'zod';
import type { StoreImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

/** Appended to the journal in the unit that takes a run. Each sitting at a run has a correlation of its own. */
export const RUN_TAKEN_KIND = 'run_taken';
const takenSchema = z.object({ runId: z.string(), correlationId: z.string() });
const workedSchema = z.object({
  runId: z.string().optional(),
  correlationId: z.string(),
  invocationId: z.string().optional(),
  outcome: z.enum(['completed', 'failed']).optional(),
});

export function checkRunFencing(image: StoreImage): readonly Violation[] {
  const found: Violation[] = [];
  const processes = [...(image.rows.get(workItemMachine.name)?.values() ?? [])].map((row) =>
    workItemMachine.row.parse(row),
  );
  const ownLease = new Set(processes.map(({ about }) => about['invocationId']));
  for (const { stream, records } of image.streams.values()) {
    if (stream.family !== 'journal') continue;
    const sittings = new Map<string, string>();
    for (const { cursor, content } of records) {
      if (content?.kind === RUN_TAKEN_KIND) {
        const { runId, correlationId } = takenSchema.parse(JSON.parse(content.bodyText));
        sittings.set(runId, correlationId);
      }
      if (content?.kind !== 'effect_intended' && content?.kind !== 'effect_settled') continue;
      const { runId = '', correlationId, invocationId, outcome } = workedSchema.parse(JSON.parse(content.bodyText));
      const sitting = sittings.get(runId);
      const isOwn = outcome === 'failed' || (outcome === 'completed' && ownLease.has(invocationId));
      if (sitting === undefined || isOwn || sitting === correlationId) continue;
      found.push(violation('I7', `the record at ${cursor} was written for a run that somebody else had taken`));
    }
  }
  return found;
}
