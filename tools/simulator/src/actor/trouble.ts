/**
 * What befalls a machine from outside: processes are killed, power is lost, the lock is held by a stranger, a process is cut
 * off, clocks jump.
 *
 * Not here: what is wrong with the disk and the network all the time (`../world/swarm.ts`).
 */
import { MACHINE, type World } from '../world/world.ts';
import type { Actor, Operation } from './actor.ts';

export function createTrouble(world: World): Actor {
  const { scheduler, network } = world.options;
  const kill: Operation = {
    name: 'trouble.kill',
    weight: 1.5,
    needs: 'kills',
    run: async ({ process }) => world.kill(process.owner.name),
  };
  const power: Operation = {
    name: 'trouble.power',
    weight: 1,
    needs: 'power_losses',
    run: async () => world.losePower(),
  };
  const lock: Operation = {
    name: 'trouble.lock',
    weight: 1,
    needs: 'busy_locks',
    run: async ({ random }) => {
      const letGo = world.disk.hold({ name: 'stranger', alive: true });
      const ms = random.chance(0.2) ? random.between(4_000, 8_000) : random.between(20, 600);
      if (letGo !== undefined) scheduler.hold(MACHINE, 'the stranger lets go', ms, letGo);
    },
  };
  const cutOff: Operation = {
    name: 'trouble.cut_off',
    weight: 1,
    needs: 'partitions',
    run: async ({ process }) => network.cutOff(process.owner.name),
  };
  const jump: Operation = {
    name: 'trouble.clock',
    weight: 1,
    needs: 'clock_jumps',
    run: async ({ process, random }) => process.platform.jumpClock(random.between(-10_000, 10_000)),
  };
  return { operations: [kill, power, lock, cutOff, jump] };
}
