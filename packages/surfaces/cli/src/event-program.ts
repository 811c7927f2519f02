/**
 * The commands of `reborn events` with their arguments, options and help.
 *
 * Not here: the other commands (`program.ts`), what each does (`commands/events/`).
 */
import { Option, type Command } from 'commander';
import { queryEventsCommand, traceEventsCommand } from './commands/events/query.ts';
import { replayEventsCommand } from './commands/events/replay.ts';
import { pinEventCommand, retainEventsCommand, unpinEventCommand } from './commands/events/retain.ts';
import { eventStatsCommand, unfollowEventsCommand } from './commands/events/stats.ts';
import { showEventCommand, tailEventsCommand } from './commands/events/tail.ts';
import { exportEventsCommand, importEventsCommand } from './commands/events/transfer.ts';
import { verifyEventsCommand } from './commands/events/verify.ts';
import type { Machine } from './machine.ts';

export type End = (code: number) => void;

const FAMILY = 'runtime (what happened), journal (why), audit (who), security (at the borders); default: runtime';
const STREAM = 'runtime, journal, audit, security, turn or transcript';
const CURSOR = 'number of the event in its family';
const RUN = 'id of the run; 6 or more characters of its beginning or end will do';

/** `placed` adds what every command takes. */
export function addEvents(program: Command, placed: (command: Command) => Command, machine: Machine, end: End): void {
  const events = program.command('events').description('read the log of record, check it, keep it');
  addReading(events, placed, machine, end);
  addAsking(events, placed, machine, end);
  addKeeping(events, placed, machine, end);
}

function addReading(events: Command, placed: (command: Command) => Command, machine: Machine, end: End): void {
  const tail = events
    .command('tail')
    .description('the newest events, one a line')
    .addOption(new Option('--family <family>', FAMILY))
    .option('--after <cursor>', 'begin behind this cursor; 0 is the beginning')
    .option('--run <run>', 'of this run only, from its beginning')
    .option('--follow', 'stay, and show what comes');
  placed(tail).action(async (flags) => end(await tailEventsCommand(machine, flags)));
  const show = events
    .command('show')
    .description('one event in full')
    .argument('<cursor>', CURSOR)
    .addOption(new Option('--family <family>', FAMILY));
  placed(show).action(async (cursor, flags) => end(await showEventCommand(machine, cursor, flags)));
  const replay = events
    .command('replay')
    .description("read a run's journal from its beginning, and say what is open or wrong")
    .argument('<run>', RUN)
    .option('--mode <mode>', 'audit (what happened), resume (may it go on), repair (what to decide); default: audit');
  placed(replay).action(async (run, flags) => end(await replayEventsCommand(machine, run, flags)));
}

function addAsking(events: Command, placed: (command: Command) => Command, machine: Machine, end: End): void {
  const query = events
    .command('query')
    .description('events by what they carry, newest first')
    .addOption(new Option('--family <family>', FAMILY))
    .option('--kind <kind...>', 'of these kinds; * stands for any characters, as in dispatch_*')
    .option('--actor <actor>', 'decided by, as in user:alice')
    .option('--provider <provider>', 'of this provider of capabilities')
    .option('--capability <capability>', 'about this capability')
    .option('--run <run>', 'of this run: its whole id')
    .option('--call <invocation>', 'of this call')
    .option('--correlation <id>', 'of this correlation')
    .option('--from <time>', 'from this time on; a time, or a while ago such as 90m, 12h, 7d')
    .option('--to <time>', 'before this time')
    .option('--oldest', 'oldest first');
  placed(paged(query)).action(async (flags) => end(await queryEventsCommand(machine, flags)));
  const trace = events
    .command('trace')
    .description('everything of one correlation, over all families, in order of time')
    .argument('<correlation>', 'its id; `reborn events show` names that of an event');
  placed(paged(trace)).action(async (id, flags) => end(await traceEventsCommand(machine, id, flags)));
}

function addKeeping(events: Command, placed: (command: Command) => Command, machine: Machine, end: End): void {
  const stats = events.command('stats').description('what the streams hold, who follows them, how far behind');
  placed(stats).action(async (flags) => end(await eventStatsCommand(machine, flags)));
  const verify = events
    .command('verify')
    .description('go through the chain of every stream: was anything changed, lost or taken away?')
    .option('--family <family>', `only ${STREAM}`);
  placed(verify).action(async (flags) => end(await verifyEventsCommand(machine, flags)));
  const exporting = events
    .command('export')
    .description('write a stream to a new file, one JSON value a line')
    .argument('<file>', 'where to; - is the standard output')
    .option('--family <family>', `${STREAM}; default: runtime`);
  placed(exporting).action(async (file, flags) => end(await exportEventsCommand(machine, file, flags)));
  const importing = events
    .command('import')
    .description('put an exported stream back, exactly as it was')
    .argument('<file>', 'an export')
    .option('--family <family>', `${STREAM}; default: runtime`);
  placed(importing).action(async (file, flags) => end(await importEventsCommand(machine, file, flags)));
  const unfollow = events
    .command('unfollow')
    .description('end a follower for good: it is told nothing any more, and holds nothing back')
    .argument('<follower>', 'its name, as `reborn events stats` shows it');
  placed(unfollow).action(async (name, flags) => end(await unfollowEventsCommand(machine, name, flags)));
  const retain = events
    .command('retain')
    .description('say what is older than it has to be kept; with --apply, take it away')
    .option('--apply', 'do it')
    .option('--pass <follower...>', 'give these followers up: they will miss what goes, and be told');
  placed(retain).action(async (flags) => end(await retainEventsCommand(machine, flags)));
  const pin = events
    .command('pin')
    .description('keep one event, whatever the rules say')
    .argument('<cursor>', CURSOR)
    .option('--family <family>', `${STREAM}; default: runtime`)
    .option('--reason <token>', 'why, as one lower-case word');
  placed(pin).action(async (cursor, flags) => end(await pinEventCommand(machine, cursor, flags)));
  const unpin = events
    .command('unpin')
    .description('let the rules decide again')
    .argument('<cursor>', CURSOR)
    .option('--family <family>', `${STREAM}; default: runtime`);
  placed(unpin).action(async (cursor, flags) => end(await unpinEventCommand(machine, cursor, flags)));
}

function paged(command: Command): Command {
  return command
    .option('--everybody', 'of the whole tenant, not only your own')
    .option('--limit <count>', 'at most this many; default: 50')
    .option('--page <token>', 'go on where the last answer stopped');
}
