/**
 * Cuts streams off and takes single contents away, behind the slowest follower of each.
 *
 * Not here: rules of retention (`@reborn/events`).
 */
import { subscriptionKey, subscriptionMachine } from '@reborn/events';
import { getRecord, streamName, type StreamKey } from '@reborn/host-api';
import type { SimulatedProcess, World } from '../world/world.ts';
import type { Actor, Operation } from './actor.ts';
import { FOLLOWED, OPEN_STREAMS } from './streams.ts';

export function createRetention(world: World): Actor {
  const { sometimes, actorDiscipline } = world.options;

  /** Up to where nobody needs the stream any more. */
  async function freeUpTo(process: SimulatedProcess, stream: StreamKey): Promise<number> {
    const { head } = await process.store.readStream({ stream, after: 0, limit: 1 });
    const followed = FOLLOWED.find((one) => streamName(one.stream) === streamName(stream));
    if (followed === undefined || actorDiscipline.cuts === 'anywhere') return head;
    const row = await getRecord(process.store, subscriptionMachine, subscriptionKey(stream, followed.name));
    return row?.cursor ?? 0;
  }

  const cut: Operation = {
    name: 'retention.cut',
    weight: 3,
    run: async ({ process, random }) => {
      const stream = random.pick(OPEN_STREAMS);
      const free = await freeUpTo(process, stream);
      const outcome = await process.store.commit([{ kind: 'truncate', stream, through: random.between(0, free) }]);
      const receipt = outcome.kind === 'committed' ? outcome.receipts[0] : undefined;
      const isFollowed = FOLLOWED.some((one) => streamName(one.stream) === streamName(stream));
      if (isFollowed && receipt?.kind === 'stream' && receipt.records > 0) sometimes('a followed stream was cut');
    },
  };
  const remove: Operation = {
    name: 'retention.remove',
    weight: 3,
    run: async ({ process, random }) => {
      const stream = random.pick(OPEN_STREAMS);
      const free = await freeUpTo(process, stream);
      if (free === 0) return;
      const cursors = Array.from({ length: random.between(1, 3) }, () => random.between(1, free));
      await process.store.commit([{ kind: 'remove', stream, cursors }]);
    },
  };
  return { operations: [cut, remove] };
}
