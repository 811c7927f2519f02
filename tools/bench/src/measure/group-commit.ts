/** A group commit as somebody writes it by hand: everybody who waits at one turn of the loop in one transaction. */
import { setImmediate } from 'node:timers';
import type { SqliteDatabase } from './sqlite.ts';

interface Waiting {
  readonly write: () => void;
  readonly done: () => void;
  readonly failed: (reason: unknown) => void;
}

/** Resolves when what `write` wrote is durable. */
export type GroupCommit = (write: () => void) => Promise<void>;

/** `last` writes what each transaction needs once. */
export function createGroupCommit(database: SqliteDatabase, last: () => void): GroupCommit {
  let waiting: Waiting[] = [];
  const inTransaction = database.transaction((batch: readonly Waiting[]) => {
    for (const { write } of batch) write();
    last();
  });
  const writeAll = (): void => {
    const batch = waiting;
    waiting = [];
    try {
      inTransaction.immediate(batch);
    } catch (reason) {
      for (const { failed } of batch) failed(reason);
      return;
    }
    for (const { done } of batch) done();
  };
  return (write) =>
    new Promise((done, failed) => {
      if (waiting.length === 0) setImmediate(writeAll);
      waiting.push({ write, done, failed });
    });
}
