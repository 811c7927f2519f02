/**
 * Where a durable follower stands: the cursor up to which it has done its work.
 *
 * Not here: how it works through the stream (`consumer.ts`), what all of a stream's followers need (`registry.ts`).
 */
import {
  boundedLine,
  defineMachine,
  FILTER_KINDS_MAX,
  labelsSchema,
  NAME_ID_BYTES_MAX,
  streamKeySchema,
  streamName,
  transition,
  type Decision,
  type StreamFilter,
  type StreamKey,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';
import { subscriptionKey } from './subscription-key.ts';

const cursor = z.int().nonnegative();

/** What a subscription takes of its stream, as far as an equality filter can say it. */
const selectionSchema = z.strictObject({
  labels: labelsSchema.optional(),
  kinds: z.array(boundedLine(NAME_ID_BYTES_MAX)).min(1).max(FILTER_KINDS_MAX).optional(),
  fromMs: z.int().nonnegative().optional(),
  toMs: z.int().nonnegative().optional(),
});
type Selection = z.infer<typeof selectionSchema>;

/** Records that were cut off before the follower had seen them: those behind `after`, up to `through`. */
const gapSchema = z.strictObject({ after: cursor, through: z.int().positive() });
export type SubscriptionGap = z.infer<typeof gapSchema>;

/**
 * `gapped` until the follower has heard of its `gap`. `attempt` counts failed deliveries of the entry after `cursor`.
 * `filter` is absent when everything is taken; `stream` in rows that an earlier version wrote. Units: milliseconds since
 * 1970.
 */
export const subscriptionRowSchema = z.strictObject({
  status: z.enum(['active', 'gapped', 'terminated']),
  cursor,
  attempt: z.int().nonnegative(),
  retryAtMs: z.int().nonnegative(),
  deadLetters: z.int().nonnegative(),
  stream: streamKeySchema.optional(),
  filter: selectionSchema.optional(),
  gap: gapSchema.optional(),
});
export type SubscriptionRow = z.infer<typeof subscriptionRowSchema>;

const from = cursor;
const filter = selectionSchema.optional();
const subscriptionCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('open'), cursor, stream: streamKeySchema, filter }),
  z.strictObject({ trigger: z.literal('acknowledge'), from, to: cursor, dead: z.boolean() }),
  z.strictObject({ trigger: z.literal('fail'), from, pauseMs: z.int().nonnegative() }),
  z.strictObject({ trigger: z.literal('pass'), from, to: cursor, filter }),
  z.strictObject({ trigger: z.literal('miss'), from, through: cursor }),
  z.strictObject({ trigger: z.literal('learn_gap'), through: cursor }),
  z.strictObject({ trigger: z.literal('terminate') }),
]);
type SubscriptionCommand = z.infer<typeof subscriptionCommandSchema>;

/** Under what rows are listed that do not say which stream they belong to. */
export const UNNAMED_STREAM = 'subscription';

/**
 * Refusals: `cursor_moved` (somebody acknowledged meanwhile), `cursor_backwards`, `filter_changed`, `gap_moved`, and each
 * illegal edge. Listed by the name of their stream, slowest first.
 */
export const subscriptionMachine = defineMachine<SubscriptionRow, SubscriptionCommand>({
  name: 'subscription',
  module: import.meta.url,
  row: subscriptionRowSchema,
  command: subscriptionCommandSchema,
  transitions: [
    { from: 'none', trigger: 'open', to: 'active' },
    { from: 'active', trigger: 'open', to: 'active' },
    { from: 'active', trigger: 'acknowledge', to: 'active' },
    { from: 'active', trigger: 'fail', to: 'active' },
    { from: 'active', trigger: 'pass', to: 'active' },
    { from: 'active', trigger: 'miss', to: 'gapped' },
    { from: 'active', trigger: 'terminate', to: 'terminated' },
    { from: 'gapped', trigger: 'open', to: 'gapped' },
    { from: 'gapped', trigger: 'pass', to: 'gapped' },
    { from: 'gapped', trigger: 'miss', to: 'gapped' },
    { from: 'gapped', trigger: 'learn_gap', to: 'active' },
    { from: 'gapped', trigger: 'terminate', to: 'terminated' },
  ],
  decide: decideSubscription,
  index: ({ stream, status, cursor: rank }) => ({
    owner: stream === undefined ? UNNAMED_STREAM : streamName(stream),
    status,
    rank,
  }),
});

/** One follower's name within its stream. */
export interface SubscriptionName {
  readonly stream: StreamKey;
  readonly name: string;
}

/** Creates the subscription at `start` unless it exists, and says what it takes of which stream. */
export function openSubscription(
  { stream, name }: SubscriptionName,
  start: number,
  taken: StreamFilter | undefined,
): TransitionWrite {
  const selection = toSelection(taken);
  const rest = selection === undefined ? {} : { filter: selection };
  return move(subscriptionKey(stream, name), { trigger: 'open', cursor: start, stream, ...rest });
}

/** Moves the cursor on, from exactly where it was. `dead`: the last entry was given up. */
export function acknowledge(key: string, from: number, to: number, dead = false): TransitionWrite {
  return move(key, { trigger: 'acknowledge', from, to, dead });
}

/** Records a failed delivery of the entry after `from`; the next attempt waits. Units: milliseconds. */
export function failDelivery(key: string, from: number, pauseMs: number): TransitionWrite {
  return move(key, { trigger: 'fail', from, pauseMs });
}

/** Moves an idle follower on, past records that it does not take, from exactly where it was and as it was registered. */
export function passSubscription(key: string, row: SubscriptionRow, to: number): TransitionWrite {
  const rest = row.filter === undefined ? {} : { filter: row.filter };
  return move(key, { trigger: 'pass', from: row.cursor, to, ...rest });
}

/** Says durably that records up to `through` were cut off before the follower had seen them. */
export function missRecords(key: string, from: number, through: number): TransitionWrite {
  return move(key, { trigger: 'miss', from, through });
}

/** The follower has heard of its gap. */
export function learnGap(key: string, gap: SubscriptionGap): TransitionWrite {
  return move(key, { trigger: 'learn_gap', through: gap.through });
}

/** Ends the subscription for good. What says so in the log joins it (`end-subscription.ts`). */
export function terminateSubscription(key: string): TransitionWrite {
  return move(key, { trigger: 'terminate' });
}

/** Whether a row says already what a follower would open it with. */
export function isRegistered(row: SubscriptionRow, taken: StreamFilter | undefined): boolean {
  return row.stream !== undefined && isSameSelection(row.filter, toSelection(taken));
}

/** What a row says that its follower takes; everything where it says nothing. */
export function filterOf({ filter: taken = {} }: SubscriptionRow): StreamFilter {
  const { labels, kinds, fromMs, toMs } = taken;
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
}

function toSelection(taken: StreamFilter | undefined): Selection | undefined {
  return taken === undefined ? undefined : selectionSchema.parse(taken);
}

/** Both were parsed, so their members stand in one order. */
function isSameSelection(left: Selection | undefined, right: Selection | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function move(key: string, command: SubscriptionCommand): TransitionWrite {
  return transition(subscriptionMachine, key, command);
}

function decideSubscription(
  row: SubscriptionRow | undefined,
  command: SubscriptionCommand,
  context: { readonly nowMs: number },
): Decision<SubscriptionRow> {
  if (command.trigger === 'open') return decideOpen(row, command);
  if (row === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_none` };
  if (command.trigger === 'terminate') return { kind: 'write', row: { ...row, status: 'terminated' } };
  if (command.trigger === 'learn_gap') {
    const { gap, ...rest } = row;
    if (gap?.through !== command.through) return { kind: 'refuse', reason: 'gap_moved' };
    return { kind: 'write', row: { ...rest, status: 'active' } };
  }
  if (row.cursor !== command.from) return { kind: 'refuse', reason: 'cursor_moved' };
  switch (command.trigger) {
    case 'acknowledge': {
      if (command.to <= row.cursor) return { kind: 'refuse', reason: 'cursor_backwards' };
      const deadLetters = row.deadLetters + (command.dead ? 1 : 0);
      return { kind: 'write', row: { ...row, cursor: command.to, attempt: 0, retryAtMs: 0, deadLetters } };
    }
    case 'fail':
      return { kind: 'write', row: { ...row, attempt: row.attempt + 1, retryAtMs: context.nowMs + command.pauseMs } };
    case 'pass':
      if (!isSameSelection(row.filter, command.filter)) return { kind: 'refuse', reason: 'filter_changed' };
      if (command.to <= row.cursor) return { kind: 'refuse', reason: 'cursor_backwards' };
      return { kind: 'write', row: { ...row, cursor: command.to } };
    case 'miss': {
      if (command.through <= row.cursor) return { kind: 'refuse', reason: 'cursor_backwards' };
      const gap = { after: row.gap?.after ?? row.cursor, through: command.through };
      return {
        kind: 'write',
        row: { ...row, status: 'gapped', cursor: command.through, attempt: 0, retryAtMs: 0, gap },
      };
    }
  }
}

function decideOpen(
  row: SubscriptionRow | undefined,
  { cursor: start, stream, filter: taken }: Extract<SubscriptionCommand, { trigger: 'open' }>,
): Decision<SubscriptionRow> {
  const named = taken === undefined ? { stream } : { stream, filter: taken };
  if (row === undefined) {
    const fresh = { cursor: start, attempt: 0, retryAtMs: 0, deadLetters: 0 };
    return { kind: 'write', row: { status: 'active', ...fresh, ...named } };
  }
  if (row.stream !== undefined && isSameSelection(row.filter, taken)) return { kind: 'keep' };
  const { filter: _, ...rest } = row;
  return { kind: 'write', row: { ...rest, ...named } };
}
