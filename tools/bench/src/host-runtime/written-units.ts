/**
 * What one governed call writes, found by letting the door make one: the baselines write the same bytes, or the same rows.
 *
 * Not here: writing them (`bare-calls.ts`, `same-rows.ts`).
 */
import { createInMemoryStore, type Write, type WriteReceipt } from '@reborn/host-api';
import { createRecordingStore } from '@reborn/host-api/testkit';
import type { InvokeRequest } from '@reborn/host-runtime';
import { DOOR_OPENING, openDoor } from './door.ts';
import { complete } from './governed-calls.ts';

/** One unit, with what the store answered: its receipts stand in the order of its writes. */
export interface WrittenUnit {
  readonly writes: readonly Write[];
  readonly receipts: readonly WriteReceipt[];
}

/** The units of each of these calls, in their order. */
export async function unitsOfCalls(requests: readonly InvokeRequest[]): Promise<readonly WrittenUnit[]> {
  const recording = createRecordingStore(createInMemoryStore(DOOR_OPENING));
  const { runtime } = openDoor(recording);
  for (const request of requests) await complete(runtime, request);
  return recording.callsOf('commit').flatMap(({ arguments: [writes], outcome }) => {
    if (outcome.kind !== 'answered') return [];
    const { receipts } = outcome.answer as { readonly receipts: readonly WriteReceipt[] };
    return [{ writes: writes as readonly Write[], receipts }];
  });
}

/** What of a unit becomes durable: records of streams, and the rows that records of machines become. */
export function contentOf({ writes, receipts }: WrittenUnit): readonly object[] {
  return writes.flatMap((write, at): readonly object[] => {
    if (write.kind === 'append') {
      return write.records.map(({ eventId, kind, labels, body }) => ({ eventId, kind, labels, body }));
    }
    const receipt = receipts[at];
    return receipt?.kind === 'record' && receipt.row !== undefined ? [receipt.row] : [];
  });
}
