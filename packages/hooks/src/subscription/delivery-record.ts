/**
 * What an event hook leaves in the journal: its notes and its failures. Never in the runtime family, which it follows:
 * hooks that watch cannot wake one another.
 *
 * Not here: where these records are committed (the consumer of `@reborn/events`, with the acknowledgement).
 */
import {
  digestOf,
  parseEventId,
  type Clock,
  type DigestPort,
  type EventId,
  type ExtensionId,
  type JsonObject,
} from '@reborn/host-api';
import type { JournalRecord, RuntimeEvent } from '@reborn/events';
import type { HookId } from '../identity.ts';

/** What one delivery's records are about, and where they take their time and ids from. */
export interface DeliveryFacts {
  readonly hookId: HookId;
  readonly provider: ExtensionId;
  readonly subscription: string;
  readonly cursor: number;
  readonly event: RuntimeEvent;
}

export interface RecordPorts {
  readonly clock: Clock;
  readonly digest: DigestPort;
}

/** The notes of a delivery, under ids that a second delivery of the same event would give them again. */
export function noteRecords(
  facts: DeliveryFacts,
  notes: readonly string[],
  ports: RecordPorts,
): readonly JournalRecord[] {
  const { hookId, provider, subscription, cursor } = facts;
  return notes.map((text, at) => ({
    kind: 'hook_note',
    ...base(facts, { note: at }, ports),
    hookId,
    provider,
    subscription,
    cursor,
    text,
  }));
}

/** `delivery_failed` for each failed attempt; behind the last one also `delivery_dead_lettered`. */
export function failureRecords(
  facts: DeliveryFacts,
  failure: { readonly attempt: number; readonly dead: boolean; readonly errorKind: string },
  ports: RecordPorts,
): readonly JournalRecord[] {
  const { subscription, cursor } = facts;
  const { attempt, dead, errorKind } = failure;
  const failed: JournalRecord = {
    kind: 'delivery_failed',
    ...base(facts, { failed: attempt }, ports),
    subscription,
    cursor,
    attempt,
    errorKind,
  };
  if (!dead) return [failed];
  return [
    failed,
    {
      kind: 'delivery_dead_lettered',
      ...base(facts, { dead: attempt }, ports),
      subscription,
      cursor,
      attempts: attempt,
    },
  ];
}

function base(facts: DeliveryFacts, what: JsonObject, { clock, digest }: RecordPorts) {
  const { scope, runId, invocationId, correlationId } = facts.event;
  const eventId = eventIdOf({ subscription: facts.subscription, cursor: facts.cursor, ...what }, digest);
  return { eventId, atMs: clock.nowMs(), scope, runId, invocationId, correlationId };
}

/** A UUID of version 8 (RFC 9562, section 5.8) made of a fingerprint: the same facts have the same id. */
export function eventIdOf(facts: JsonObject, digest: DigestPort): EventId {
  const hex = digestOf(facts, digest).slice('sha256:'.length);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parseEventId(parts.join('-'));
}
