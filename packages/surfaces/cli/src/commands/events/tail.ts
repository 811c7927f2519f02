/** `reborn events`: the log of record, as it is and as it grows. */
import { parseCursor, readScopeFor, type Cursor, type LogEntry, type LogFamily, type ReadScope } from '@reborn/events';
import type { Reborn } from '@reborn/reborn';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { findRun, notFound } from '../find-subject.ts';
import type { Machine } from '../machine.ts';
import { ownerScope, withReader } from '../opened-host.ts';
import { createReporter, type Reporter } from '../reporter.ts';
import { storyLine } from '../render/happening-line.ts';
import { toTime } from '../render/run-lines.ts';
import { readSettings, type HomeFlags } from '../settings.ts';
import { eventWire } from '../wire.ts';

/** Without `--after` and `--run`: this far back. */
const TAIL_CURSORS = 100;
const PAGE = 500;
const FAMILIES: readonly LogFamily[] = ['runtime', 'journal', 'audit'];

export interface EventFlags extends HomeFlags {
  readonly family?: string;
  readonly after?: string;
  readonly run?: string;
  readonly follow?: boolean;
}

export async function tailEventsCommand(machine: Machine, flags: EventFlags): Promise<number> {
  const family = parseFamily(flags.family);
  const typedAfter = flags.after === undefined ? undefined : parseCursor(flags.after);
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const scope = ownerScope(machine);
    const run = flags.run === undefined ? undefined : await findRun(host, scope, flags.run);
    const readScope = readScopeFor(scope, run === undefined ? {} : { runId: run.runId });
    await host.settle();
    const head = await host.log.head(family, readScope);
    if (typedAfter !== undefined && typedAfter > head)
      throw new CliError('cli/cursor_ahead', { detail: { field: '--after', head } });
    const after = typedAfter ?? parseCursor(run === undefined ? Math.max(0, head - TAIL_CURSORS) : 0);
    const reached = await printPages(host, reporter, { family, scope: readScope, after });
    if (flags.follow !== true) return EXIT.done;
    const signal = machine.io.interrupted;
    for await (const entry of host.log.tail({ family, scope: readScope, after: reached, signal }))
      print(reporter, entry);
    return EXIT.interrupted;
  });
}

export async function showEventCommand(machine: Machine, typed: string, flags: EventFlags): Promise<number> {
  const family = parseFamily(flags.family);
  const cursor = parseCursor(typed);
  const settings = await readSettings(machine, flags);
  const json = flags.json === true;
  const reporter = createReporter(machine.io, json);
  return withReader(machine, settings, async (host) => {
    if (cursor === 0) throw notFound('event');
    const page = await host.log.read({
      family,
      scope: readScopeFor(ownerScope(machine)),
      after: parseCursor(cursor - 1),
      limit: 1,
    });
    if (page.kind === 'cursor_ahead')
      throw new CliError('cli/cursor_ahead', { detail: { field: 'cursor', head: page.head } });
    const [entry] = page.entries;
    if (entry?.cursor !== cursor) throw notFound('event');
    reporter.value(eventWire(entry));
    if (!json) machine.io.out(`${JSON.stringify(eventWire(entry), null, 2)}\n`);
    return EXIT.done;
  });
}

async function printPages(
  host: Reborn,
  reporter: Reporter,
  from: { readonly family: LogFamily; readonly scope: ReadScope; readonly after: Cursor },
): Promise<Cursor> {
  let { after } = from;
  for (;;) {
    const page = await host.log.read({ ...from, after, limit: PAGE });
    if (page.kind === 'cursor_ahead') return after;
    for (const entry of page.entries) print(reporter, entry);
    after = page.next;
    if (page.next >= page.head) return after;
  }
}

function print(reporter: Reporter, entry: LogEntry): void {
  reporter.value(eventWire(entry));
  const label = String(entry.cursor);
  if (!entry.known) {
    reporter.line({ label, text: `${toTime(entry.atMs)}  ${entry.kind} (of a newer version)`, tone: 'faint' });
    return;
  }
  const { record, family, cursor } = entry;
  const { label: what, text } = storyLine({
    kind: 'record',
    key: record.eventId,
    atMs: record.atMs,
    family,
    cursor,
    record,
  });
  reporter.line({ label, text: `${toTime(record.atMs)}  ${record.kind}  ${what}: ${text}`, tone: 'plain' });
}

function parseFamily(typed: string | undefined): LogFamily {
  const family = FAMILIES.find((known) => known === (typed ?? 'runtime'));
  if (family !== undefined) return family;
  throw new CliError('cli/invalid_option', {
    detail: { field: '--family', rule: `must be one of ${FAMILIES.join(', ')}` },
  });
}
