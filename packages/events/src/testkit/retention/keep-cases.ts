/**
 * What retention leaves although the rules let it go: what is pinned, what followers have not seen, what is still needed.
 *
 * Not here: the rules (`rule-cases.ts`).
 */
import { acquireLease, getRecord, type Write } from '@reborn/host-api';
import { equals, holds, rejects, wrapStore } from '@reborn/host-api/testkit';
import { listPins, pinEvent, unpinEvent } from '../../retention/pin.ts';
import { openSubscription, subscriptionMachine } from '../../subscription/subscription.ts';
import { leaseKeyOf, subscriptionKey } from '../../subscription/subscription-key.ts';
import { follow } from '../consumer/following.ts';
import { logCase, type OpenedLog } from '../harness.ts';
import { apply, at, audited, left, old, oldOf, plan, STREAM, takes, young } from './keeping.ts';

const by = { kind: 'host' } as const;

export const keepCases = [
  logCase('keeps what is pinned, and lets it go when it is not any more', async (opened) => {
    const { store } = opened;
    await old(opened, 6);
    equals(
      await pinEvent(store, { stream: STREAM, cursor: at(3), by, reason: 'incident' }),
      { kind: 'pinned' },
      'pinned',
    );
    equals(await pinEvent(store, { stream: STREAM, cursor: at(3), by }), { kind: 'pinned' }, 'once is enough');
    const planned = await plan(opened);
    equals(
      [planned.cutThrough, planned.removals, planned.heldBy],
      [2, [{ from: 4, through: 6 }], [{ kind: 'pin', cursor: 3 }]],
      'the plan names the pin',
    );
    await apply(opened);
    equals(await left(opened), [3], 'it stays');
    equals(
      await listPins(store, STREAM),
      [{ status: 'pinned', stream: STREAM, cursor: 3, by, reason: 'incident' }],
      'whoever pinned it first stays named',
    );
    equals(await unpinEvent(store, { stream: STREAM, cursor: at(3), by }), { kind: 'unpinned' }, 'released');
    equals(await unpinEvent(store, { stream: STREAM, cursor: at(3), by }), { kind: 'not_pinned' }, 'once');
    await apply(opened);
    equals([await left(opened), await listPins(store, STREAM)], [[], []], 'and gone');
  }),
  logCase('pins only what is there', async (opened) => {
    const { store } = opened;
    await oldOf(opened, 'run_failed', 1);
    await old(opened, 1, 2);
    await apply(opened);
    for (const cursor of [2, 3]) {
      const outcome = await pinEvent(store, { stream: STREAM, cursor: at(cursor), by });
      equals(outcome, { kind: 'unknown_event' }, 'its content is gone, or nobody ever had it');
    }
    for (const part of [{ cursor: at(0) }, { cursor: at(1.5) }, { reason: 'Free text, no token' }]) {
      const asked = { stream: STREAM, cursor: at(1), by, ...part };
      await rejects(pinEvent(store, asked), ['events/invalid_request'], `refuses ${JSON.stringify(part)}`);
    }
    equals(await listPins(store, STREAM), [], 'nothing is pinned');
  }),
  logCase('does not take what is pinned between its look and its cut', async (opened) => {
    await old(opened, 5);
    let pinned = false;
    const store = wrapStore(opened.store, {
      commit: async (writes) => {
        if (takes(writes) && !pinned) {
          pinned = true;
          equals((await pinEvent(opened.store, { stream: STREAM, cursor: at(4), by })).kind, 'pinned', 'it is pinned');
        }
        return opened.store.commit(writes);
      },
    });
    await apply({ ...opened, store });
    equals(await left(opened), [4], 'it was planned again');
  }),
  logCase('does not pin what is cut between its look and its pin', async (opened) => {
    await old(opened, 3);
    const store = wrapStore(opened.store, {
      commit: async (writes) => {
        if (writes.some((write) => isTrigger(write, 'pin'))) await apply(opened);
        return opened.store.commit(writes);
      },
    });
    const outcome = await pinEvent(store, { stream: STREAM, cursor: at(2), by });
    equals([outcome, await listPins(opened.store, STREAM)], [{ kind: 'unknown_event' }, []], 'it says so');
  }),
  logCase('never goes past what the slowest follower has still to see', async (opened) => {
    await old(opened, 6);
    const slow = follow(opened, { name: 'hook:slow', handle: fails });
    await slow.consumer.drain(0);
    await slow.consumer.drain(0);
    const quick = follow(opened, { name: 'hook:quick' });
    await quick.consumer.drain(60_000);
    await old(opened, 2, 7);
    const planned = await plan(opened);
    equals(
      [planned.cutThrough, planned.removed, planned.heldBy],
      [0, 0, [{ kind: 'consumer', cursor: 1, name: 'hook:slow' }]],
      'the plan names it',
    );
    equals([await apply(opened), (await left(opened)).length], [[], 8], 'nothing goes');
  }),
  logCase('moves idle followers past what they do not take, and reports no gap to them', async (opened) => {
    await oldOf(opened, 'run_completed', 1);
    const { consumer, seen } = follow(opened, { filter: { kinds: ['run_completed'] } });
    await consumer.drain(60_000);
    await old(opened, 5, 2);
    await young(opened, 7);
    equals((await plan(opened)).cutThrough, 6, 'it is not in the way');
    equals((await apply(opened))[0]?.cut, 6, 'nor when it comes to it');
    equals((await standingOf(opened, 'hook:notes'))?.gap, undefined, 'it has missed nothing');
    await oldOf(opened, 'run_completed', 8);
    equals(await consumer.drain(60_000), 'caught_up', 'and goes on');
    equals(
      seen.deliveries.map(({ cursor }) => cursor),
      [1, 8],
      'with what is for it',
    );
  }),
  logCase('leaves a follower alone that is at work', async (opened) => {
    await oldOf(opened, 'run_completed', 1);
    await follow(opened, { filter: { kinds: ['run_completed'] } }).consumer.drain(60_000);
    await old(opened, 5, 2);
    const lease = leaseKeyOf(subscriptionKey(STREAM, 'hook:notes'));
    await opened.store.commit([acquireLease(lease, 'host-2', 10_000)]);
    await apply(opened);
    equals(
      [await left(opened), (await standingOf(opened, 'hook:notes'))?.cursor],
      [[2, 3, 4, 5, 6], 1],
      'up to where it stands',
    );
    opened.platform.advance(10_000);
    await apply(opened);
    equals(await left(opened), [], 'later it goes');
  }),
  logCase('does not cut what a follower takes whose filter was widened meanwhile', async (opened) => {
    await oldOf(opened, 'run_completed', 1);
    const name = { stream: STREAM, name: 'hook:notes' };
    await follow(opened, { filter: { kinds: ['run_completed'] } }).consumer.drain(60_000);
    await old(opened, 5, 2);
    let widened = false;
    const store = wrapStore(opened.store, {
      commit: async (writes) => {
        if (writes.some((write) => isTrigger(write, 'pass')) && !widened) {
          widened = true;
          await opened.store.commit([openSubscription(name, 0, undefined)]);
        }
        return opened.store.commit(writes);
      },
    });
    await apply({ ...opened, store });
    equals([widened, await left(opened)], [true, [2, 3, 4, 5, 6]], 'what it takes now is there');
  }),
  logCase('counts a follower of an earlier version, which does not say what it takes', async (opened) => {
    await old(opened, 4);
    const key = subscriptionKey(STREAM, 'hook:old');
    const row = { status: 'active', cursor: 2, attempt: 0, retryAtMs: 0, deadLetters: 0 };
    const store = wrapStore(opened.store, {
      list: async (machine, request) =>
        machine === subscriptionMachine.name && request.owner === 'subscription' && request.status === 'active'
          ? [{ key, row }]
          : opened.store.list(machine, request),
    });
    equals((await plan({ ...opened, store })).heldBy, [{ kind: 'consumer', cursor: 3, name: 'hook:old' }], 'planned');
    await apply({ ...opened, store });
    equals(await left(opened), [3, 4], 'nothing that it may take');
  }),
  logCase('never takes what is still needed for something else', async (opened) => {
    await old(opened, 6);
    const holdsFrom = (name: string, cursor: number | undefined) => ({
      name,
      needsFrom: async () => (cursor === undefined ? undefined : at(cursor)),
    });
    const holding = { holds: [holdsFrom('backup', undefined), holdsFrom('live_runs', 4), holdsFrom('export', 5)] };
    const planned = await plan(opened, holding);
    equals(
      [planned.cutThrough, planned.heldBy],
      [3, [{ kind: 'hold', cursor: 4, name: 'live_runs' }]],
      'the lowest of all counts',
    );
    await apply(opened, holding);
    equals(await left(opened), [4, 5, 6], 'what a live run needs');
    const failing = { holds: [{ name: 'broken', needsFrom: () => Promise.reject(new TypeError('no')) }] };
    holds(
      await apply(opened, failing).then(
        () => false,
        () => true,
      ),
      'who cannot say what it needs keeps everything',
    );
    equals(await left(opened), [4, 5, 6], 'nothing was taken');
  }),
  logCase('gives up a follower by name, marks it, and tells it once', async (opened) => {
    await old(opened, 3);
    const gone = follow(opened, { name: 'hook:gone', handle: fails });
    await gone.consumer.drain(0);
    await gone.consumer.drain(0);
    await old(opened, 3, 4);
    const kept = follow(opened, { name: 'hook:kept' });
    await kept.consumer.drain(60_000);
    await young(opened, 7);
    const passBy = ['hook:gone'];
    const planned = await plan(opened, { passBy });
    equals([planned.cutThrough, planned.gaps], [6, ['hook:gone']], 'the plan says who would miss something');
    await apply(opened, { passBy });
    const { status, cursor, gap } = (await standingOf(opened, 'hook:gone')) ?? {};
    equals({ status, cursor, gap }, { status: 'gapped', cursor: 6, gap: { after: 0, through: 6 } }, 'it is marked');
    equals(
      (await audited(opened))[0],
      { ...(await audited(opened))[0], passedBy: ['hook:gone'] },
      'and the audit says so',
    );
    const again = follow(opened, { name: 'hook:gone', holder: 'host-2' });
    equals(await again.consumer.drain(60_000), 'gapped', 'it hears of it');
    equals(await again.consumer.drain(60_000), 'caught_up', 'once');
    equals(
      again.seen.deliveries.map((delivery) => delivery.cursor),
      [7],
      'and goes on with what is left',
    );
  }),
  logCase('marks one gap over several units, and a follower that moves on is not marked', async (opened) => {
    await old(opened, 2);
    await oldOf(opened, 'run_failed', 3);
    await old(opened, 2, 4);
    const { consumer } = follow(opened, { name: 'hook:gone' });
    await consumer.drain(0);
    let moved = false;
    const store = wrapStore(opened.store, {
      commit: async (writes) => {
        if (takes(writes) && !moved) {
          moved = true;
          await consumer.drain(60_000);
        }
        return opened.store.commit(writes);
      },
    });
    await apply({ ...opened, store }, { passBy: ['hook:gone'] });
    equals((await standingOf(opened, 'hook:gone'))?.gap, undefined, 'it was quicker, and lost nothing');
    equals(await left(opened), [3], 'what the rules let go is gone all the same');
  }),
];

async function fails(): Promise<readonly Write[]> {
  throw new Error('no');
}

function standingOf({ store }: OpenedLog, name: string) {
  return getRecord(store, subscriptionMachine, subscriptionKey(STREAM, name));
}

function isTrigger(write: Write, trigger: string): boolean {
  return write.kind === 'transition' && write.command['trigger'] === trigger;
}
