/**
 * I7: a fence is given to one holder, and nothing is written under a stale one: behind the record that says who has taken a
 * lease, nobody else writes under it.
 *
 * Not here: what a lease is (`@reborn/host-api`).
 * Source: the project's measures, B1.
 */
import { leaseMachine, type RawRecord, type Write } from '@reborn/host-api';
import { z } from 'zod';
import type { History } from './history.ts';
import type { StoreImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

/** Appended in the unit that acquires a lease; the holder's name is a new one each time. */
export const TAKEN_KIND = 'taken';
/** Records whose body says under which lease they were written. */
export const FENCED_KIND = 'fenced';
const fencedBodySchema = z.object({ leaseKey: z.string(), holder: z.string() });

export function checkFencing(history: History, image: StoreImage): readonly Violation[] {
  return [
    ...checkGiven(history),
    ...[...image.streams.entries()].flatMap(([name, { records }]) => checkOrder(name, records)),
  ];
}

function checkGiven(history: History): readonly Violation[] {
  const given = new Set<string>();
  const found: Violation[] = [];
  for (const { writes, outcome } of history.units) {
    for (const [at, write] of writes.entries()) {
      const receipt = outcome.kind === 'committed' ? outcome.receipts[at] : undefined;
      if (receipt?.kind !== 'record' || !isAcquisition(write)) continue;
      const fence = `${write.key} ${leaseMachine.row.parse(receipt.row).fence}`;
      if (given.has(fence)) found.push(violation('I7', `a fence was given twice: ${fence}`));
      given.add(fence);
    }
  }
  return found;
}

function isAcquisition(write: Write): write is Extract<Write, { kind: 'transition' }> {
  return write.kind === 'transition' && write.machine === leaseMachine.name && write.command['trigger'] === 'acquire';
}

function checkOrder(name: string, records: readonly RawRecord[]): readonly Violation[] {
  const holders = new Map<string, string>();
  const found: Violation[] = [];
  for (const { cursor, content } of records) {
    if (content?.kind !== TAKEN_KIND && content?.kind !== FENCED_KIND) continue;
    const { leaseKey, holder } = fencedBodySchema.parse(JSON.parse(content.bodyText));
    if (content.kind === TAKEN_KIND) holders.set(leaseKey, holder);
    if (holders.get(leaseKey) === holder) continue;
    found.push(
      violation('I7', `${name}: the record at ${cursor} was written under a lease that somebody else had taken`),
    );
  }
  return found;
}
