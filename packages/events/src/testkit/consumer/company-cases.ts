/**
 * Followers among others: of the same name, of dead processes, over a store in trouble.
 *
 * Not here: failures of handlers (`failure-cases.ts`).
 */
import { acquireLease } from '@reborn/host-api';
import { createFaultyStore, equals, holds, rejects } from '@reborn/host-api/testkit';
import { eventually, logCase, settle, whileTimePasses } from '../harness.ts';
import { follow, happen, LEASE_KEY, range, standing, workDone } from './following.ts';

export const companyCases = [
  logCase('shares the work among followers of one name and never doubles it', async (opened) => {
    await happen(opened, 200);
    const followers = range(1, 3).map((number) => follow(opened, { holder: `host-${number}` }));
    const steps = Promise.all(followers.map(({ consumer }) => consumer.drain(600_000)));
    equals(await whileTimePasses(opened, steps), ['caught_up', 'caught_up', 'caught_up'], 'all catch up');
    equals(await workDone(opened.store), range(1, 200), 'each record was worked on once, in order');
  }),
  logCase('waits until the lease of a dead process has run out', async (opened) => {
    await happen(opened, 1);
    await opened.store.commit([acquireLease(LEASE_KEY, 'dead-host', 10_000)]);
    const { consumer, seen } = follow(opened);
    equals(await consumer.drain(0), 'worked', 'the subscription is opened');
    equals(await consumer.drain(0), 'held', 'somebody holds it');
    const before = opened.platform.clock.nowMs();
    equals(await whileTimePasses(opened, consumer.drain(60_000)), 'caught_up', 'it is taken over');
    const waitedMs = opened.platform.clock.nowMs() - before;
    holds(waitedMs >= 9_900 && waitedMs <= 11_000, 'as soon as the lease is over and no sooner');
    equals(seen.deliveries.length, 1, 'and the delivery is made');
  }),
  logCase('writes nothing when it was overtaken during a delivery', async (opened) => {
    await happen(opened, 1);
    const slow = follow(opened, {
      holder: 'slow',
      handle: async () => {
        opened.platform.jumpClock(60_000);
        const quick = follow(opened, { holder: 'quick' });
        equals(await quick.consumer.drain(60_000), 'caught_up', 'the other one does the work');
        return [];
      },
      onFailure: () => [],
    });
    equals(await slow.consumer.drain(10_000), 'held', 'the slow one has lost it');
    equals(await slow.consumer.drain(10_000), 'caught_up', 'and sees that it is done');
    equals(
      [await workDone(opened.store), slow.seen.deliveries.length, slow.seen.failures],
      [[1], 1, []],
      'it was neither doubled nor blamed',
    );
  }),
  logCase('does the work once though the store does not say whether it was committed', async (opened) => {
    await happen(opened, 20);
    const store = createFaultyStore(opened.store, [
      { call: 5, every: 5, when: 'before', does: 'fails' },
      { call: 7, every: 7, when: 'after', does: 'fails' },
    ]);
    const { consumer, seen } = follow({ ...opened, store });
    consumer.start();
    let done: readonly number[] = [];
    for (let turn = 0; turn < 300 && done.length < 20; turn += 1) {
      await settle(opened);
      opened.platform.advance(1_000);
      done = await workDone(opened.store);
    }
    await whileTimePasses(opened, consumer.stop(), 1_000);
    equals(done, range(1, 20), 'each record once, in order');
    equals(
      [seen.failures, (await standing(opened.store))?.deadLetters],
      [[], 0],
      "the store's trouble is no handler's failure",
    );
    holds(opened.platform.reports.length > 0, 'the operator hears of it');
  }),
  logCase("hands the store's trouble to whoever drains", async (opened) => {
    const store = createFaultyStore(opened.store, [
      { on: 'get', call: 1, calls: Infinity, when: 'before', does: 'fails' },
    ]);
    const { consumer, pendingTimers } = follow({ ...opened, store });
    await rejects(consumer.drain(1_000), ['host-api/store_unavailable'], 'it is not hidden');
    equals(pendingTimers(), 0, 'no timer is left behind');
  }),
  logCase('lets one follower drain while it follows, without doing anything twice', async (opened) => {
    const { consumer, seen } = follow(opened);
    consumer.start();
    await happen(opened, 30);
    equals(await consumer.drain(60_000), 'caught_up', 'draining beside following');
    await eventually(opened, () => seen.deliveries.length === 30, 'everything is delivered');
    await consumer.stop();
    equals(await workDone(opened.store), range(1, 30), 'once, in order');
  }),
];
