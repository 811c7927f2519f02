/**
 * The scripted work: every kind of write, alone, in batches and side by side, with a refusal and with events that go along
 * with changes. The same ids each time, so that it can be sent again.
 *
 * Not here: what happens meanwhile (the areas).
 */
import {
  chainLink,
  chainOrigin,
  parseEventId,
  parseTenantId,
  type AppendWrite,
  type DurableStore,
  type ImportWrite,
  type RawRecord,
  type RecordDraft,
  type StreamKey,
  type Write,
} from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { addToTally, checkTallyFull, recordUnits, TALLIED_KIND, type HistoryRecorder } from '@reborn/simulator';
import { sha256Hex } from './sha256.ts';

const tenantId = parseTenantId('acme');
export const KEPT: StreamKey = { family: 'journal', tenantId };
export const BESIDE: StreamKey = { family: 'runtime', tenantId };
const CUT: StreamKey = { family: 'turn', tenantId };
const IMPORTED: StreamKey = { family: 'transcript', tenantId };
const TALLIED: StreamKey = { family: 'audit', tenantId };

export type Unit = readonly Write[];
/** Units of one step are sent in one go, and so share a transaction. */
export type Step = readonly Unit[];

/** All steps in order. */
export const WORKLOAD: readonly Step[] = [
  [[append(KEPT, 1)]],
  [[append(KEPT, 2, 3, 4), append(CUT, 5, 6, 7)]],
  [[append(KEPT, 8)], [append(BESIDE, 9, 10)], tallied(11), [append(KEPT, 12), append(BESIDE, 13)]],
  [[append(KEPT, 14), checkTallyFull('tally')], tallied(15), [append(BESIDE, 16)]],
  [[{ kind: 'remove', stream: KEPT, cursors: [2] }]],
  [[{ kind: 'truncate', stream: CUT, through: 2 }]],
  [[append(KEPT, 3, 17)], [append(CUT, 18)]],
  [[importOf(19, 20, 21)]],
  [[importOf(19, 20, 21, 22)], tallied(23)],
  [[append(KEPT, 24, 25, 26, 27)], [append(BESIDE, 28)]],
];

/** Sends steps in order, each unit again with the same ids if it was not answered. Returns whether all were answered. */
export async function sendSteps(
  store: DurableStore,
  history: HistoryRecorder,
  steps: readonly Step[],
  options: { readonly tries?: number; readonly afterStep?: (at: number) => Promise<void> } = {},
): Promise<boolean> {
  const { tries = 2, afterStep } = options;
  const recorded = recordUnits(store, history);
  let answered = true;
  for (const [at, step] of steps.entries()) {
    let open = step;
    for (let attempt = 0; attempt < tries && open.length > 0; attempt += 1) {
      const results = await Promise.allSettled(open.map((unit) => recorded.commit(unit)));
      open = open.filter((_unit, index) => results[index]?.status === 'rejected');
    }
    if (open.length > 0) answered = false;
    await afterStep?.(at);
  }
  return answered;
}

/** What was asked for without an answer, then what was not asked for yet. */
export function stepsLeft(history: HistoryRecorder): readonly Step[] {
  const told = new Set<string>();
  const asked = new Set<string>();
  for (const { writes, outcome } of history.units) {
    asked.add(JSON.stringify(writes));
    if (outcome.kind !== 'unknown') told.add(JSON.stringify(writes));
  }
  const units = WORKLOAD.flat().map((unit) => ({ unit, text: JSON.stringify(unit) }));
  return [
    ...units.filter(({ text }) => asked.has(text) && !told.has(text)).map(({ unit }) => [unit]),
    ...units.filter(({ text }) => !asked.has(text)).map(({ unit }) => [unit]),
  ];
}

export function append(stream: StreamKey, ...numbers: readonly number[]): AppendWrite {
  return { kind: 'append', stream, records: numbers.map((number) => draft(number)) };
}

export function draft(number: number, kind = 'noted'): RecordDraft {
  return {
    eventId: parseEventId(fixedUuid(number)),
    kind,
    atMs: 1_700_000_000_000 + number,
    labels: number % 3 === 0 ? { userId: 'u', runId: 'r', threadId: 't', correlationId: `c${number}` } : {},
    body: { number, text: 'é😀 '.repeat(number % 7) },
  };
}

/** An event and the change that it tells of, in one unit. */
export function tallied(number: number, key = 'tally'): Unit {
  const record = draft(number, TALLIED_KIND);
  return [addToTally(key, record.eventId), { kind: 'append', stream: TALLIED, records: [record] }];
}

/** The second record comes without its content, as from a stream that retention has been at. */
function importOf(...numbers: readonly number[]): ImportWrite {
  const base = { cursor: 0, chain: chainOrigin(sha256Hex, IMPORTED) };
  const records: RawRecord[] = [];
  for (const [at, number] of numbers.entries()) {
    const { eventId, kind, atMs, labels, body } = draft(number);
    const content = { kind, atMs, labels, bodyText: JSON.stringify(body) };
    const chain = chainLink(sha256Hex, records.at(-1)?.chain ?? base.chain, { cursor: at + 1, eventId, ...content });
    records.push(at === 1 ? { cursor: at + 1, eventId, chain } : { cursor: at + 1, eventId, chain, content });
  }
  return { kind: 'import', stream: IMPORTED, base, records };
}
