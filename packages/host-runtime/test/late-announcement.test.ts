/** A caller that has looked before another one tried and failed: what it announces then is the next attempt of that call. */
import { idempotencyMachine } from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import { createLatch, scriptedHandler } from '@reborn/host-runtime/testkit';
import { expect, test } from 'vitest';
import { createWorld, done } from './support.ts';

test('an attempt that was announced from an older look is numbered, and called, as what it is', async () => {
  const world = createWorld();
  const failed = { kind: 'failed', code: 'busy', message: 'Busy.', effect: 'none' } as const;
  const handler = scriptedHandler({ runs: [failed, done] });
  const looked = createLatch();
  let looks = 0;
  const late = wrapStore(world.store, {
    get: async (machine, key) => {
      const row = await world.store.get(machine, key);
      if (machine === idempotencyMachine.name && (looks += 1) === 1) await looked.opened;
      return row;
    },
  });
  const first = world.newCall({ text: 'a' }, { idempotencyKey: 'k' });
  const second = world.newCall({ text: 'a' }, { idempotencyKey: 'k' });
  const waiting = world.open([handler], { store: late }).invokeCapability(second);
  await world.open([handler]).invokeCapability(first);
  looked.open();
  expect((await waiting).kind).toBe('completed');
  const intended = (await world.records('journal')).filter(({ kind }) => kind === 'effect_intended');
  const settled = (await world.records('journal')).filter(({ kind }) => kind === 'effect_settled');
  const { invocationId } = first.context;
  const attempts = [1, 2].map((attempt) => ({ invocationId, attempt }));
  expect(intended.map((record) => ({ invocationId: record['invocationId'], attempt: record['attempt'] }))).toEqual(
    attempts,
  );
  expect(settled.map((record) => ({ invocationId: record['invocationId'], attempt: record['attempt'] }))).toEqual(
    attempts,
  );
});
