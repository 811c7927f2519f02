/**
 * The databases whose files are damaged: one that was killed with its log in place and its anchor at the head, the same one
 * closed in order, an earlier copy of it, and another one.
 *
 * Not here: the damage (`mutations.ts`).
 */
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sqlite } from '@reborn/adapter-sqlite';
import { readStoreImage, recordUnits, tallyMachine, type History, type StoreImage } from '@reborn/simulator';
import { judge } from '../trial/judge.ts';
import { opening } from '../trial/opening.ts';
import { createOracle, readOracles } from '../trial/oracle.ts';
import { startChild } from '../trial/start-child.ts';
import { append, BESIDE, KEPT } from '../trial/workload.ts';

/** A database and whatever lies beside it. */
export type FileKind = 'database' | 'log' | 'index' | 'anchor';
export type Files = Readonly<Record<FileKind, string>>;

export interface Prepared {
  /** Killed: everything since the earlier copy is in the log. */
  readonly killed: Files;
  /** The same content, all of it in the database. */
  readonly closed: Files;
  readonly earlier: Files;
  readonly other: Files;
  /** What was asked of the first three, and what they hold in the end. */
  readonly history: History;
  readonly image: StoreImage;
}

const SUFFIXES: Readonly<Record<FileKind, string>> = { database: '', log: '-wal', index: '-shm', anchor: '-anchor' };
/** Records that are in the database before the log begins, so that it has pages of its own. */
const EARLIER_RECORDS = 160;

export async function prepare(root: string): Promise<Prepared> {
  const folders = ['killed', 'closed', 'earlier', 'other'].map((name) => join(root, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  const [killed, closed, earlier, other] = folders.map((folder) => filesAt(join(folder, 'agent.db')));
  if (killed === undefined || closed === undefined || earlier === undefined || other === undefined)
    throw new Error('four folders');
  const [before, during] = [join(root, 'before.oracle'), join(root, 'during.oracle')];
  await fill(killed.database, before, 1000);
  await fill(other.database, join(root, 'other.oracle'), 5000);
  copyFiles(killed, earlier);
  const driver = { keepLog: true, fullCommit: 0 };
  const child = startChild({
    kind: 'workload',
    file: killed.database,
    oracle: during,
    driver,
    work: 'all',
    dies: true,
  });
  const ended = await child.ended;
  if (ended !== 'SIGKILL')
    throw new Error(`The database was not left by a killed process: ${child.lines.slice(-3).join(' | ')}`);
  if (!existsSync(killed.log) || statSync(killed.log).size === 0) throw new Error('The killed process left no log.');
  copyFiles(killed, closed);
  const history = readOracles(before, during);
  const store = await sqlite(closed.database).open(opening);
  const image = await readStoreImage(store, [tallyMachine.name]);
  const wrong = await judge(store, history);
  await store.close();
  if (wrong.length > 0) throw new Error(`What is undamaged is wrong already: ${wrong.join('; ')}`);
  return { killed, closed, earlier, other, history, image };
}

export function filesAt(path: string): Files {
  const of = (kind: FileKind): string => `${path}${SUFFIXES[kind]}`;
  return { database: of('database'), log: of('log'), index: of('index'), anchor: of('anchor') };
}

/** Those that there are. */
export function copyFiles(from: Files, to: Files): void {
  for (const kind of ['database', 'log', 'index', 'anchor'] as const) {
    if (existsSync(from[kind])) copyFileSync(from[kind], to[kind]);
  }
}

async function fill(file: string, oracle: string, first: number): Promise<void> {
  const store = await sqlite(file).open(opening);
  const recorded = recordUnits(store, createOracle(oracle));
  const commits = Array.from({ length: EARLIER_RECORDS }, (_none, at) =>
    recorded.commit([append(at % 3 === 0 ? BESIDE : KEPT, first + at)]),
  );
  await Promise.all(commits);
  await store.close();
}
