/** `reborn events stats|unfollow`: what the streams hold, who follows them, how far behind; and ending a follower. */
import { streamName } from '@reborn/host-api';
import type { SubscriptionStanding } from '@reborn/events';
import type { StreamStanding } from '@reborn/reborn';
import { EXIT } from '../../exit-code.ts';
import { notFound } from '../../find-subject.ts';
import type { Machine } from '../../machine.ts';
import { ownerScope, withOperatorLog, withReader } from '../../opened-host.ts';
import { createReporter } from '../../reporter.ts';
import { oneLine, type Line } from '../../render/style.ts';
import { readSettings, type HomeFlags } from '../../settings.ts';
import { anchorWire, streamWire, unfollowWire } from '../../log-wire.ts';

export async function eventStatsCommand(machine: Machine, flags: HomeFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withOperatorLog(machine, settings, async (log) => {
    for await (const standing of log.streams()) {
      reporter.value(streamWire(standing));
      for (const line of linesOf(standing)) reporter.line(line);
    }
    const anchor = await log.anchor();
    const { durability } = log;
    reporter.value(anchorWire(durability, anchor));
    const stands = anchor === undefined ? 'none' : `${streamName(anchor.stream)} at ${anchor.cursor}`;
    reporter.line({ label: 'anchor', text: durability.anchored ? stands : 'not kept by this storage', tone: 'plain' });
    return EXIT.done;
  });
}

export async function unfollowEventsCommand(machine: Machine, name: string, flags: HomeFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  return withReader(machine, settings, async (host) => {
    const outcome = await host.endSubscription({ tenantId: ownerScope(machine).tenantId, name });
    if (outcome === 'unknown_subscription') throw notFound('follower');
    const ended = outcome === 'ended' ? 'has ended, and the log says so' : 'had ended already';
    const reporter = createReporter(machine.io, flags.json === true);
    reporter.value(unfollowWire(name, outcome));
    reporter.remark(`${oneLine(name)} ${ended}.`);
    return EXIT.done;
  });
}

function linesOf({ stream, head, earliest, removed, subscriptions, pins }: StreamStanding): readonly Line[] {
  const kept = head - earliest + 1 - removed;
  const facts = [
    `${kept} records, ${earliest} to ${head}`,
    ...(removed === 0 ? [] : [`${removed} without content`]),
    ...(pins.length === 0 ? [] : [`${pins.length} pinned`]),
  ];
  return [
    { label: 'stream', text: `${streamName(stream)}  ${facts.join(', ')}`, tone: 'strong' },
    ...subscriptions.map(subscriptionLine),
  ];
}

function subscriptionLine({ name, status, cursor, lag, attempt, deadLetters, gap }: SubscriptionStanding): Line {
  const troubles = [
    ...(attempt === 0 ? [] : [`${attempt} failed attempts at the next`]),
    ...(deadLetters === 0 ? [] : [`${deadLetters} dead letters`]),
    ...(gap === undefined ? [] : ['missed records that were cut off']),
  ];
  const text = [`${name}  ${status} at ${cursor}, ${lag} behind`, ...troubles].join(', ');
  return { label: '', text, tone: troubles.length === 0 ? 'plain' : 'ask' };
}
