/** `reborn events tail|show`: the log of record, as it is and as it grows. */
import { before, parseCursor, readScopeFor, type Cursor, type LogFamily, type ReadScope } from '@reborn/events';
import type { Reborn } from '@reborn/reborn';
import { CliError } from '../../errors.ts';
import { EXIT } from '../../exit-code.ts';
import { findRun, notFound } from '../../find-subject.ts';
import type { CliIo, Machine } from '../../machine.ts';
import { ownerScope, withReader } from '../../opened-host.ts';
import { createReporter, type Reporter } from '../../reporter.ts';
import { readSettings, type HomeFlags } from '../../settings.ts';
import { eventWire } from '../../wire.ts';
import { parseCursorOption, parseLogFamily, showEntry } from './event-options.ts';

/** Without `--after` and `--run`: this far back. */
const TAIL_CURSORS = 100;
const PAGE = 500;

export interface TailFlags extends HomeFlags {
  readonly family?: string;
  readonly after?: string;
  readonly run?: string;
  readonly follow?: boolean;
}

export async function tailEventsCommand(machine: Machine, flags: TailFlags): Promise<number> {
  const family = parseLogFamily(flags.family);
  const typedAfter = flags.after === undefined ? undefined : parseCursorOption(flags.after, '--after');
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const owner = ownerScope(machine);
    const run = flags.run === undefined ? undefined : await findRun(host, owner, flags.run);
    const scope = readScopeFor(owner, run === undefined ? {} : { runId: run.runId });
    await host.settle();
    const bounds = await host.log.bounds({ family, scope });
    if (bounds.kind !== 'bounds') throw new CliError('cli/bug');
    const { head, earliest } = bounds;
    const begin = Math.max(run === undefined ? head - TAIL_CURSORS : 0, before(earliest));
    const signal = machine.io.interrupted;
    const from = { family, scope, after: typedAfter ?? parseCursor(begin) };
    const reached = await printPages(host, { io: machine.io, reporter }, from);
    if (signal.aborted) return EXIT.interrupted;
    if (flags.follow !== true) return EXIT.done;
    for await (const entry of host.log.tail({ family, scope, after: reached, signal })) showEntry(reporter, entry);
    return EXIT.interrupted;
  });
}

export async function showEventCommand(
  machine: Machine,
  typed: string,
  flags: HomeFlags & { readonly family?: string },
): Promise<number> {
  const family = parseLogFamily(flags.family);
  const cursor = parseCursorOption(typed, 'cursor');
  const settings = await readSettings(machine, flags);
  const json = flags.json === true;
  const reporter = createReporter(machine.io, json);
  return withReader(machine, settings, async (host) => {
    if (cursor === 0) throw notFound('event');
    const after = before(cursor);
    const page = await host.log.read({ family, scope: readScopeFor(ownerScope(machine)), after, limit: 1 });
    if (page.kind !== 'page') throw gapFault('cursor', page);
    const [entry] = page.entries;
    if (entry?.cursor !== cursor) throw notFound('event');
    reporter.value(eventWire(entry));
    if (!json) machine.io.out(`${JSON.stringify(eventWire(entry), null, 2)}\n`);
    return EXIT.done;
  });
}

async function printPages(
  host: Reborn,
  { io, reporter }: { readonly io: CliIo; readonly reporter: Reporter },
  from: { readonly family: LogFamily; readonly scope: ReadScope; readonly after: Cursor },
): Promise<Cursor> {
  let { after } = from;
  for (;;) {
    const page = await host.log.read({ ...from, after, limit: PAGE });
    if (page.kind !== 'page') throw gapFault('--after', page);
    for (const entry of page.entries) showEntry(reporter, entry);
    after = page.next;
    await io.drained();
    if (page.next >= page.head || io.interrupted.aborted) return after;
  }
}

function gapFault(
  field: string,
  gap:
    | { readonly kind: 'cursor_ahead'; readonly head: number }
    | { readonly kind: 'cursor_too_old'; readonly earliest: number },
): CliError {
  return gap.kind === 'cursor_ahead'
    ? new CliError('cli/cursor_ahead', { detail: { field, head: gap.head } })
    : new CliError('cli/cursor_too_old', { detail: { field, earliest: gap.earliest } });
}
