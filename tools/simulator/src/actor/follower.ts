/**
 * Durable followers in every process: they share subscriptions, fail now and then, and write the effect of each delivery
 * with its acknowledgement.
 *
 * Not here: how followers work (`@reborn/events`), what has to hold of them (`../invariant/delivery.ts`).
 */
import { createConsumer, subscriptionKey, subscriptionMachine, type Delivery } from '@reborn/events';
import { streamName, transition, type DurableStore, type Write } from '@reborn/host-api';
import { checkDelivery, type FollowedStream } from '../invariant/delivery.ts';
import type { StoreImage } from '../invariant/store-image.ts';
import { violation, type Violation } from '../invariant/violation.ts';
import { withCommit } from '../store/with-commit.ts';
import type { SimulatedProcess, World } from '../world/world.ts';
import type { Actor } from './actor.ts';
import { FOLLOWED, followedDraft } from './streams.ts';

/** Short, so that a subscription changes hands within a simulation. Units: milliseconds. */
const LEASE_MS = 500;
const ATTEMPTS = 3;

export function createFollowers(world: World): Actor {
  const delivered = new Set<string>();
  const start = (process: SimulatedProcess): void => {
    for (const followed of FOLLOWED) follow(world, process, followed, delivered);
  };
  return {
    operations: [],
    start,
    checkAlways: (image) => FOLLOWED.flatMap((followed) => checkDelivery(world.history, image, followed)),
    checkEnd: (image) => FOLLOWED.flatMap((followed) => checkCaughtUp(image, followed)),
  };
}

function follow(world: World, process: SimulatedProcess, followed: FollowedStream, delivered: Set<string>): void {
  const { name, stream, kind, effects } = followed;
  const { sometimes, random } = world.options;
  const key = subscriptionKey(stream, name);
  let at = 0;
  const effectOf = (delivery: Delivery): Write => ({
    kind: 'append',
    stream: effects,
    records: [followedDraft(process, key, delivery.record.cursor)],
  });
  const handle = async (delivery: Delivery): Promise<readonly Write[]> => {
    at = delivery.record.cursor;
    const seen = `${key} ${at}`;
    if (delivered.has(seen) && delivery.attempt === 1)
      sometimes('a delivery was made again after the end of a process');
    if (delivery.attempt > 1) sometimes('a delivery failed and was made again');
    delivered.add(seen);
    if (!world.quiet && random.chance(0.15)) throw new Error('a handler that fails now and then');
    return [effectOf(delivery)];
  };
  createConsumer({
    store: undisciplined(world, process.store, key, () => at),
    ...process.platform,
    name,
    stream,
    filter: { kinds: [kind] },
    holder: process.owner.name,
    leaseMs: LEASE_MS,
    attempts: ATTEMPTS,
    from: 'origin',
    handle,
    onFailure: (delivery, { dead }) => {
      if (dead) sometimes('a delivery was given up');
      return dead ? [effectOf(delivery)] : [];
    },
  }).start();
}

/** The store of a follower that was made wrongly. */
function undisciplined(world: World, store: DurableStore, key: string, at: () => number): DurableStore {
  const { acknowledges, failures } = world.options.actorDiscipline;
  if (failures === 'passed') {
    return withCommit(store, (writes) => store.commit(writes.map((write) => passFailure(write, key, at()))));
  }
  if (acknowledges === 'with_effects') return store;
  return withCommit(store, async (writes) => {
    const effects = writes.filter(({ kind }) => kind === 'append');
    if (effects.length === 0 || effects.length === writes.length) return store.commit(writes);
    const first = await store.commit(writes.filter(({ kind }) => kind !== 'append'));
    return first.kind === 'committed' ? store.commit(effects) : first;
  });
}

function passFailure(write: Write, key: string, to: number): Write {
  if (write.kind !== 'transition' || write.machine !== subscriptionMachine.name) return write;
  if (write.command['trigger'] !== 'fail') return write;
  const command = subscriptionMachine.command.parse(write.command);
  if (command.trigger !== 'fail') return write;
  return transition(subscriptionMachine, key, { trigger: 'acknowledge', from: command.from, to, dead: false });
}

function checkCaughtUp(image: StoreImage, { name, stream, kind }: FollowedStream): readonly Violation[] {
  const records = image.streams.get(streamName(stream))?.records ?? [];
  const last = records.findLast(({ content }) => content?.kind === kind)?.cursor ?? 0;
  const row = image.rows.get(subscriptionMachine.name)?.get(subscriptionKey(stream, name));
  const cursor = row === undefined ? 0 : subscriptionMachine.row.parse(row).cursor;
  if (cursor >= last) return [];
  return [violation('I11', `${name} stands at ${cursor} and the last record for it at ${last}, though all is quiet`)];
}
