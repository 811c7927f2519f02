/**
 * What the cases of the follower's contract share: a follower of Alice's runtime events whose work can be seen.
 *
 * Not here: the cases.
 */
import {
  getRecord,
  parseEventId,
  type AppendWrite,
  type DurableStore,
  type StreamKey,
  type Timers,
  type Write,
} from '@reborn/host-api';
import { buildScope, fixedUuid } from '@reborn/host-api/testkit';
import { toAppends } from '../../record/log-record.ts';
import type { ConsumerOptions, Delivery, DeliveryFailure } from '../../subscription/consumer.ts';
import { createConsumer } from '../../subscription/follower.ts';
import { leaseKeyOf, subscriptionKey } from '../../subscription/subscription-key.ts';
import { subscriptionMachine, type SubscriptionRow } from '../../subscription/subscription.ts';
import { buildLogRecord } from '../builder.ts';
import type { OpenedLog } from '../harness.ts';

export const SOURCE: StreamKey = { family: 'runtime', tenantId: buildScope().tenantId };
/** Where handlers write what they have done. */
export const WORK: StreamKey = { family: 'journal', tenantId: buildScope().tenantId };
export const NAME = 'hook:notes';
export const KEY = subscriptionKey(SOURCE, NAME);
export const LEASE_KEY = leaseKeyOf(KEY);

/** What a follower was told about one delivery and about its failure. */
export interface Seen {
  readonly deliveries: { readonly cursor: number; readonly attempt: number; readonly isReplay: boolean }[];
  readonly failures: (DeliveryFailure & { readonly cursor: number })[];
}

/** A follower that writes one record of work for each delivery, unless told otherwise. `pendingTimers`: its own. */
export function follow({ store, platform }: OpenedLog, overrides: Partial<ConsumerOptions> = {}) {
  const seen: Seen = { deliveries: [], failures: [] };
  const { timers, pendingTimers } = countTimers(platform.timers);
  const { handle = async ({ record }) => [workOn(record.cursor)], onFailure = () => [], ...rest } = overrides;
  const options: ConsumerOptions = {
    store,
    clock: platform.clock,
    timers,
    diagnostics: platform.diagnostics,
    name: NAME,
    stream: SOURCE,
    holder: 'host-1',
    from: 'origin',
    ...rest,
    handle: (delivery: Delivery): Promise<readonly Write[]> => {
      const { record, attempt, isReplay } = delivery;
      seen.deliveries.push({ cursor: record.cursor, attempt, isReplay });
      return handle(delivery);
    },
    onFailure: (delivery, failure) => {
      seen.failures.push({ cursor: delivery.record.cursor, ...failure });
      return onFailure(delivery, failure);
    },
  };
  return { consumer: createConsumer(options), seen, pendingTimers };
}

/** A store has timers of its own: those of the follower are counted apart. */
function countTimers(timers: Timers): { readonly timers: Timers; readonly pendingTimers: () => number } {
  const pending = new Set<symbol>();
  const schedule: Timers['schedule'] = (delayMs, callback) => {
    const timer = Symbol('timer');
    pending.add(timer);
    const cancel = timers.schedule(delayMs, () => {
      pending.delete(timer);
      callback();
    });
    return () => {
      pending.delete(timer);
      cancel();
    };
  };
  return { timers: { schedule }, pendingTimers: () => pending.size };
}

/** The work on the record at `cursor`: a note, each time under a new identity, so that doubled work shows. */
export function workOn(cursor: number): AppendWrite {
  made += 1;
  const note = buildLogRecord('hook_note', 500_000 + made, { cursor, text: `work on ${cursor}` });
  return { kind: 'append', stream: WORK, records: toAppends([note]).flatMap((write) => write.records) };
}
let made = 0;

/** The cursors that were worked on, in the order of the work. */
export async function workDone(store: DurableStore): Promise<readonly number[]> {
  const page = await store.readStream({ stream: WORK, after: 0, limit: 1000 });
  return page.records.map(({ body }) => Number(body['cursor']));
}

/** Appends records 1 to `count` of the source, or `first` and following. */
export async function happen({ log }: Pick<OpenedLog, 'log'>, count: number, first = 1): Promise<void> {
  const records = Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at));
  for (let at = 0; at < records.length; at += 500) await log.append(records.slice(at, at + 500));
}

/** Something whose event id stands for `number` that a filter by kind passes by. */
export function otherThing(number: number): AppendWrite {
  const drafts = toAppends([buildLogRecord('run_completed', number)]).flatMap((write) => write.records);
  return {
    kind: 'append',
    stream: SOURCE,
    records: drafts.map((draft) => ({ ...draft, eventId: parseEventId(fixedUuid(number)) })),
  };
}

export function standing(store: DurableStore): Promise<SubscriptionRow | undefined> {
  return getRecord(store, subscriptionMachine, KEY);
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
