/**
 * Harm that a store could do and must not, done to a real database by hand: what the invariants have to notice.
 *
 * Not here: the invariants (`@reborn/simulator`).
 */
import Database from 'better-sqlite3';

export interface Harm {
  /** Who has to notice: invariants, and `verify` where chains show it. */
  readonly breaks: readonly string[];
  readonly sql: readonly string[];
}

/** By what is wrong then; for a closed database that holds the whole workload. */
export const PLANTED: Readonly<Record<string, Harm>> = {
  'the newest record of a stream is gone, and the stream has forgotten it too': {
    breaks: ['I1', 'I2'],
    sql: [
      `DELETE FROM log_record WHERE stream = (SELECT id FROM stream WHERE family = 'journal')
         AND cursor = (SELECT head FROM stream WHERE family = 'journal')`,
      `UPDATE stream SET head = head - 1, head_chain = (SELECT chain FROM log_record WHERE stream = stream.id ORDER BY cursor DESC LIMIT 1)
         WHERE family = 'journal'`,
    ],
  },
  'two records have changed places': {
    breaks: ['I1', 'verify'],
    sql: [
      `UPDATE log_record SET cursor = -1 WHERE cursor = 3 AND stream = (SELECT id FROM stream WHERE family = 'journal')`,
      `UPDATE log_record SET cursor = 3 WHERE cursor = 4 AND stream = (SELECT id FROM stream WHERE family = 'journal')`,
      `UPDATE log_record SET cursor = 4 WHERE cursor = -1`,
    ],
  },
  'a record says something else': {
    breaks: ['I1', 'verify'],
    sql: [
      `UPDATE log_record SET body = '{"number":0}' WHERE cursor = 1 AND stream = (SELECT id FROM stream WHERE family = 'runtime')`,
    ],
  },
  'a change is there and its event is not': {
    breaks: ['I1', 'I3'],
    sql: [
      `DELETE FROM log_record WHERE cursor = 3 AND stream = (SELECT id FROM stream WHERE family = 'audit')`,
      `UPDATE stream SET head = 2, head_chain = (SELECT chain FROM log_record WHERE stream = stream.id AND cursor = 2) WHERE family = 'audit'`,
    ],
  },
  'an event is there and its change is not': {
    breaks: ['I3'],
    sql: [`DELETE FROM record WHERE machine = 'tally'`],
  },
};

/** Nothing else is changed: links, heads and indexes stay as each harm leaves them. */
export function plant(file: string, sql: readonly string[]): void {
  const database = new Database(file);
  for (const statement of sql) database.exec(statement);
  database.close();
}
