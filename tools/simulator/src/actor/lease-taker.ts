/**
 * Takes leases, writes under them, and sometimes sleeps for too long in between.
 *
 * Not here: what may be written under a lease (`../invariant/fencing.ts`).
 */
import {
  acquireLease,
  checkLease,
  getRecord,
  leaseMachine,
  releaseLease,
  type AppendWrite,
  type LeaseProof,
} from '@reborn/host-api';
import { checkFencing, FENCED_KIND, TAKEN_KIND } from '../invariant/fencing.ts';
import type { World } from '../world/world.ts';
import { pauseFor, type Actor, type Operation, type OperationContext } from './actor.ts';
import { drawDraft, FENCED_STREAM } from './streams.ts';

const LEASES = 2;
/** How often a taker comes back for a lease that somebody holds. */
const TRIES_MAX = 6;

interface Taken {
  readonly lease: LeaseProof;
  readonly ttlMs: number;
}

export function createLeaseTaker(world: World): Actor {
  const { sometimes } = world.options;

  async function take({ process, random }: OperationContext, key: string): Promise<Taken | undefined> {
    const ttlMs = random.between(50, 250);
    const holder = process.platform.ids.uuid();
    const before = await getRecord(process.store, leaseMachine, key);
    const record = drawDraft(process, random, { kind: TAKEN_KIND, body: { leaseKey: key, holder } });
    const append: AppendWrite = { kind: 'append', stream: FENCED_STREAM, records: [record] };
    const outcome = await process.store.commit([acquireLease(key, holder, ttlMs), append]);
    const receipt = outcome.kind === 'committed' ? outcome.receipts[0] : undefined;
    if (receipt?.kind !== 'record') return undefined;
    if (before?.status === 'held') sometimes('a lease was taken over after its time');
    const { fence } = leaseMachine.row.parse(receipt.row);
    return { lease: { key, holder, fence }, ttlMs };
  }

  /** Writes under the lease until it is given back or lost; now and then just before its end, or long after. */
  async function work({ process, random }: OperationContext, { lease, ttlMs }: Taken): Promise<void> {
    const { key: leaseKey, holder } = lease;
    for (let left = random.between(1, 6); left > 0; left -= 1) {
      const record = drawDraft(process, random, { kind: FENCED_KIND, body: { leaseKey, holder } });
      const append: AppendWrite = { kind: 'append', stream: FENCED_STREAM, records: [record] };
      const outcome = await process.store.commit([checkLease(lease), append]);
      if (outcome.kind === 'conflict') {
        sometimes('a stale fence was refused');
        return;
      }
      const pauses = [random.between(0, 20), random.between(ttlMs - 15, ttlMs), random.between(100, 500)];
      await pauseFor(process, random.pick(pauses));
    }
    await process.store.commit([releaseLease(lease)]);
  }

  const hold: Operation = {
    name: 'lease.hold',
    weight: 8,
    run: async (context) => {
      const { process, random } = context;
      const key = `lease-${random.between(1, LEASES)}`;
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const taken = await take(context, key);
        if (taken !== undefined) return work(context, taken);
        await pauseFor(process, random.between(5, 80));
      }
    },
  };
  return { operations: [hold], checkAlways: (image) => checkFencing(world.history, image) };
}
