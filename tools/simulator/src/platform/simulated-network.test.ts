import { describe, expect, test } from 'vitest';
import { createScheduler, type Owner } from './scheduler.ts';
import { createSeededRandom } from './seeded-random.ts';
import { createSimulatedNetwork, GOOD_NETWORK, type NetworkConditions } from './simulated-network.ts';

/** Three processes, and what the second and the third hear of a hundred messages of the first. */
async function hearing(
  conditions: NetworkConditions,
  act: (network: ReturnType<typeof createSimulatedNetwork>, owners: readonly Owner[]) => void = () => undefined,
) {
  const scheduler = createScheduler({ random: createSeededRandom('schedule') });
  const told = { lost: 0, doubled: 0 };
  const network = createSimulatedNetwork({
    scheduler,
    random: createSeededRandom('network'),
    conditions,
    on: { lost: () => void (told.lost += 1), doubled: () => void (told.doubled += 1) },
  });
  const owners = ['a', 'b', 'c'].map((name): Owner => ({ name, alive: true }));
  const heard = [0, 0, 0];
  for (const [at, owner] of owners.entries()) network.join(owner, () => void (heard[at] = (heard[at] ?? 0) + 1));
  act(network, owners);
  for (const first of owners.slice(0, 1)) for (let sent = 0; sent < 100; sent += 1) network.broadcast(first, 'hint');
  await scheduler.run(1_000);
  return { heard, ...told };
}

describe('The simulated network', () => {
  test('brings a message to everybody else', async () => {
    expect(await hearing(GOOD_NETWORK)).toEqual({ heard: [0, 100, 100], lost: 0, doubled: 0 });
  });

  test('loses and doubles as it is told to, and says so', async () => {
    const { heard, lost, doubled } = await hearing({ ...GOOD_NETWORK, loss: 0.5, duplication: 0.5 });
    expect([lost > 60 && lost < 140, doubled > 20]).toEqual([true, true]);
    expect((heard[1] ?? 0) + (heard[2] ?? 0)).toBe(200 - lost + doubled);
  });

  test('brings nothing to a process that is cut off or dead, until the cut is healed', async () => {
    const cut = await hearing(GOOD_NETWORK, (network, [, , third]) => {
      network.cutOff('b');
      if (third !== undefined) third.alive = false;
    });
    expect(cut.heard).toEqual([0, 0, 0]);
    const healed = await hearing(GOOD_NETWORK, (network) => {
      network.cutOff('b');
      network.heal();
    });
    expect(healed.heard).toEqual([0, 100, 100]);
  });
});
