/**
 * The least that a fresh process can do: it opens the same database, reads one row and commits one. It runs by itself,
 * without its types, so it imports packages alone.
 *
 * Not here: who starts it (`../resuming.ts`).
 */
import BetterSqlite3 from 'better-sqlite3';

type Task =
  | { readonly kind: 'prepare'; readonly file: string }
  | { readonly kind: 'resume'; readonly file: string; readonly gateId: string };

const task = JSON.parse(process.argv[2] ?? 'null') as Task;
const begin = performance.now();
const database = new BetterSqlite3(task.file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
switch (task.kind) {
  case 'prepare':
    database.exec('CREATE TABLE result (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
    tell({});
    break;
  case 'resume': {
    const read = database.prepare<[string, Buffer], { body: string }>(
      'SELECT body FROM record WHERE machine = ? AND key = ?',
    );
    const gate = read.get('gate', Buffer.from(task.gateId));
    if (gate === undefined) throw new Error('The row is not there');
    database.prepare<[string]>('INSERT INTO result (body) VALUES (?)').run(gate.body);
    tell({ resumeMs: performance.now() - begin, completed: true });
    break;
  }
}
database.close();

function tell(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
