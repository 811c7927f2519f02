/** `reborn events retain|pin|unpin`: what is kept for how long. Without `--apply` it only says what would go. */
import { type RetentionReport, type RetentionRule, type StreamPlan } from '@reborn/events';
import { streamName } from '@reborn/host-api';
import type { OperatorLog } from '@reborn/reborn';
import { EXIT } from '../../exit-code.ts';
import { notFound } from '../../find-subject.ts';
import type { Machine } from '../../machine.ts';
import { withOperatorLog } from '../../opened-host.ts';
import { createReporter } from '../../reporter.ts';
import type { Line } from '../../render/style.ts';
import { readSettings, type HomeFlags, type Settings } from '../../settings.ts';
import { pinWire, retentionPlanWire, retentionReportWire } from '../../log-wire.ts';
import { ownStream, parseCursorOption } from './event-options.ts';

export interface RetainFlags extends HomeFlags {
  readonly apply?: boolean;
  readonly pass?: readonly string[];
}

export async function retainEventsCommand(machine: Machine, flags: RetainFlags): Promise<number> {
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  const request = { ...rulesOf(settings), ...(flags.pass === undefined ? {} : { passBy: flags.pass }) };
  return withOperatorLog(machine, settings, async (log) => {
    await checkFollowers(log, flags.pass ?? []);
    if (flags.apply !== true) {
      for await (const plan of log.planRetention(request)) {
        reporter.value(retentionPlanWire(plan));
        for (const line of planLines(plan)) reporter.line(line);
      }
      reporter.remark('Nothing was taken away; --apply does it.');
      return EXIT.done;
    }
    const signal = machine.io.interrupted;
    let taken = 0;
    for await (const report of log.applyRetention({ ...request, signal })) {
      reporter.value(retentionReportWire(report));
      reporter.line(reportLine(report));
      taken += report.cut + report.removed;
    }
    reporter.remark(taken === 0 ? 'Nothing was due.' : `${taken} records are gone; the audit says so.`);
    return signal.aborted ? EXIT.interrupted : EXIT.done;
  });
}

export async function pinEventCommand(
  machine: Machine,
  typed: string,
  flags: HomeFlags & { readonly family?: string; readonly reason?: string },
): Promise<number> {
  const cursor = parseCursorOption(typed, 'cursor');
  const stream = ownStream(flags.family);
  const settings = await readSettings(machine, flags);
  return withOperatorLog(machine, settings, async (log) => {
    const outcome = await log.pin(stream, cursor, flags.reason);
    if (outcome.kind === 'unknown_event') throw notFound('event');
    const reporter = createReporter(machine.io, flags.json === true);
    reporter.value(pinWire('pinned', stream, cursor));
    reporter.remark(`${streamName(stream)} ${cursor} stays until it is unpinned.`);
    return EXIT.done;
  });
}

export async function unpinEventCommand(
  machine: Machine,
  typed: string,
  flags: HomeFlags & { readonly family?: string },
): Promise<number> {
  const cursor = parseCursorOption(typed, 'cursor');
  const stream = ownStream(flags.family);
  const settings = await readSettings(machine, flags);
  return withOperatorLog(machine, settings, async (log) => {
    const outcome = await log.unpin(stream, cursor);
    if (outcome.kind === 'not_pinned') throw notFound('pin');
    const reporter = createReporter(machine.io, flags.json === true);
    reporter.value(pinWire('unpinned', stream, cursor));
    reporter.remark(`${streamName(stream)} ${cursor} follows the rules again.`);
    return EXIT.done;
  });
}

/** A name that nobody has would give nobody up, and nothing would say so. Errors: `cli/not_found`. */
async function checkFollowers(log: OperatorLog, names: readonly string[]): Promise<void> {
  const unknown = new Set(names);
  if (unknown.size === 0) return;
  for await (const { subscriptions } of log.streams()) for (const { name } of subscriptions) unknown.delete(name);
  if (unknown.size > 0) throw notFound('follower');
}

function rulesOf({ retention }: Settings): { readonly rules?: readonly RetentionRule[] } {
  return retention === undefined ? {} : { rules: retention };
}

function planLines({ stream, earliest, head, cutThrough, removed, heldBy, gaps }: StreamPlan): readonly Line[] {
  const cut = cutThrough - earliest + 1;
  const goes = [
    ...(cut > 0 ? [`${earliest} to ${cutThrough} would be cut off`] : []),
    ...(removed > 0 ? [`${removed} further records would lose their content`] : []),
  ];
  const text = goes.length === 0 ? `nothing is due of ${head - earliest + 1}` : goes.join(', ');
  const kept = heldBy
    .slice(0, 5)
    .map((obstacle) => ('name' in obstacle ? `${obstacle.kind} ${obstacle.name}` : obstacle.kind));
  return [
    { label: goes.length === 0 ? 'keep' : 'take', text: `${streamName(stream)}  ${text}`, tone: 'plain' },
    ...(kept.length === 0
      ? []
      : [{ label: '', text: `held back by ${[...new Set(kept)].join(', ')}`, tone: 'faint' as const }]),
    ...gaps.map((name): Line => ({ label: '', text: `${name} would miss records`, tone: 'ask' })),
  ];
}

function reportLine({ stream, cutThrough, cut, removed, done }: RetentionReport): Line {
  const parts = [
    ...(cut > 0 ? [`${cut} cut off, up to ${cutThrough}`] : []),
    ...(removed > 0 ? [`${removed} without content now`] : []),
    ...(done ? [] : ['not finished; run it again']),
  ];
  return {
    label: done ? 'taken' : 'stopped',
    text: `${streamName(stream)}  ${parts.join(', ')}`,
    tone: done ? 'plain' : 'ask',
  };
}
