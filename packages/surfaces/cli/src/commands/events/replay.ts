/** `reborn events replay`: what the journal of a run says when it is read from its beginning. */
import { readScopeFor, replayJournal, type LogEntry, type Replay, type ReplayMode } from '@reborn/events';
import { EXIT } from '../../exit-code.ts';
import { findRun } from '../../find-subject.ts';
import type { Machine } from '../../machine.ts';
import { ownerScope, withReader } from '../../opened-host.ts';
import { createReporter } from '../../reporter.ts';
import { replayLines } from '../../render/replay-lines.ts';
import { readSettings, type HomeFlags } from '../../settings.ts';
import { replayWire } from '../../log-wire.ts';
import { invalidOption } from './event-options.ts';

const MODES: readonly ReplayMode[] = ['audit', 'resume', 'repair'];
const PAGE = 500;

export interface ReplayFlags extends HomeFlags {
  readonly mode?: string;
}

export async function replayEventsCommand(machine: Machine, typed: string, flags: ReplayFlags): Promise<number> {
  const mode = MODES.find((known) => known === (flags.mode ?? 'audit'));
  if (mode === undefined) throw invalidOption('--mode', `must be one of ${MODES.join(', ')}`);
  const settings = await readSettings(machine, flags);
  const reporter = createReporter(machine.io, flags.json === true);
  return withReader(machine, settings, async (host) => {
    const owner = ownerScope(machine);
    const { runId } = await findRun(host, owner, typed);
    await host.settle();
    const entries: LogEntry[] = [];
    let page: string | undefined;
    do {
      const request = { family: 'journal', scope: readScopeFor(owner), runId, order: 'oldest', limit: PAGE } as const;
      const found = await host.log.query(page === undefined ? request : { ...request, page });
      entries.push(...found.entries);
      page = found.page;
    } while (page !== undefined);
    const replay = replayJournal({ mode, entries });
    reporter.value(replayWire(runId, replay));
    for (const line of replayLines(replay)) reporter.line(line);
    return isClear(replay) ? EXIT.done : EXIT.runFailed;
  });
}

/** Nothing is wrong, and in the modes that ask, nothing stands in the way. */
function isClear(replay: Replay): boolean {
  switch (replay.mode) {
    case 'audit':
      return replay.findings.length === 0;
    case 'resume':
      return replay.blockers.length === 0;
    case 'repair':
      return replay.questions.length === 0;
  }
}
