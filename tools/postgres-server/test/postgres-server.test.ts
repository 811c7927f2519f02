import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDatabase, startPostgres, type PostgresServer } from '../src/index.ts';

describe('a server', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('keeps what it acknowledges', async () => {
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding'];
    const found = await Promise.all(settings.map((setting) => ask(server.url, `SHOW ${setting}`)));
    expect(found).toEqual(['on', 'on', 'on', 'UTF8']);
    expect(await ask(server.url, `SELECT current_setting('server_version_num')::int / 10000`)).toBe(18);
  });

  test('is reached over TCP and over a socket, with its password only', async () => {
    expect([await ask(server.url, 'SELECT 1'), await ask(server.socketUrl, 'SELECT 2')]).toEqual([1, 2]);
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(ask(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('hands out empty databases, each its own', async () => {
    const [one, two] = await Promise.all([createDatabase(server.url), createDatabase(server.url)]);
    await ask(one, 'CREATE TABLE mine (number int)');
    expect(await ask(two, `SELECT to_regclass('mine')`)).toBeNull();
  });

  test('is back with its data after it was killed and after it was shut down', async () => {
    const url = await createDatabase(server.url);
    await ask(url, 'CREATE TABLE kept (number int)');
    for (const number of [1, 2]) {
      await ask(url, `INSERT INTO kept VALUES (${number})`);
      if (number === 1) {
        await server.kill();
        await expect(ask(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      }
      await server.restart();
      expect(await ask(url, 'SELECT count(*)::int FROM kept')).toBe(number);
    }
  });

  test('does not run as root', async () => {
    const folder = await ask(server.url, 'SHOW data_directory');
    expect(statSync(String(folder)).uid).not.toBe(0);
  });
});

test('a server ends with its process, however that ends, and leaves nothing', async () => {
  const program = join(import.meta.dirname, 'child/start-and-die.ts');
  const child = spawn(process.execPath, ['--conditions=@reborn/source', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [url = '', socket = ''] = line.split(' ');
  const folder = dirname(socket);
  const pid = Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
  expect(await ask(url, 'SELECT 1')).toBe(1);
  child.kill('SIGKILL');
  while (existsSync(folder) || isRunning(pid)) await new Promise<void>((resolve) => void setTimeout(resolve, 20));
  await expect(ask(url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a server that cannot start says why', async () => {
  await expect(startPostgres({ settings: { shared_buffers: "'nonsense'" } })).rejects.toThrow(
    /does not come up:.*shared_buffers/s,
  );
});

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
