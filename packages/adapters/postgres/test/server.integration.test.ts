import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { startPostgres, type PostgresServer } from '@reborn/postgres-server';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../src/driver.ts';
import { postgres } from '../src/index.ts';
import { toEndpoint } from '../src/target.ts';
import { createAuthority, type Issued } from './certificate.ts';
import { append, codeOf, freshSchema, numbersIn, openStore, opening, reasonOf, until } from './support.ts';

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
const DAY_MS = 24 * 60 * 60 * 1000;

describe('a server that is killed', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());

  test('in the middle of traffic has every acknowledged unit when it is back, the others whole or not at all, and no retry adds anything', async () => {
    const store = await openStore(freshSchema(), { target: server.url });
    const acknowledged = new Set<number>();
    const unknown = new Set<number>();
    const over = new AbortController();
    const write = async (number: number): Promise<void> => {
      const code = await codeOf(store.commit([append(number * 2, number * 2 + 1)]));
      if (code === 'a result') acknowledged.add(number);
      else expect([code, unknown.add(number)]).toEqual(['host-api/store_unavailable', unknown]);
    };
    const writers = range(1, 16).map(async (writer) => {
      for (let round = 0; !over.signal.aborted && round < 10_000; round += 1) await write(writer * 10_000 + round);
    });
    // A server that is idle when it is killed leaves nobody without an answer: it is killed until one was.
    for (let kills = 0; kills < 2 || (unknown.size === 0 && kills < 12); kills += 1) {
      const before = acknowledged.size;
      await until(() => acknowledged.size > before + 100);
      await server.kill();
      await server.restart();
    }
    const atEnd = acknowledged.size;
    await until(() => acknowledged.size > atEnd + 100);
    over.abort();
    await Promise.all(writers);
    const kept = new Set((await numbersIn(store)).map(Number));
    expect([...acknowledged].filter((number) => !kept.has(number * 2) || !kept.has(number * 2 + 1))).toEqual([]);
    expect([...unknown].filter((number) => kept.has(number * 2) !== kept.has(number * 2 + 1))).toEqual([]);
    expect(unknown.size).toBeGreaterThan(0);
    const size = kept.size;
    for (const number of [...acknowledged].slice(0, 50)) await store.commit([append(number * 2, number * 2 + 1)]);
    expect(await numbersIn(store)).toHaveLength(size);
    for (const number of unknown) await store.commit([append(number * 2, number * 2 + 1)]);
    expect(new Set(await numbersIn(store)).size).toBe((acknowledged.size + unknown.size) * 2);
  });

  test('is refused in time while it is away, and works when it is back', async () => {
    let waitedMs = 0;
    const timers = {
      schedule: (delayMs: number, callback: () => void) => {
        waitedMs += delayMs;
        const pending = setTimeout(callback, delayMs / 100);
        return () => clearTimeout(pending);
      },
    };
    const store = await openStore(freshSchema(), { target: server.socketUrl, opening: { ...opening, timers } });
    await store.commit([append(1)]);
    await server.kill();
    waitedMs = 0;
    const outcomes = await Promise.all([
      codeOf(store.commit([append(2)])),
      codeOf(store.get('lease', 'run')),
      codeOf(store.listStreams({ limit: 1 })),
    ]);
    expect(new Set(outcomes)).toEqual(new Set(['host-api/store_unavailable']));
    expect(await codeOf(store.commit([append(2)]))).toBe('host-api/store_unavailable');
    expect(waitedMs).toBeGreaterThan(0);
    await server.restart();
    expect(reasonOf(await store.commit([append(2)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([1, 2]);
  });

  test.each(['full_page_writes', 'fsync'])(
    'with %s off is refused, also by a host that was there before',
    async (setting) => {
      const store = await openStore(freshSchema(), { target: server.url });
      await configure(server, `ALTER SYSTEM SET ${setting} = off`);
      const refused = { code: 'host-api/store_unsuitable', detail: { setting } };
      await expect(postgres(server.url).open(opening)).rejects.toMatchObject(refused);
      await server.restart();
      await expect(store.commit([append(1)])).rejects.toMatchObject(refused);
      await configure(server, `ALTER SYSTEM SET ${setting} = on`);
      expect(reasonOf(await store.commit([append(1)]))).toBe('committed');
    },
  );
});

describe('TLS', () => {
  const trusted = createAuthority('trusted');
  const folder = mkdtempSync(join(tmpdir(), 'reborn-tls-'));
  let server: PostgresServer;
  let expired: PostgresServer;
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const root = file('root.pem', trusted.certificate);
  const foreign = file('foreign.pem', createAuthority('foreign').certificate);

  beforeAll(async () => {
    const past = { from: Date.now() - 2 * DAY_MS, to: Date.now() - DAY_MS };
    [server, expired] = await Promise.all([
      startSecure(trusted.issue(['localhost'])),
      startSecure(trusted.issue(['localhost'], past)),
    ]);
  });

  afterAll(async () => {
    await Promise.all([server.stop(), expired.stop()]);
    rmSync(folder, { recursive: true });
  });

  const at = (host: string, query: string, of: PostgresServer = server): string =>
    `${of.url.replace('127.0.0.1', host)}?${query}`;
  const opened = async (url: string): Promise<string> => {
    const fault: unknown = await postgres(url)
      .open(opening)
      .then(
        (store) => store.close(),
        (error: unknown) => error,
      );
    return fault === undefined ? 'opened' : inspect(Object(fault).detail, { breakLength: Infinity });
  };

  test.each(['require', 'verify-ca', 'verify-full'])('%s verifies chain and name, and opens', async (mode) => {
    expect(await opened(at('localhost', `sslmode=${mode}&sslrootcert=${encodeURIComponent(root)}`))).toBe('opened');
  });

  test.each(['require', 'verify-ca', 'verify-full'])('%s refuses what cannot be verified', async (mode) => {
    const urls = [
      at('localhost', `sslmode=${mode}&sslrootcert=${encodeURIComponent(foreign)}`),
      at('localhost', `sslmode=${mode}`),
      at('127.0.0.1', `sslmode=${mode}&sslrootcert=${encodeURIComponent(root)}`),
      at('localhost', `sslmode=${mode}&sslrootcert=${encodeURIComponent(root)}`, expired),
    ];
    const outcomes: string[] = [];
    for (const url of urls) outcomes.push(await opened(url));
    const refused =
      "{ rule: 'the certificate of the server must be valid for its name and come from a trusted authority', engine: 'not_verified' }";
    expect(outcomes).toEqual([refused, refused, refused, refused]);
  });

  test('a server without TLS is refused before the password is sent', async () => {
    const url = `${inject('postgresTcpUrl')}?sslmode=verify-full`;
    expect(await opened(url)).toBe("{ rule: 'the server must offer TLS', engine: 'no_tls' }");
  });

  test('a server that wants TLS is not reached without', async () => {
    expect(await opened(at('localhost', 'sslmode=disable'))).toContain("engine: '28000'");
  });

  test('certificates that cannot be read are refused without their path', async () => {
    const sentinel = createSentinel('path');
    const wrong = [join(folder, sentinel), file(sentinel, 'no certificate')];
    for (const path of wrong) {
      const fault: unknown = await postgres(at('localhost', `sslmode=require&sslrootcert=${encodeURIComponent(path)}`))
        .open(opening)
        .catch((error: unknown) => error);
      expect(await codeOf(Promise.reject(fault))).toBe('host-api/store_unsuitable');
      expect(findLeaks(fault, [sentinel])).toEqual([]);
    }
  });
});

/** Changes the settings of a server while it runs. */
async function configure(server: PostgresServer, change: string): Promise<void> {
  const session = await connect(await toEndpoint(server.url), {});
  await session.query({ text: change });
  await session.query({ text: 'SELECT pg_reload_conf()' });
  const [name, wanted] = change.replace('ALTER SYSTEM SET ', '').split(' = ');
  const text = `SELECT setting = $2 AS done FROM pg_settings WHERE name = $1`;
  await until(async () => {
    const [found] = await session.query<{ readonly done: boolean }>({ text, values: [name ?? '', wanted ?? ''] });
    return found?.done === true;
  });
  await session.close();
}

function startSecure({ certificate, key }: Issued): Promise<PostgresServer> {
  return startPostgres({
    settings: { ssl: 'on', ssl_cert_file: "'server.crt'", ssl_key_file: "'server.key'" },
    files: { 'server.crt': certificate, 'server.key': key },
    access: ['hostnossl all all all reject'],
  });
}
