/**
 * Followers whose history is cut off: none of them misses anything in silence.
 *
 * Not here: when retention cuts (`../retention/`).
 * Source: specification 1, R-20; rulings, section 8.
 */
import { checkLease, parseEventId } from '@reborn/host-api';
import { equals, fixedUuid, holds } from '@reborn/host-api/testkit';
import { endSubscription } from '../../subscription/end-subscription.ts';
import { listSubscriptions } from '../../subscription/registry.ts';
import { openSubscription } from '../../subscription/subscription.ts';
import { cutOff, eventually, logCase, settle } from '../harness.ts';
import { follow, happen, KEY, NAME, SOURCE, standing, workDone, workOn } from './following.ts';

export const gapCases = [
  logCase('begins a new subscription at the earliest record that is left', async (opened) => {
    await happen(opened, 5);
    await cutOff(opened.store, 3);
    const { consumer, seen } = follow(opened);
    equals(await consumer.drain(60_000), 'caught_up', 'there is no gap for somebody who was never there');
    equals(
      seen.deliveries.map(({ cursor }) => cursor),
      [4, 5],
      'what is left',
    );
  }),
  logCase('says once that records were cut off before it had seen them, and goes on behind the gap', async (opened) => {
    await happen(opened, 2);
    const first = follow(opened);
    await first.consumer.drain(60_000);
    await first.consumer.stop();
    await happen(opened, 6, 3);
    await cutOff(opened.store, 6);
    const gaps: unknown[] = [];
    const onGap = (gap: unknown) => {
      gaps.push(gap);
      return [workOn(900)];
    };
    const second = follow(opened, { holder: 'host-2', onGap });
    equals(await second.consumer.drain(60_000), 'gapped', 'it says so');
    equals(await second.consumer.drain(60_000), 'caught_up', 'once');
    equals(gaps, [{ after: 2, through: 6 }], 'and knows which records are missing');
    equals(await workDone(opened.store), [1, 2, 900, 7, 8], 'what it wanted written about that is written');
    equals((await standing(opened.store))?.gap, undefined, 'the gap was heard of');
    holds(
      opened.platform.reports.some(({ facts }) => facts?.['subscription'] === NAME && facts['through'] === 6),
      'the operator hears of it too',
    );
    const third = follow(opened, { holder: 'host-3', onGap });
    equals([await third.consumer.drain(60_000), gaps.length], ['caught_up', 1], 'no other follower hears of it again');
  }),
  logCase('hears of a gap also when it follows, and when writing about it fails', async (opened) => {
    await happen(opened, 1);
    await follow(opened).consumer.drain(60_000);
    await happen(opened, 4, 2);
    await cutOff(opened.store, 3);
    const { consumer, seen } = follow(opened, {
      holder: 'host-2',
      onGap: () => [checkLease({ key: 'none', holder: 'a', fence: 1 })],
    });
    consumer.start();
    await eventually(opened, () => seen.deliveries.length === 2, 'it goes on behind the gap');
    await consumer.stop();
    equals(
      [(await standing(opened.store))?.cursor, (await standing(opened.store))?.status],
      [5, 'active'],
      'to the head',
    );
  }),
  logCase('ends a follower that may miss nothing, with a durable word about it', async (opened) => {
    await happen(opened, 1);
    await follow(opened).consumer.drain(60_000);
    await happen(opened, 4, 2);
    await cutOff(opened.store, 3);
    const { consumer, seen } = follow(opened, {
      holder: 'host-2',
      onGap: () =>
        endSubscription(
          { stream: SOURCE, name: NAME, reason: 'history_gone' },
          { eventId: parseEventId(fixedUuid(700)), atMs: 1 },
        ),
    });
    equals(await consumer.drain(60_000), 'gapped', 'it meets the gap');
    equals(await consumer.drain(60_000), 'terminated', 'and is at its end');
    equals(seen.deliveries, [], 'nothing behind the gap was delivered');
    const { records } = await opened.store.readStream({ stream: SOURCE, after: 5, limit: 10 });
    equals(
      records.map(({ kind, body }) => [kind, body['reason'], body['subscription']]),
      [['subscription_terminated', 'history_gone', NAME]],
      'the log says so',
    );
  }),
  logCase('reports no gap when it was moved past what it does not take', async (opened) => {
    await happen(opened, 1);
    await follow(opened).consumer.drain(60_000);
    await happen(opened, 3, 2);
    const { consumer } = follow(opened, { holder: 'host-2' });
    await cutOff(opened.store, 1);
    equals(await consumer.drain(60_000), 'caught_up', 'a cut up to its own cursor is no gap');
    await cutOff(opened.store, 4);
    equals(await consumer.drain(60_000), 'caught_up', 'nor is one up to the head that it has reached');
  }),
  logCase('is listed with its stream: where it stands, how far behind, and what went wrong', async (opened) => {
    await happen(opened, 3);
    await follow(opened).consumer.drain(60_000);
    const failing = follow(opened, {
      name: 'hook:failing',
      handle: async () => {
        throw new Error('no');
      },
    });
    await failing.consumer.drain(0);
    await failing.consumer.drain(0);
    await follow(opened, { name: 'hook:elsewhere', stream: { ...SOURCE, family: 'audit' } }).consumer.drain(60_000);
    await opened.store.commit([openSubscription({ stream: SOURCE, name: 'hook:ended' }, 2, undefined)]);
    await opened.store.commit(
      endSubscription(
        { stream: SOURCE, name: 'hook:ended', reason: 'ended_by_operator' },
        { eventId: parseEventId(fixedUuid(701)), atMs: 1 },
      ),
    );
    const well = { attempt: 0, deadLetters: 0 };
    equals(
      await listSubscriptions(opened.store, SOURCE),
      [
        { name: 'hook:failing', status: 'active', cursor: 0, lag: 4, ...well, attempt: 1 },
        { name: NAME, status: 'active', cursor: 3, lag: 1, ...well },
        { name: 'hook:ended', status: 'terminated', cursor: 2, lag: 2, ...well },
      ],
      'the slowest first, those that ended last',
    );
  }),
  logCase('says durably what it takes, and says it anew when that changes', async (opened) => {
    await happen(opened, 1);
    const some = { kinds: ['run_submitted'] };
    for (const filter of [undefined, some, undefined]) {
      const { consumer } = follow(opened, filter === undefined ? {} : { filter });
      await consumer.drain(60_000);
      await consumer.stop();
      equals((await standing(opened.store))?.filter, filter, 'retention knows what it needs');
    }
    await settle(opened);
    const key = await opened.store.get('subscription', KEY);
    equals(key?.['cursor'], 1, 'and its place stays');
  }),
];
