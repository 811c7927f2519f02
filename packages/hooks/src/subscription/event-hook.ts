/**
 * An event hook at work: a durable follower of the runtime family that calls one hook for each event of its kinds.
 *
 * Not here: following itself, with leases, acknowledgements and retries (`createConsumer` of `@reborn/events`); starting
 * and stopping followers with a host (`@reborn/reborn`).
 * Source: rulings, section 7; specification 1, B14.
 */
import {
  digestOf,
  type Clock,
  type Diagnostics,
  type DigestPort,
  type DurableStore,
  type StreamRecord,
  type Timers,
  type Write,
} from '@reborn/host-api';
import {
  createConsumer,
  endSubscription,
  EventsError,
  NOTE_BYTES_MAX,
  toAppends,
  toLogEntry,
  type Consumer,
  type Delivery,
  type DeliveryFailure,
  type RuntimeEvent,
  type SubscriptionGap,
} from '@reborn/events';
import { deepFreeze } from '../deep-freeze.ts';
import { HooksError } from '../errors.ts';
import { NOTES_PER_DELIVERY_MAX } from '../limits.ts';
import { toPlainText } from '../plain-text.ts';
import type { EventDelivery } from '../registry/hook-spec.ts';
import { isRegisteredHook, type RegisteredEventHook } from '../registry/registry.ts';
import { eventIdOf, failureRecords, noteRecords, type DeliveryFacts } from './delivery-record.ts';
import { resolvePin, type EventHookPin, type ResolvedPin } from './pin.ts';

/** `from` says where a subscription begins that never was there before: with the history, or behind it. */
export interface EventHookFollowerOptions {
  readonly hook: RegisteredEventHook;
  readonly pin: EventHookPin;
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly digest: DigestPort;
  readonly diagnostics: Diagnostics;
  /** Names this process and instance. */
  readonly holder: string;
  readonly from?: 'origin' | 'head';
  /** As for any follower (`ConsumerOptions.leaseMs`). Units: milliseconds. */
  readonly leaseMs?: number;
  /** As for any follower (`ConsumerOptions.jitter`). */
  readonly jitter?: () => number;
}

/**
 * Makes the follower of one hook at one pin. It is durable: wherever it runs next, it goes on behind the last event that
 * was acknowledged.
 *
 * At least once: an event is acknowledged after the hook returned, so a host that dies in between delivers it again. The
 * hook recognises it by its `eventId`; its notes stand in the journal once all the same. `attempt` counts the failures
 * that were recorded, plus one; one during which the host died or stalled is recorded by whoever takes over. `isReplay`
 * is true for what was in the log when this follower first looked at it, whether the hook saw it earlier or not. Events
 * of one pin come in order, one at a time.
 *
 * A failed delivery is tried again with growing pauses and holds up what comes behind it; after the last attempt it is a
 * dead letter and the next event's turn. Events that a newer version wrote are acknowledged without a delivery. When a
 * tenant's grant runs out, nothing more is read or acknowledged: `drain` fails with `events/not_granted`, a started
 * follower reports it and waits, and a follower with a new grant goes on where this one ended.
 *
 * Where events were cut off before the hook had seen them, its subscription ends for good (`subscription_terminated`).
 *
 * Errors: `hooks/invalid_composition` for a hook that is not out of a registry, and those of the pin.
 */
export function createEventHookFollower(options: EventHookFollowerOptions): Consumer {
  const { hook, clock, timers, diagnostics, holder } = options;
  if (!isRegisteredHook(hook) || hook.point !== 'event_triggered') {
    throw new HooksError('hooks/invalid_composition', { detail: { field: 'hook' } });
  }
  const pin = resolvePin(options.pin, clock);
  const deliveries = new HookDeliveries(options, subscriptionName(hook, pin, options.digest));
  return createConsumer({
    store: readableWhileGranted(options.store, pin),
    clock,
    timers,
    diagnostics,
    name: deliveries.subscription,
    stream: { family: 'runtime', tenantId: pin.readScope.tenantId },
    filter: { labels: pin.readScope.labels, kinds: hook.kinds },
    admits: (record) => pin.admits(record.labels),
    holder,
    from: options.from ?? 'origin',
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    ...(options.jitter === undefined ? {} : { jitter: options.jitter }),
    handle: (delivery) => deliveries.handle(delivery),
    onFailure: (delivery, failure) => deliveries.onFailure(delivery, failure),
    onGap: (gap) => deliveries.onGap(gap),
  });
}

/** One name for one hook at one pin, whoever asks and whenever. Shape: a token. */
function subscriptionName(hook: RegisteredEventHook, pin: ResolvedPin, digest: DigestPort): string {
  return `event_hook:${digestOf({ hookId: hook.id, pin: pin.identity }, digest).slice('sha256:'.length)}`;
}

/** The store, whose streams close when the pin is no longer in force. What was read before that is still delivered. */
function readableWhileGranted(store: DurableStore, pin: ResolvedPin): DurableStore {
  return {
    durability: store.durability,
    commit: (writes) => store.commit(writes),
    get: (machine, key) => store.get(machine, key),
    list: (machine, request) => store.list(machine, request),
    readStream: async (request) => {
      pin.assertInForce();
      return store.readStream(request);
    },
    readRaw: async (request) => {
      pin.assertInForce();
      return store.readRaw(request);
    },
    listStreams: async (request) => {
      pin.assertInForce();
      return store.listStreams(request);
    },
    onCommit: (listener, interest) => store.onCommit(listener, interest),
    anchor: () => store.anchor(),
    close: () => store.close(),
  };
}

class HookDeliveries {
  readonly subscription: string;
  readonly #options: EventHookFollowerOptions;
  /** Deliveries that the hook itself broke off; the other failed ones ran out of time. */
  readonly #thrown = new WeakSet<Delivery>();

  constructor(options: EventHookFollowerOptions, subscription: string) {
    this.#options = options;
    this.subscription = subscription;
  }

  async handle(delivery: Delivery): Promise<readonly Write[]> {
    const event = toEvent(delivery.record);
    if (event === undefined) return [];
    const { attempt, isReplay, signal } = delivery;
    const notes = new NotePad();
    const { body } = this.#options.hook;
    const seen: EventDelivery = Object.freeze({ attempt, isReplay, signal, note: (text: string) => notes.add(text) });
    try {
      await body(deepFreeze(event), seen);
    } catch (reason) {
      if (!signal.aborted) this.#thrown.add(delivery);
      throw reason;
    } finally {
      notes.close();
    }
    return toAppends(noteRecords(this.#facts(delivery, event), notes.texts, this.#options));
  }

  onFailure(delivery: Delivery, { dead, reason }: DeliveryFailure): readonly Write[] {
    const event = toEvent(delivery.record);
    if (event === undefined) return [];
    const { hook, diagnostics } = this.#options;
    const { attempt } = delivery;
    const errorKind = errorKindOf(reason, this.#thrown.has(delivery));
    diagnostics.report('An event hook failed', { hookId: hook.id, hook: hook.localId, attempt, dead, errorKind });
    return toAppends(failureRecords(this.#facts(delivery, event), { attempt, dead, errorKind }, this.#options));
  }

  /** A hook that missed events does not go on as if it had seen them: its subscription ends, and the log says so. */
  onGap({ through }: SubscriptionGap): readonly Write[] {
    const { subscription: name } = this;
    const { pin, clock, digest } = this.#options;
    const owner = pin.kind === 'thread' ? pin.scope : { tenantId: pin.tenantId };
    const stream = { family: 'runtime', tenantId: owner.tenantId } as const;
    const scope = pin.kind === 'thread' ? { scope: pin.scope } : {};
    const eventId = eventIdOf({ subscription: name, tenantId: owner.tenantId, missed: through }, digest);
    return endSubscription({ stream, name, reason: 'history_gone', ...scope }, { eventId, atMs: clock.nowMs() });
  }

  #facts(delivery: Delivery, event: RuntimeEvent): DeliveryFacts {
    const { subscription } = this;
    const { id: hookId, extensionId: provider } = this.#options.hook;
    return { hookId, provider, subscription, cursor: delivery.record.cursor, event };
  }
}

/** The hook broke off, its host died under it, or it ran out of time. */
function errorKindOf(reason: unknown, thrown: boolean): string {
  if (thrown) return 'panic';
  return EventsError.is(reason) && reason.code === 'events/delivery_abandoned' ? 'abandoned' : 'timeout';
}

/** What a hook wrote down during one delivery. */
class NotePad {
  readonly texts: string[] = [];
  #open = true;

  add(text: unknown): boolean {
    if (!this.#open || typeof text !== 'string' || this.texts.length >= NOTES_PER_DELIVERY_MAX) return false;
    this.texts.push(toPlainText(text, NOTE_BYTES_MAX));
    return true;
  }

  close(): void {
    this.#open = false;
  }
}

/** The event of a record, or nothing for one that a newer version wrote. */
function toEvent(record: StreamRecord): RuntimeEvent | undefined {
  const entry = toLogEntry('runtime', record);
  return entry.known ? (entry.record as RuntimeEvent) : undefined;
}
