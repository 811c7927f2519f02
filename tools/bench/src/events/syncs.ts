/**
 * Syncs per acknowledged event: counted by strace in a process of its own, on a short pass, never while anything is timed.
 *
 * Not here: what that process does (`../child/append-events.ts`).
 * Source: design/measures.md, E2.3.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { MARKER } from '../child/append-events.ts';
import { measured, unmeasured, type Row } from '../measure/row.ts';
import { childArguments } from '../measure/child-process.ts';
import { scaled, type Context } from './context.ts';

export interface SyncQuestion {
  readonly id: string;
  readonly callers: number;
  readonly events: number;
  readonly goal: number;
}

/** Syncs by what they were for. */
export interface SyncCount {
  /** Of the write-ahead log, but for those that belong to a checkpoint. */
  readonly commits: number;
  /** Of the database file: one a checkpoint. */
  readonly checkpoints: number;
  /** Anchor, folders and the like. */
  readonly others: number;
}

/** SQLite syncs its log before each checkpoint, and its new header after it. */
const LOG_SYNCS_OF_A_CHECKPOINT = 2;

export async function syncRow(context: Context, question: SyncQuestion): Promise<Row> {
  const { callers, goal, id } = question;
  const name = `commit syncs per event, ${callers === 1 ? 'one caller' : `${callers} callers`}`;
  if (spawnSync('strace', ['-V']).error !== undefined) {
    return unmeasured({ id, name, goal, better: 'lower' }, 'strace is not installed');
  }
  const events = scaled(context, question.events);
  const trace = context.folder.file('strace');
  const task = { kind: 'append', file: context.folder.file('syncs.db'), events, callers } as const;
  const traced = ['-f', '-y', '-qq', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath];
  const run = spawnSync('strace', [...traced, ...childArguments(task)], { encoding: 'utf8' });
  if (run.status !== 0) return unmeasured({ id, name, goal, better: 'lower' }, 'the traced process failed');
  const { commits, checkpoints, others } = countSyncs(await readFile(trace, 'utf8'));
  const note = `${events} events; besides, ${checkpoints} checkpoints, and ${others} syncs of other files`;
  return measured(context.plan, { id, name, goal, better: 'lower', note }, [commits / events], 'syncs per event');
}

/** Reads what `strace -y` writes, between the two syncs of the marker: the file stands behind the descriptor. */
export function countSyncs(trace: string): SyncCount {
  let log = 0;
  let checkpoints = 0;
  let others = 0;
  let counting = false;
  for (const line of trace.split('\n')) {
    const file = /(?:fsync|fdatasync)\(\d+<([^>]+)>/.exec(line)?.[1];
    if (file === undefined) continue;
    if (file.endsWith(MARKER)) counting = !counting;
    else if (!counting) continue;
    else if (file.endsWith('.db-wal')) log += 1;
    else if (file.endsWith('.db')) checkpoints += 1;
    else others += 1;
  }
  return { commits: Math.max(0, log - LOG_SYNCS_OF_A_CHECKPOINT * checkpoints), checkpoints, others };
}
