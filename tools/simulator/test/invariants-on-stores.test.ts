/** The invariants of the simulation, over the real stores: many callers at once, half of them the same unit again. */
import { createHash } from 'node:crypto';
import { leaseMachine, parseEventId, parseTenantId, type StreamKey, type Write } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import {
  addToTally,
  checkAcknowledged,
  checkAllOrNothing,
  checkChangeWithEvent,
  checkHeadAnchor,
  checkTallyFull,
  createHistory,
  readStoreImage,
  recordUnits,
  TALLIED_KIND,
  tallyMachine,
} from '@reborn/simulator';
import { expect, test } from 'vitest';
import { BACKENDS, openBackend } from './model/backends.ts';

const CALLERS = 16;
const UNITS = 12;
const streams: readonly StreamKey[] = ['ada', 'bob'].map((tenant) => ({
  family: 'journal',
  tenantId: parseTenantId(tenant),
}));

test.each(BACKENDS)('On $name, many callers at once find every invariant kept', async (backend) => {
  const { store } = await openBackend(backend, [tallyMachine, leaseMachine]);
  const history = createHistory();
  const recorded = recordUnits(store, history);
  const call = async (caller: number): Promise<void> => {
    for (let number = 0; number < UNITS; number += 1) {
      const unit = unitOf(caller, number);
      await Promise.all([
        recorded.commit(unit),
        recorded.commit(number % 2 === 0 ? unit : [...unit, checkTallyFull('none')]),
      ]);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
  const image = await readStoreImage(store, [tallyMachine.name]);
  const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');
  expect([
    ...checkAcknowledged(history, image, sha256Hex),
    ...checkAllOrNothing(history, image),
    ...checkChangeWithEvent(image),
    ...checkHeadAnchor(history, image),
  ]).toEqual([]);
  expect(history.units.filter(({ outcome }) => outcome.kind === 'committed')).toHaveLength((CALLERS * UNITS * 3) / 2);
  expect([...image.streams.values()].map(({ head }) => head)).toEqual([CALLERS * UNITS, (CALLERS * UNITS) / 2]);
});

/** One event with its change, and in half of the units an event in another stream. */
function unitOf(caller: number, number: number): readonly Write[] {
  const eventId = parseEventId(fixedUuid(1 + caller * 1_000 + number));
  const record = { eventId, kind: TALLIED_KIND, atMs: 1, labels: {}, body: { caller, number } };
  const [first, second] = streams;
  if (first === undefined || second === undefined) throw new Error('there are two streams');
  const other: Write = {
    kind: 'append',
    stream: second,
    records: [{ ...record, kind: 'noted', eventId: parseEventId(fixedUuid(500_000 + caller * 1_000 + number)) }],
  };
  const unit: readonly Write[] = [
    addToTally(`caller-${caller}`, eventId),
    { kind: 'append', stream: first, records: [record] },
  ];
  return number % 2 === 0 ? unit : [...unit, other];
}
