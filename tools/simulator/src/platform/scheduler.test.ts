import { describe, expect, test } from 'vitest';
import { createScheduler, createSelfRunningScheduler, type Owner } from './scheduler.ts';
import { createSeededRandom } from './seeded-random.ts';

const owner: Owner = { name: 'p', alive: true };

describe('The scheduler', () => {
  test('calls back in the order of virtual time, and runs promise jobs in between', async () => {
    const scheduler = createScheduler({ random: createSeededRandom('s') });
    const seen: string[] = [];
    scheduler.hold(owner, 'b', 20, () => seen.push(`b at ${scheduler.nowMs()}`));
    scheduler.hold(owner, 'a', 10, () => {
      seen.push(`a at ${scheduler.nowMs()}`);
      void Promise.resolve().then(() => seen.push('job of a'));
    });
    scheduler.hold(owner, 'c', 30, () => seen.push('c'));
    await scheduler.run(25);
    expect([seen, scheduler.nowMs(), scheduler.held()]).toEqual([['a at 10', 'job of a', 'b at 20'], 25, 1]);
  });

  test('lets the seed decide among those that are due at once', async () => {
    const orderOf = async (seed: string): Promise<string> => {
      const scheduler = createScheduler({ random: createSeededRandom(seed) });
      const seen: string[] = [];
      for (const name of ['a', 'b', 'c', 'd']) scheduler.hold(owner, name, 5, () => seen.push(name));
      await scheduler.run(5);
      return seen.join('');
    };
    const orders = await Promise.all(Array.from({ length: 20 }, (_, seed) => orderOf(`${seed}`)));
    expect(new Set(orders).size).toBeGreaterThan(5);
    expect(await orderOf('1')).toBe(orders[1]);
  });

  test('brings back nothing of the dead, and nothing that was taken back', async () => {
    const scheduler = createScheduler({ random: createSeededRandom('s') });
    const mortal: Owner = { name: 'q', alive: true };
    const seen: string[] = [];
    scheduler.hold(mortal, 'a', 5, () => seen.push('a'));
    scheduler.hold(owner, 'b', 5, () => seen.push('b'))();
    scheduler.hold(owner, 'c', 5, () => seen.push('c'));
    mortal.alive = false;
    await scheduler.run(10);
    expect(seen).toEqual(['c']);
  });

  test('runs by itself where nobody runs it', async () => {
    const scheduler = createSelfRunningScheduler(createSeededRandom('s'));
    const seen = await new Promise<number>((resolve) => {
      scheduler.hold(owner, 'a', 3, () => scheduler.hold(owner, 'b', 4, () => resolve(scheduler.nowMs())));
    });
    expect(seen).toBe(7);
  });
});
