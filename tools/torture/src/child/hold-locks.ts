/**
 * A rival: holds the write locks of databases for as long as it is told to. Reads `hold <file> <ms>` and `release <file>`, a
 * line each; prints `held <file>` and `released <file>`. It ends with its input.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

export async function holdLocks(): Promise<void> {
  const held = new Map<string, () => void>();
  for await (const line of createInterface({ input: process.stdin })) {
    const [verb, file = '', ms] = line.split(' ');
    if (verb === 'release') held.get(file)?.();
    if (verb !== 'hold') continue;
    const database = new Database(file, { timeout: 5000 });
    database.exec('BEGIN IMMEDIATE');
    held.set(file, () => {
      held.delete(file);
      database.exec('ROLLBACK');
      database.close();
      writeSync(1, `released ${file}\n`);
    });
    writeSync(1, `held ${file}\n`);
    if (ms !== undefined) setTimeout(() => held.get(file)?.(), Number(ms));
  }
}
