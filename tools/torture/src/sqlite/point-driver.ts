/**
 * Laid around the driver in the thread of the writer: every call of the driver, and every step on the files beside the
 * database, is a point at which the process can kill itself.
 *
 * Time in that thread runs faster, so that the anchor and the checkpoint come while the workload lasts.
 * Not here: which points there are and which one is next (`points.ts`).
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import type { SqliteParts } from '@reborn/adapter-sqlite/testkit';
import { LONG_LOG, LOOK_AT_LOG, SHORT_LOG } from './log-length.ts';

type Connect = NonNullable<SqliteParts['connect']>;

/** `name` as it is listed, `nth` from 1. */
export interface Point {
  readonly name: string;
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

export interface PointData {
  readonly kill?: Point;
  /** A file that takes the name of each point, a line each. */
  readonly list?: string;
  /** The log stays as it is: it is said to be short. Otherwise it is said to be long, and moved whenever the writer looks. */
  readonly keepLog: boolean;
  /** The call with this number of `COMMIT` finds a full disk, so that there is something to take back; 0: none. */
  readonly fullCommit: number;
}

const FASTER = 20;
const NAME_LENGTH_MAX = 72;

export function wrapConnect(connect: Connect, data: unknown): Connect {
  const { kill, list, keepLog, fullCommit } = data as PointData;
  const { writeSync } = fs;
  const listed = list === undefined ? undefined : fs.openSync(list, 'a');
  const length = keepLog ? SHORT_LOG : LONG_LOG;
  const counts = new Map<string, number>();
  const meet = <T>(call: string, work: () => T): T => {
    const name = call.trim().replaceAll(/\s+/g, ' ').slice(0, NAME_LENGTH_MAX);
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    if (listed !== undefined) writeSync(listed, `${name}\n`);
    const isDue = kill?.name === name && kill.nth === nth;
    if (isDue && kill.moment === 'before') die();
    if (name === 'COMMIT' && nth === fullCommit) throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
    try {
      return work();
    } finally {
      if (isDue) die();
    }
  };
  watchFiles(meet);
  return (file, mode) => {
    const connection = meet(`open ${mode}`, () => connect(file, mode));
    return {
      get inTransaction() {
        return connection.inTransaction;
      },
      prepare: <Row>(sql: string) => {
        const statement = meet('prepare', () => connection.prepare<Row>(sql));
        return {
          run: (...values) => meet(sql, () => statement.run(...values)),
          get: (...values) => meet(sql, () => (sql === LOOK_AT_LOG ? (length as Row) : statement.get(...values))),
          all: (...values) => meet(sql, () => statement.all(...values)),
        };
      },
      exec: (sql) => meet(sql, () => connection.exec(sql)),
      pragma: (source) => meet(`PRAGMA ${source}`, () => connection.pragma(source)),
      close: () => meet('close', () => connection.close()),
    };
  };
}

/** The steps on files of this thread's own, in place of Node's: anchor, wake file, folder. */
function watchFiles(meet: <T>(call: string, work: () => T) => T): void {
  const { openSync, writeSync, fsyncSync, renameSync } = fs;
  const { setTimeout } = timers;
  const names = new Map<number, string>();
  Object.assign(fs, {
    openSync: (path: fs.PathLike, ...rest: [fs.OpenMode, fs.Mode?]) => {
      const name = nameOf(String(path));
      const opened = meet(`open ${name}`, () => openSync(path, ...rest));
      names.set(opened, name);
      return opened;
    },
    writeSync: (opened: number, ...rest: [Uint8Array]) =>
      meet(`write ${names.get(opened) ?? 'file'}`, () => writeSync(opened, ...rest)),
    fsyncSync: (opened: number) => meet(`sync ${names.get(opened) ?? 'file'}`, () => fsyncSync(opened)),
    renameSync: (from: fs.PathLike, to: fs.PathLike) =>
      meet(`rename ${nameOf(String(to))}`, () => renameSync(from, to)),
  });
  const sooner = (callback: () => void, ms: number): NodeJS.Timeout => setTimeout(callback, ms / FASTER);
  Object.assign(timers, { setTimeout: sooner });
  syncBuiltinESMExports();
}

function nameOf(path: string): string {
  if (/-anchor-\d+-\d+$/.test(path)) return 'anchor aside';
  if (path.endsWith('-anchor')) return 'anchor';
  if (path.endsWith('-wake')) return 'wake file';
  return path.endsWith('.db') ? 'database' : 'folder';
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // Nothing after this point happens: the signal is on its way.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
