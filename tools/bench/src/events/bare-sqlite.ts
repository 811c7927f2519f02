/**
 * What somebody writes by hand with the driver alone: the baselines on SQLite.
 *
 * Not here: the store that they are compared with (`store-side.ts`).
 */
import { repeatSync, type Side } from '../measure/block.ts';
import { openBare, type SqliteDatabase } from '../measure/sqlite.ts';
import { Supply } from '../measure/supply.ts';

/** One table and nothing else: what a durable append costs at least. */
export function openPlainTable(file: string): SqliteDatabase {
  const database = openBare(file);
  database.exec('CREATE TABLE event (cursor INTEGER PRIMARY KEY, event_id TEXT NOT NULL, body TEXT NOT NULL) STRICT');
  return database;
}

/** One insert, one commit, one sync. */
export function bareAppends(name: string, file: string, make: () => { readonly eventId: string }): Side {
  const database = openPlainTable(file);
  const insert = database.prepare<[string, string]>('INSERT INTO event (event_id, body) VALUES (?, ?)');
  const supply = new Supply(make);
  let appended = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 8),
    async work(minMs) {
      return repeatSync(minMs, () => {
        const event = supply.next();
        insert.run(event.eventId, JSON.stringify(event));
        appended += 1;
      });
    },
    async verify() {
      const { count } = database.prepare<[], { count: number }>('SELECT count(*) AS count FROM event').get() ?? {};
      if (count !== appended) throw new Error(`${name}: ${String(count)} of ${appended} events are there`);
    },
    async close() {
      database.close();
    },
  };
}
