import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGroupCommit } from './group-commit.ts';
import { openBare } from './sqlite.ts';

describe('A group commit by hand', () => {
  test('puts everybody who waits into one transaction', async () => {
    const database = openTable();
    let transactions = 0;
    const commit = createGroupCommit(database, () => (transactions += 1));
    await Promise.all([1, 2, 3].map((id) => commit(() => database.prepare('INSERT INTO kept VALUES (?)').run(id))));
    expect(transactions).toBe(1);
    expect(database.prepare('SELECT count(*) AS count FROM kept').get()).toEqual({ count: 3 });
  });

  test('tells everybody who waited when it fails, and goes on with the next', async () => {
    const database = openTable();
    const commit = createGroupCommit(database, () => undefined);
    const insert = database.prepare('INSERT INTO kept VALUES (?)');
    const failed = await Promise.allSettled([commit(() => insert.run(1)), commit(() => insert.run(1))]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await commit(() => insert.run(2));
    expect(database.prepare('SELECT id FROM kept').all()).toEqual([{ id: 2 }]);
  });
});

function openTable(): ReturnType<typeof openBare> {
  const folder = mkdtempSync(join(tmpdir(), 'reborn-bench-'));
  const database = openBare(join(folder, 'kept.db'));
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  database.exec('CREATE TABLE kept (id INTEGER PRIMARY KEY) STRICT');
  return database;
}
