/** `reborn events query|trace`: events by what they carry, and everything of one correlation. */
import { readScopeFor, type EventLog, type QueryRequest, type ReadScope } from '@reborn/events';
import { parseCorrelationId, parseInvocationId, parseRunId, parseTenantId } from '@reborn/host-api';
import { EXIT } from '../../exit-code.ts';
import type { Machine } from '../../machine.ts';
import { ownerScope, withOperatorLog, withReader } from '../../opened-host.ts';
import { createReporter, type Reporter } from '../../reporter.ts';
import { readSettings, type HomeFlags } from '../../settings.ts';
import { moreWire } from '../../log-wire.ts';
import { parseCount, parseLogFamily, parseMoment, showEntry } from './event-options.ts';

const LIMIT = 50;
const LIMIT_MAX = 1000;

interface PageFlags extends HomeFlags {
  readonly everybody?: boolean;
  readonly limit?: string;
  readonly page?: string;
}

export interface QueryFlags extends PageFlags {
  readonly family?: string;
  readonly kind?: readonly string[];
  readonly actor?: string;
  readonly provider?: string;
  readonly capability?: string;
  readonly run?: string;
  readonly call?: string;
  readonly correlation?: string;
  readonly from?: string;
  readonly to?: string;
  readonly oldest?: boolean;
}

export async function queryEventsCommand(machine: Machine, flags: QueryFlags): Promise<number> {
  const asked = toQuery(flags, machine.platform.clock.nowMs());
  return ask(machine, flags, async (log, scope, reporter) => {
    const { entries, page } = await log.query({ ...asked, scope });
    for (const entry of entries) showEntry(reporter, entry);
    return page;
  });
}

export async function traceEventsCommand(machine: Machine, typed: string, flags: PageFlags): Promise<number> {
  const correlationId = parseCorrelationId(typed);
  const limit = parseCount(flags.limit, '--limit', LIMIT, LIMIT_MAX);
  return ask(machine, flags, async (log, scope, reporter) => {
    const { entries, page } = await log.trace({ scope, correlationId, limit, ...given({ page: flags.page }) });
    for (const entry of entries) showEntry(reporter, entry, true);
    return page;
  });
}

/** The words of the command line as a request. Errors: `cli/invalid_option`, `host-api/invalid_id`. */
function toQuery(flags: QueryFlags, nowMs: number): Omit<QueryRequest, 'scope'> {
  const { kind, actor, provider, capability, run, call, correlation, from, to, page } = flags;
  return {
    family: parseLogFamily(flags.family),
    order: flags.oldest === true ? 'oldest' : 'newest',
    limit: parseCount(flags.limit, '--limit', LIMIT, LIMIT_MAX),
    ...given({ kinds: kind, actor, provider, capabilityId: capability, page }),
    ...(run === undefined ? {} : { runId: parseRunId(run) }),
    ...(call === undefined ? {} : { invocationId: parseInvocationId(call) }),
    ...(correlation === undefined ? {} : { correlationId: parseCorrelationId(correlation) }),
    ...(from === undefined ? {} : { fromMs: parseMoment(from, '--from', nowMs) }),
    ...(to === undefined ? {} : { toMs: parseMoment(to, '--to', nowMs) }),
  };
}

/** One's own events, or with `--everybody` those of the whole tenant. `work` returns the token of the next page. */
async function ask(
  machine: Machine,
  flags: PageFlags,
  work: (log: EventLog, scope: ReadScope, reporter: Reporter) => Promise<string | undefined>,
): Promise<number> {
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  const owner = ownerScope(machine);
  const page =
    flags.everybody === true
      ? await withOperatorLog(machine, settings, ({ log, scopeOf }) =>
          work(log, scopeOf(parseTenantId(owner.tenantId)), reporter),
        )
      : await withReader(machine, settings, async (host) => {
          await host.settle();
          return work(host.log, readScopeFor(owner), reporter);
        });
  if (page !== undefined) {
    reporter.value(moreWire(page));
    reporter.remark(`There is more: the same again with --page ${page}`);
  }
  return EXIT.done;
}

/** What was typed; an option that was not stays absent. */
function given<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
