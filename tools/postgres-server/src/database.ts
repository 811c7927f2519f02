/**
 * Empty databases on a running server, each with a name of its own.
 *
 * Not here: taking them away again (the whole server goes).
 */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** Makes an empty database. Returns its URL. `url`: any database of that server, as somebody who may make others. */
export async function createDatabase(url: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  } finally {
    await client.end();
  }
  const made = new URL(url);
  made.pathname = `/${name}`;
  return made.href;
}
