/**
 * Where a durable follower stands: the cursor up to which it has done its work.
 *
 * Not here: how it works through the stream (`consumer.ts`).
 */
import { defineMachine, transition, type Decision, type TransitionWrite } from '@reborn/host-api';
import { z } from 'zod';

const cursor = z.int().nonnegative();

/** `attempt` counts failed deliveries of the entry after `cursor`. Units: milliseconds since 1970. */
export const subscriptionRowSchema = z.strictObject({
  status: z.enum(['active', 'terminated']),
  cursor,
  attempt: z.int().nonnegative(),
  retryAtMs: z.int().nonnegative(),
  deadLetters: z.int().nonnegative(),
});
export type SubscriptionRow = z.infer<typeof subscriptionRowSchema>;

const subscriptionCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('open'), cursor }),
  z.strictObject({ trigger: z.literal('acknowledge'), from: cursor, to: cursor, dead: z.boolean() }),
  z.strictObject({ trigger: z.literal('fail'), from: cursor, pauseMs: z.int().nonnegative() }),
  z.strictObject({ trigger: z.literal('terminate') }),
]);
type SubscriptionCommand = z.infer<typeof subscriptionCommandSchema>;

/** Refusals: `cursor_moved` (somebody acknowledged meanwhile), `cursor_backwards`, and each illegal edge. */
export const subscriptionMachine = defineMachine<SubscriptionRow, SubscriptionCommand>({
  name: 'subscription',
  row: subscriptionRowSchema,
  command: subscriptionCommandSchema,
  transitions: [
    { from: 'none', trigger: 'open', to: 'active' },
    { from: 'active', trigger: 'open', to: 'active' },
    { from: 'active', trigger: 'acknowledge', to: 'active' },
    { from: 'active', trigger: 'fail', to: 'active' },
    { from: 'active', trigger: 'terminate', to: 'terminated' },
  ],
  decide: decideSubscription,
  index: (row) => ({ owner: 'subscription', status: row.status, rank: row.cursor }),
});

/** Creates the subscription at `start` unless it exists. */
export function openSubscription(key: string, start: number): TransitionWrite {
  return move(key, { trigger: 'open', cursor: start });
}

/** Moves the cursor on, from exactly where it was. `dead`: the last entry was given up. */
export function acknowledge(key: string, from: number, to: number, dead = false): TransitionWrite {
  return move(key, { trigger: 'acknowledge', from, to, dead });
}

/** Records a failed delivery of the entry after `from`; the next attempt waits. Units: milliseconds. */
export function failDelivery(key: string, from: number, pauseMs: number): TransitionWrite {
  return move(key, { trigger: 'fail', from, pauseMs });
}

/** Ends the subscription for good. */
export function terminateSubscription(key: string): TransitionWrite {
  return move(key, { trigger: 'terminate' });
}

function move(key: string, command: SubscriptionCommand): TransitionWrite {
  return transition(subscriptionMachine, key, command);
}

function decideSubscription(
  row: SubscriptionRow | undefined,
  command: SubscriptionCommand,
  context: { readonly nowMs: number },
): Decision<SubscriptionRow> {
  if (command.trigger === 'open') {
    if (row !== undefined) return { kind: 'keep' };
    return {
      kind: 'write',
      row: { status: 'active', cursor: command.cursor, attempt: 0, retryAtMs: 0, deadLetters: 0 },
    };
  }
  if (row === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_none` };
  if (command.trigger === 'terminate') return { kind: 'write', row: { ...row, status: 'terminated' } };
  if (row.cursor !== command.from) return { kind: 'refuse', reason: 'cursor_moved' };
  switch (command.trigger) {
    case 'acknowledge':
      if (command.to <= command.from) return { kind: 'refuse', reason: 'cursor_backwards' };
      return {
        kind: 'write',
        row: {
          ...row,
          cursor: command.to,
          attempt: 0,
          retryAtMs: 0,
          deadLetters: row.deadLetters + (command.dead ? 1 : 0),
        },
      };
    case 'fail':
      return { kind: 'write', row: { ...row, attempt: row.attempt + 1, retryAtMs: context.nowMs + command.pauseMs } };
  }
}
