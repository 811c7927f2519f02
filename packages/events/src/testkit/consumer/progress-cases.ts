/**
 * How a follower makes its way: in order, from where it was, once.
 *
 * Not here: failures (`failure-cases.ts`), company and trouble (`company-cases.ts`).
 */
import type { CommitInterest } from '@reborn/host-api';
import { createRecordingStore, equals, holds, wrapStore } from '@reborn/host-api/testkit';
import { CONSUMER_BATCH, CONSUMER_SKIPPED_MAX } from '../../limits.ts';
import { terminateSubscription } from '../../subscription/subscription.ts';
import { eventually, logCase, settle, whileTimePasses } from '../harness.ts';
import { follow, happen, KEY, otherThing, range, SOURCE, standing, workDone, workOn } from './following.ts';

export const progressCases = [
  logCase('delivers everything in order and commits the work with the acknowledgement', async (opened) => {
    await happen(opened, 150);
    const { consumer, seen } = follow(opened);
    equals(await consumer.drain(60_000), 'caught_up', 'it catches up');
    equals(
      seen.deliveries.map(({ cursor }) => cursor),
      range(1, 150),
      'each record once, in order',
    );
    equals(await workDone(opened.store), range(1, 150), 'and the work on each once');
    equals(
      await standing(opened.store),
      { status: 'active', cursor: 150, attempt: 0, retryAtMs: 0, deadLetters: 0, stream: SOURCE },
      'all is acknowledged',
    );
    equals(await consumer.drain(60_000), 'caught_up', 'then there is nothing to do');
    equals(seen.deliveries.length, 150, 'and nothing is done');
    await consumer.stop();
  }),
  logCase('goes on behind the acknowledged cursor in a new follower and tells replay from news', async (opened) => {
    await happen(opened, 2);
    const first = follow(opened);
    await first.consumer.drain(60_000);
    await first.consumer.stop();
    await happen(opened, 2, 3);
    const second = follow(opened, { holder: 'host-2' });
    await second.consumer.drain(60_000);
    await happen(opened, 1, 5);
    await second.consumer.drain(60_000);
    equals(
      second.seen.deliveries,
      [
        { cursor: 3, attempt: 1, isReplay: true },
        { cursor: 4, attempt: 1, isReplay: true },
        { cursor: 5, attempt: 1, isReplay: false },
      ],
      'what was there at its first look is replay',
    );
    equals(await workDone(opened.store), range(1, 5), 'the two together did everything once');
  }),
  logCase('begins a new subscription behind the newest record when told to', async (opened) => {
    await happen(opened, 3);
    const { consumer, seen } = follow(opened, { from: 'head' });
    equals(await consumer.drain(60_000), 'caught_up', 'nothing lies ahead');
    await happen(opened, 1, 4);
    await consumer.drain(60_000);
    equals(seen.deliveries, [{ cursor: 4, attempt: 1, isReplay: false }], 'only what came later');
  }),
  logCase('drains to the head it saw at first, though its own work makes more', async (opened) => {
    await happen(opened, 3);
    let next = 1_000;
    const { consumer, seen } = follow(opened, {
      handle: async () => {
        // It would go on for ever; the bound only keeps a broken follower from hanging the test.
        if (next < 400_000) await happen(opened, CONSUMER_BATCH, (next += 1_000));
        return [];
      },
    });
    equals(await consumer.drain(60_000), 'caught_up', 'it comes to an end');
    holds(seen.deliveries.length >= 3, 'and has done what was there');
    holds(seen.deliveries.length <= 3 + CONSUMER_BATCH, 'and little more');
  }),
  logCase('drains past records that are not for it', async (opened) => {
    await opened.store.commit(range(1, 200).map((number) => otherThing(number)));
    const { consumer, seen } = follow(opened, { filter: { kinds: ['run_submitted'] } });
    equals(await consumer.drain(60_000), 'caught_up', 'an empty selection is caught up with');
    const picky = follow(opened, { name: 'hook:picky', admits: ({ cursor }) => cursor % 100 === 0 });
    equals(await picky.consumer.drain(60_000), 'caught_up', 'a selection by rule too');
    equals(
      [seen.deliveries, picky.seen.deliveries.map(({ cursor }) => cursor)],
      [[], [100, 200]],
      'what is admitted is delivered',
    );
  }),
  logCase('acknowledges what it passed by now and then, so that a restart does not look again', async (opened) => {
    const count = CONSUMER_SKIPPED_MAX + 200;
    for (let at = 1; at <= count; at += 200)
      await opened.store.commit(range(at, at + 199).map((number) => otherThing(number)));
    const byRule = follow(opened, { admits: ({ kind }) => kind === 'run_submitted' });
    equals(await byRule.consumer.drain(60_000), 'caught_up', 'it looks at everything');
    const { cursor } = (await standing(opened.store)) ?? { cursor: -1 };
    holds(cursor >= CONSUMER_SKIPPED_MAX && cursor <= count, 'at most so many are passed by without saying so');
    const looks: number[] = [];
    const watched = wrapStore(opened.store, {
      readStream: (request) => {
        if (request.limit === CONSUMER_BATCH) looks.push(request.after);
        return opened.store.readStream(request);
      },
    });
    const again = follow({ ...opened, store: watched }, { admits: ({ kind }) => kind === 'run_submitted' });
    await again.consumer.drain(60_000);
    equals(looks[0], cursor, 'a new follower begins there');
    await happen(opened, 1, 9_999);
    await again.consumer.drain(60_000);
    equals(
      again.seen.deliveries.map((delivery) => delivery.cursor),
      [count + 1],
      'and misses nothing',
    );
  }),
  logCase('works when something is committed, without polling and without losing a wake-up', async (opened) => {
    let looks = 0;
    const store = wrapStore(opened.store, {
      readStream: async (request) => {
        const page = await opened.store.readStream(request);
        looks += 1;
        if (looks === 3) {
          await happen(opened, 1, 2);
          await settle(opened);
        }
        return page;
      },
    });
    await happen(opened, 1);
    const { consumer, seen, pendingTimers } = follow({ ...opened, store });
    consumer.start();
    consumer.start();
    await eventually(opened, () => seen.deliveries.length === 2, 'a commit between its look and its wait is not lost');
    await happen(opened, 3, 3);
    await eventually(opened, () => seen.deliveries.length === 5, 'no time had to pass');
    await settle(opened);
    const before = looks;
    await settle(opened);
    await settle(opened);
    equals(looks, before, 'and it does not look while nothing happens');
    await consumer.stop();
    equals(pendingTimers(), 0, 'no timer is left behind');
  }),
  logCase('has no timer while it waits, and is not woken by what it does not take', async (opened) => {
    const interests: (CommitInterest | undefined)[] = [];
    let looks = 0;
    const store = wrapStore(opened.store, {
      readStream: (request) => {
        looks += 1;
        return opened.store.readStream(request);
      },
      onCommit: (listener, interest) => {
        interests.push(interest);
        return opened.store.onCommit(listener, interest);
      },
    });
    const { consumer, seen, pendingTimers } = follow({ ...opened, store }, { filter: { kinds: ['run_submitted'] } });
    consumer.start();
    // It opens its subscription, looks once more, and finds nothing.
    await eventually(opened, () => looks >= 2, 'it has looked');
    await settle(opened);
    equals(interests, [{ ...SOURCE, kinds: ['run_submitted'] }], 'its interest is as narrow as its filter');
    equals(pendingTimers(), 0, 'the store makes up for lost wake-ups, not the follower');
    const before = looks;
    for (let number = 1; number <= 10; number += 1) await opened.store.commit([otherThing(100 + number)]);
    await settle(opened);
    // A store may call without need, but not for each of them.
    holds(looks - before <= 2, 'it does not even look');
    await happen(opened, 1, 2);
    await eventually(opened, () => seen.deliveries.length === 1, 'and works when there is something for it');
    await consumer.stop();
  }),
  logCase('stops after the delivery at hand, for good, and listens no more', async (opened) => {
    const store = createRecordingStore(opened.store);
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    await happen(opened, 3);
    const { consumer, seen, pendingTimers } = follow(
      { ...opened, store },
      {
        handle: async ({ record, signal }) => {
          await held;
          return signal.aborted ? [workOn(record.cursor)] : [];
        },
      },
    );
    consumer.start();
    await eventually(opened, () => seen.deliveries.length === 1, 'the first delivery is at hand');
    equals(store.listening.length, 1, 'it listens');
    const stopped = consumer.stop();
    finish();
    await stopped;
    equals(
      [await workDone(opened.store), seen.deliveries.length],
      [[1], 1],
      'it finished that one and told it to hurry',
    );
    equals([store.listening, pendingTimers()], [[], 0], 'nothing is left behind');
    await consumer.stop();
    equals(await consumer.drain(1_000), 'waiting', 'a stopped follower does nothing');
    const next = follow(opened, { holder: 'host-2' });
    equals(await next.consumer.drain(60_000), 'caught_up', 'and holds nobody up');
    equals(await workDone(opened.store), [1, 2, 3], 'the next one goes on');
  }),
  logCase('does nothing for a terminated subscription, also when it ends half way', async (opened) => {
    await happen(opened, 3);
    const { consumer, seen } = follow(opened, {
      handle: async ({ record }) => (record.cursor === 2 ? [terminateSubscription(KEY)] : []),
    });
    equals(await consumer.drain(60_000), 'terminated', 'it was ended during its own work');
    equals(seen.deliveries.length, 2, 'and went no further');
    const late = follow(opened);
    late.consumer.start();
    equals(await late.consumer.drain(60_000), 'terminated', 'a new follower sees it at once');
    await late.consumer.stop();
    equals(late.seen.deliveries, [], 'and delivers nothing');
  }),
  logCase('goes on after a restart of the store', async (opened) => {
    await happen(opened, 2);
    const first = follow(opened);
    await first.consumer.drain(60_000);
    await first.consumer.stop();
    const again = await opened.restart();
    if (again === undefined) return;
    await happen(again, 1, 3);
    const { consumer, seen } = follow(again);
    await whileTimePasses(again, consumer.drain(60_000));
    equals(
      seen.deliveries.map(({ cursor }) => cursor),
      [3],
      'behind the acknowledged cursor',
    );
  }),
];
