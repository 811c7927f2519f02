/**
 * Syncs per acknowledged operation: counted by strace in a process of its own, on a short pass, never while anything is
 * timed.
 *
 * Not here: what that process does (`../child/`).
 * Source: design/measures.md, E2.3.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { childArguments } from './child-process.ts';
import type { Context } from './context.ts';
import { MARKER } from './marker.ts';
import { measured, unmeasured, type Row } from './row.ts';

/** `task`: what the traced process does between two marks, that many `operations` of it. */
export interface SyncQuestion {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly operations: number;
  readonly task: object;
  readonly goal?: number;
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

/** `why` says that nothing was counted. */
export type CountedSyncs =
  | { readonly kind: 'counted'; readonly count: SyncCount }
  | { readonly kind: 'unknown'; readonly why: string };

/** SQLite syncs its log before each checkpoint, and its new header after it. */
const LOG_SYNCS_OF_A_CHECKPOINT = 2;

export async function syncRow(context: Context, question: SyncQuestion): Promise<Row> {
  const { task, operations, unit, ...what } = question;
  const traced = await traceSyncs(context, task);
  if (traced.kind === 'unknown') return unmeasured({ ...what, better: 'lower' }, traced.why);
  const { commits, checkpoints, others } = traced.count;
  const note = `${operations} ${unit}s; besides, ${checkpoints} checkpoints, and ${others} syncs of other files`;
  return measured(context.plan, { ...what, better: 'lower', note }, [commits / operations], `syncs per ${unit}`);
}

/** Runs a task in a traced process of its own. */
export async function traceSyncs({ folder }: Context, task: object): Promise<CountedSyncs> {
  if (spawnSync('strace', ['-V']).error !== undefined) return { kind: 'unknown', why: 'strace is not installed' };
  const trace = folder.file('strace');
  const traced = ['-f', '-y', '-qq', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath];
  const run = spawnSync('strace', [...traced, ...childArguments(task)], { encoding: 'utf8' });
  if (run.status !== 0) return { kind: 'unknown', why: 'the traced process failed' };
  return { kind: 'counted', count: countSyncs(await readFile(trace, 'utf8')) };
}

/** Reads what `strace -y` writes, between the two syncs of the marker: the file stands behind the descriptor. */
export function countSyncs(trace: string): SyncCount {
  let sqliteLog = 0;
  let postgresLog = 0;
  let checkpoints = 0;
  let others = 0;
  let counting = false;
  for (const line of trace.split('\n')) {
    const file = /(?:fsync|fdatasync)\(\d+<([^>]+)>/.exec(line)?.[1];
    if (file === undefined) continue;
    if (file.endsWith(MARKER)) counting = !counting;
    else if (!counting) continue;
    else if (file.endsWith('.db-wal')) sqliteLog += 1;
    else if (file.includes('/pg_wal/')) postgresLog += 1;
    else if (file.endsWith('.db')) checkpoints += 1;
    else others += 1;
  }
  const commits = Math.max(0, sqliteLog - LOG_SYNCS_OF_A_CHECKPOINT * checkpoints) + postgresLog;
  return { commits, checkpoints, others };
}
