/**
 * Deliveries whose process dies.
 *
 * Not here: failures of handlers that live on (`failure-cases.ts`).
 * Source: measures, I8.
 */
import { acquireLease, HostApiError } from '@reborn/host-api';
import { equals, holds, rejects, wrapStore } from '@reborn/host-api/testkit';
import { buildLogRecord } from '../builder.ts';
import { logCase, whileTimePasses, type OpenedLog } from '../harness.ts';
import { codeOf } from './failure-cases.ts';
import { follow, happen, LEASE_KEY, standing, workDone, workOn, type Seen } from './following.ts';

/** Longer than any lease. Units: milliseconds. */
const LATER_MS = 60_000;

export const crashCases = [
  logCase('gives a record up that killed as many processes as it has attempts', async (opened) => {
    await happen(opened, 2);
    const seen = [
      await dieDuring(opened, 'host-1'),
      await dieDuring(opened, 'host-2'),
      await dieDuring(opened, 'host-3'),
    ];
    const last = follow(opened, {
      holder: 'host-4',
      attempts: 3,
      onFailure: (_, { dead }) => [workOn(dead ? 901 : 900)],
    });
    equals(await whileTimePasses(opened, last.consumer.drain(60_000)), 'caught_up', 'somebody comes through');
    equals(
      [...seen, last.seen].flatMap(({ deliveries }) => deliveries.map(({ cursor, attempt }) => [cursor, attempt])),
      [
        [1, 1],
        [1, 2],
        [1, 3],
        [2, 1],
      ],
      'each delivery knows how many there were before it',
    );
    equals(
      [...seen, last.seen].flatMap(({ failures }) => failures.map(({ dead, reason }) => [dead, codeOf(reason)])),
      [
        [false, 'events/delivery_abandoned'],
        [false, 'events/delivery_abandoned'],
        [true, 'events/delivery_abandoned'],
      ],
      'whoever takes over says so',
    );
    equals([await workDone(opened.store), (await standing(opened.store))?.deadLetters], [[901, 2], 1], 'a dead letter');
  }),
  logCase(
    'blames no record that came after the process had died, and none when trouble with the store was its own',
    async (opened) => {
      const { consumer, seen } = follow(opened);
      await consumer.drain(60_000);
      await opened.store.commit([acquireLease(LEASE_KEY, 'dead-host', 1_000)]);
      opened.platform.advance(LATER_MS);
      const { log } = opened;
      await log.append([lateRun(opened, 1)]);
      equals(await consumer.drain(60_000), 'caught_up', 'it goes on');
      await opened.store.commit([acquireLease(LEASE_KEY, 'host-1', 1_000)]);
      await log.append([lateRun(opened, 2)]);
      opened.platform.advance(LATER_MS);
      equals(await consumer.drain(60_000), 'caught_up', 'also when it had held the lease itself');
      equals([seen.deliveries.map(({ attempt }) => attempt), seen.failures], [[1, 1], []], 'both were first attempts');
    },
  ),
  logCase('spreads the attempts of failures that came together, and never waits longer for it', async (opened) => {
    await happen(opened, 1);
    const waitedMs: number[] = [];
    for (const jitter of [0, 1]) {
      const name = `hook:jitter-${jitter}`;
      const atMs: number[] = [];
      const { consumer } = follow(opened, {
        name,
        jitter: () => jitter,
        attempts: 2,
        handle: async () => {
          atMs.push(opened.platform.clock.nowMs());
          throw new Error('no');
        },
      });
      await whileTimePasses(opened, consumer.drain(60_000), 10);
      waitedMs.push((atMs[1] ?? 0) - (atMs[0] ?? 0));
    }
    const [whole = 0, half = 0] = waitedMs;
    holds(whole >= 200 && half >= 100 && half < 200, 'the whole pause, or half of it');
  }),
];

/** A follower whose process dies after its handler has begun: nothing it writes from then on arrives. */
async function dieDuring(opened: OpenedLog, holder: string): Promise<Seen> {
  let dead = false;
  const store = wrapStore(opened.store, {
    commit: (writes) =>
      dead ? Promise.reject(new HostApiError('host-api/store_unavailable')) : opened.store.commit(writes),
  });
  const { consumer, seen } = follow(
    { ...opened, store },
    {
      holder,
      attempts: 3,
      handle: async () => {
        dead = true;
        return [];
      },
    },
  );
  await rejects(consumer.drain(60_000), ['host-api/store_unavailable'], 'it dies');
  opened.platform.advance(LATER_MS);
  return seen;
}

function lateRun({ platform }: OpenedLog, number: number) {
  return buildLogRecord('run_submitted', number, { atMs: platform.clock.nowMs() });
}
