/**
 * I8: an acknowledged cursor never passes a record that was not delivered: each matching record up to it has its effect,
 * once. The effect is a record that the follower writes with its acknowledgement.
 *
 * Not here: how followers work (`@reborn/events`).
 * Source: the project's measures, B1.
 */
import { subscriptionKey, subscriptionMachine } from '@reborn/events';
import { streamName, type StreamKey } from '@reborn/host-api';
import { z } from 'zod';
import type { History } from './history.ts';
import type { StoreImage } from './store-image.ts';
import { violation, type Violation } from './violation.ts';

/** Effects are records of this kind; their body names the subscription and the cursor that was delivered. */
export const FOLLOWED_KIND = 'followed';
const followedBodySchema = z.object({ subscription: z.string(), cursor: z.int() });

/** A follower that begins at the origin and takes every record of one kind. */
export interface FollowedStream {
  readonly name: string;
  readonly stream: StreamKey;
  readonly kind: string;
  /** Where its effects go: a stream that nobody cuts. */
  readonly effects: StreamKey;
}

export function checkDelivery(history: History, image: StoreImage, followed: FollowedStream): readonly Violation[] {
  const key = subscriptionKey(followed.stream, followed.name);
  const row = image.rows.get(subscriptionMachine.name)?.get(key);
  const cursor = row === undefined ? 0 : subscriptionMachine.row.parse(row).cursor;
  const effects = new Map<number, number>();
  for (const { content } of image.streams.get(streamName(followed.effects))?.records ?? []) {
    if (content?.kind !== FOLLOWED_KIND) continue;
    const effect = followedBodySchema.parse(JSON.parse(content.bodyText));
    if (effect.subscription === key) effects.set(effect.cursor, (effects.get(effect.cursor) ?? 0) + 1);
  }
  const missing = [...matchingCursors(history, image, followed)].filter((at) => at <= cursor && !effects.has(at));
  const doubled = [...effects].filter(([, count]) => count > 1);
  const ahead = [...effects.keys()].filter((at) => at > cursor);
  return [
    ...missing.map((at) =>
      violation('I8', `${followed.name}: acknowledged up to ${cursor}, and ${at} was not delivered`),
    ),
    ...doubled.map(([at]) => violation('I8', `${followed.name}: the effect of ${at} is there more than once`)),
    ...ahead.map((at) => violation('I8', `${followed.name}: the effect of ${at} is there and not acknowledged`)),
  ];
}

/** Also those that were cut off since: what was acknowledged to their writers tells where they stood. */
function matchingCursors(history: History, image: StoreImage, { stream, kind }: FollowedStream): ReadonlySet<number> {
  const name = streamName(stream);
  const found = new Set<number>();
  for (const { cursor, content } of image.streams.get(name)?.records ?? [])
    if (content?.kind === kind) found.add(cursor);
  for (const { writes, outcome } of history.units) {
    for (const [at, write] of writes.entries()) {
      const receipt = outcome.kind === 'committed' ? outcome.receipts[at] : undefined;
      if (write.kind !== 'append' || receipt?.kind !== 'appended' || streamName(write.stream) !== name) continue;
      for (const [index, cursor] of receipt.cursors.entries())
        if (write.records[index]?.kind === kind) found.add(cursor);
    }
  }
  return found;
}
