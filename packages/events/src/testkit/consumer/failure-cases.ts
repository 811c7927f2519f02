/**
 * What a follower makes of deliveries that fail.
 *
 * Not here: trouble with the store (`company-cases.ts`).
 */
import { isFault, supersedeGate, parseGateId } from '@reborn/host-api';
import { createFaultyStore, equals, fixedUuid, holds } from '@reborn/host-api/testkit';
import { DELIVERY_ATTEMPTS_MAX } from '../../limits.ts';
import { eventually, logCase, settle, whileTimePasses, type OpenedLog } from '../harness.ts';
import { follow, happen, standing, workDone, workOn } from './following.ts';

const never = new Promise<never>(() => undefined);

export const failureCases = [
  logCase(
    'tries a failed delivery again with growing pauses, keeps the order, and then gives it up',
    async (opened) => {
      await happen(opened, 2);
      const atMs: number[] = [];
      const { consumer, seen } = follow(opened, {
        handle: async ({ record }) => {
          if (record.cursor === 1) atMs.push(opened.platform.clock.nowMs());
          if (record.cursor === 1) throw new Error('no');
          return [workOn(record.cursor)];
        },
        onFailure: (_, { dead }) => [workOn(dead ? 901 : 900)],
      });
      equals(await whileTimePasses(opened, consumer.drain(600_000), 50), 'caught_up', 'it gets past it');
      const attempts = seen.deliveries.map(({ cursor, attempt }) => [cursor, attempt]);
      equals(
        attempts,
        [
          [1, 1],
          [1, 2],
          [1, 3],
          [1, 4],
          [1, 5],
          [2, 1],
        ],
        'five attempts, then the next record',
      );
      const pauses = atMs.slice(1).map((ms, at) => ms - (atMs[at] ?? 0));
      holds(
        [200, 400, 800, 1600].every((least, at) => (pauses[at] ?? 0) >= least),
        'each pause is twice the one before',
      );
      equals(
        seen.failures.map(({ dead }) => dead),
        [false, false, false, false, true],
        'the last failure is final',
      );
      equals(
        await workDone(opened.store),
        [900, 900, 900, 900, 901, 2],
        'what was to be written about failures is written',
      );
      equals((await standing(opened.store))?.deadLetters, 1, 'one dead letter');
    },
  ),
  logCase('never gives a delivery up when told so, and passes nothing by', async (opened) => {
    await happen(opened, 2);
    let refusals = 0;
    const { consumer, seen } = follow(opened, {
      attempts: 'unbounded',
      handle: async ({ record }) => {
        if (record.cursor === 1 && refusals < DELIVERY_ATTEMPTS_MAX + 2) {
          refusals += 1;
          throw new Error('no');
        }
        return [workOn(record.cursor)];
      },
    });
    equals(await whileTimePasses(opened, consumer.drain(600_000), 1_000), 'caught_up', 'it gets there');
    holds(
      seen.failures.every(({ dead }) => !dead),
      'no failure was the last',
    );
    equals(await workDone(opened.store), [1, 2], 'everything was worked on, in order');
    equals((await standing(opened.store))?.deadLetters, 0, 'nothing was given up');
  }),
  logCase('holds a subscription for no longer than it was told to', async (opened) => {
    await happen(opened, 1);
    // Its process dies during the delivery: it neither fails nor tries again.
    const store = createFaultyStore(opened.store);
    const dying = follow({ ...opened, store }, { leaseMs: 400, handle: () => never });
    dying.consumer.start();
    await eventually(opened, () => dying.seen.deliveries.length === 1, 'the delivery is at hand');
    store.strikeNext({ does: 'dies', when: 'before' });
    const next = follow(opened, { holder: 'host-2', leaseMs: 400 });
    equals(await next.consumer.drain(0), 'held', 'it is held');
    equals(await whileTimePasses(opened, next.consumer.drain(5_000), 50), 'caught_up', 'and free soon after');
    await whileTimePasses(opened, dying.consumer.stop());
    equals([store.isDead, await workDone(opened.store)], [true, [1]], 'the work is done once, by the one that lives');
  }),
  logCase('counts attempts across followers', async (opened) => {
    await happen(opened, 1);
    const attempts: number[] = [];
    for (let at = 1; at <= DELIVERY_ATTEMPTS_MAX + 1; at += 1) {
      const { consumer } = follow(opened, {
        holder: `host-${at}`,
        handle: async ({ attempt }) => {
          attempts.push(attempt);
          throw new Error('no');
        },
      });
      await consumer.drain(0);
      await consumer.stop();
      opened.platform.advance(5_000);
    }
    equals(attempts, [1, 2, 3, 4, 5], 'a new follower goes on counting, and a dead letter stays dead');
  }),
  logCase('gives up waiting for a handler that never settles', async (opened) => {
    await happen(opened, 2);
    const aborted: boolean[] = [];
    const { consumer, seen, pendingTimers } = follow(opened, {
      handle: async ({ record, signal }) => {
        if (record.cursor > 1) return [workOn(record.cursor)];
        signal.addEventListener('abort', () => aborted.push(true));
        return never;
      },
    });
    equals(await whileTimePasses(opened, consumer.drain(600_000), 1_000), 'caught_up', 'it gets past it');
    equals(
      seen.failures.map(({ reason }) => codeOf(reason)),
      Array(5).fill('events/delivery_late'),
      'it was late five times',
    );
    equals([aborted.length, await workDone(opened.store)], [5, [2]], 'and was told so each time');
    equals(pendingTimers(), 0, 'no timer is left behind');
  }),
  logCase('returns from draining at its deadline though a handler hangs', async (opened) => {
    await happen(opened, 1);
    const { consumer } = follow(opened, { handle: () => never });
    const before = opened.platform.clock.nowMs();
    const step = await whileTimePasses(opened, consumer.drain(1_000), 100);
    const tookMs = opened.platform.clock.nowMs() - before;
    holds(step === 'waiting' && tookMs >= 1_000 && tookMs <= 1_500, 'the deadline of the drain is kept');
    await whileTimePasses(opened, consumer.stop());
  }),
  logCase('takes refused, malformed and impossible writes as a failed delivery', async (opened) => {
    await happen(opened, 1);
    const refused = [workOn(1), supersedeGate(parseGateId(fixedUuid(7)))];
    const malformed = [{ kind: 'transition', machine: 'no_such_machine', key: 'k', command: {} } as const];
    const answers: readonly unknown[] = [refused, malformed, Array(300).fill(workOn(1)), undefined, [workOn(1)]];
    const { consumer, seen } = follow(opened, {
      handle: async ({ attempt }) => answers[attempt - 1] as never,
    });
    equals(await whileTimePasses(opened, consumer.drain(600_000)), 'caught_up', 'it gets past it');
    const codes = seen.failures.map(({ reason }) => codeOf(reason));
    equals(
      codes,
      ['events/delivery_refused', 'host-api/invalid_value', 'host-api/invalid_value', 'TypeError'],
      'each is told apart',
    );
    equals([await workDone(opened.store), (await standing(opened.store))?.cursor], [[1], 1], 'and left nothing behind');
  }),
  logCase('counts a failure though what should be written about it cannot be', async (opened) => {
    await happen(opened, 1);
    const about = [
      () => {
        throw new Error('no words');
      },
      () => [supersedeGate(parseGateId(fixedUuid(7)))],
      () => [{ kind: 'append', stream: {}, records: [] } as never],
      () => [],
      () => [],
    ];
    const { consumer, seen } = follow(opened, {
      handle: async () => {
        throw new Error('no');
      },
      onFailure: ({ attempt }) => about[attempt - 1]?.() ?? [],
    });
    equals(await whileTimePasses(opened, consumer.drain(600_000)), 'caught_up', 'it gets past it');
    equals(
      [seen.failures.length, (await standing(opened.store))?.deadLetters],
      [5, 1],
      'five failures, one dead letter',
    );
  }),
  logCase('does not count a delivery that its stop cut short', async (opened) => {
    await happen(opened, 1);
    for (let at = 0; at <= DELIVERY_ATTEMPTS_MAX; at += 1) await stopMidway(opened);
    equals((await standing(opened.store))?.attempt, 0, 'nothing has failed');
    const { consumer, seen } = follow(opened);
    equals(await consumer.drain(60_000), 'caught_up', 'the next one delivers it');
    equals(seen.deliveries, [{ cursor: 1, attempt: 1, isReplay: true }], 'as the first attempt');
  }),
  logCase('tries again though the clock was set back', async (opened) => {
    await happen(opened, 1);
    const { consumer, seen } = follow(opened, {
      handle: async ({ attempt }) => {
        if (attempt === 1) throw new Error('no');
        return [];
      },
    });
    await consumer.drain(0);
    opened.platform.jumpClock(-3_600_000);
    equals(await whileTimePasses(opened, consumer.drain(60_000)), 'caught_up', 'an hour is not waited for');
    equals(seen.deliveries.length, 2, 'the second attempt was made');
  }),
];

async function stopMidway(opened: OpenedLog): Promise<void> {
  const { consumer, seen } = follow(opened, {
    handle: ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })),
  });
  consumer.start();
  for (let turn = 0; turn < 100 && seen.deliveries.length === 0; turn += 1) await settle(opened);
  await consumer.stop();
  equals(
    [seen.deliveries.length, seen.failures.length],
    [1, 0],
    'the delivery was under way and is not called a failure',
  );
}

export function codeOf(reason: unknown): string {
  if (isFault(reason)) return reason.code;
  return reason instanceof Error ? reason.name : 'unknown';
}
