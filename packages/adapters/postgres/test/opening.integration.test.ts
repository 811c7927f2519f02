import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import {
  acquireLease,
  chainLink,
  getRecord,
  HostApiError,
  leaseMachine,
  parseTenantId,
  type Sha256Hex,
} from '@reborn/host-api';
import { createSentinel, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { createDatabase } from '@reborn/postgres-server';
import { hash } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import { connect, type Session } from '../src/driver.ts';
import { postgres } from '../src/index.ts';
import { migrate, MIGRATIONS } from '../src/migrate.ts';
import type { Migration } from '../src/migrations/migration.ts';
import { createOpenSession } from '../src/open-session.ts';
import { toEndpoint } from '../src/target.ts';
import { append, codeOf, freshSchema, numbersIn, opening, openStore, reasonOf, runSql, stream } from './support.ts';

const sha256Hex: Sha256Hex = (text) => hash('sha256', text, 'hex');

describe('the schema', () => {
  test('is made once, though several hosts open an empty database at the same moment', async () => {
    const schema = freshSchema();
    const hosts = await Promise.all(Array.from({ length: 6 }, () => openStore(schema)));
    await Promise.all(hosts.map((host, at) => host.commit([append(at)])));
    const versions = await runSql<{ readonly version: number }>(`SELECT version FROM ${schema}.schema_version`);
    expect(versions).toEqual(MIGRATIONS.map(({ version }) => ({ version })));
    expect(await numbersIn(await openStore(schema))).toHaveLength(6);
  });

  test('may have any plain name, also one that SQL knows', async () => {
    for (const schema of ['select', 'user', '_', freshSchema()]) {
      const store = await openStore(schema);
      expect([reasonOf(await store.commit([append(1)])), await numbersIn(store)]).toEqual(['committed', [1]]);
    }
    for (const schema of ['', 'A', 'a-b', 'a"b', 'a b', 'pg_mine', '9', 'x'.repeat(49)]) {
      expect(await codeOf(openStore(schema))).toBe('host-api/store_unsuitable');
    }
  });

  test('of version 1 is read as it was written, and written on', async () => {
    const url = await createDatabase(inject('postgresTcpUrl'));
    await load(url);
    const store = await openStore('reborn', { target: url });
    const journal = await store.readRaw({ stream, after: 0, limit: 9 });
    expect([journal.head, journal.earliest, journal.records.map(({ cursor }) => cursor)]).toEqual([6, 3, [3, 4, 5, 6]]);
    let before = journal.baseChain;
    for (const { content, chain, ...record } of journal.records) {
      if (content !== undefined) expect(chainLink(sha256Hex, before, { ...record, ...content })).toBe(chain);
      before = chain;
    }
    expect([before, journal.records[1]?.content]).toEqual([journal.headChain, undefined]);
    const runtime = { family: 'runtime', tenantId: parseTenantId('tenant 😀') } as const;
    const filter = { labels: { runId: fixedUuid(100), actorId: 'user:alice' }, kinds: ['seen'] };
    const [seen] = (await store.readStream({ stream: runtime, after: 0, limit: 9, filter })).records;
    expect(seen?.body).toEqual({ text: 'NUL \u0000, é, 😀, \u2028, "quoted"', list: [1, null, { a: 0.1 }] });
    expect(await getRecord(store, leaseMachine, 'done')).toMatchObject({ status: 'free', fence: 1 });
    const held = await store.list('lease', { limit: 9, status: 'held' });
    expect(held.map(({ key }) => key)).toEqual([`${'k'.repeat(600)}😀`, 'run']);
    expect((await store.list('lease', { limit: 9, owner: 'host-3' })).map(({ key }) => key)).toEqual([
      `${'k'.repeat(600)}😀`,
    ]);
    const outcome = await store.commit([append(4, 7), acquireLease('done', 'me', 1000)]);
    expect(outcome).toMatchObject({ kind: 'committed', receipts: [{ cursors: [4, 7] }, { row: { fence: 2 } }] });
    expect(await store.listStreams({ limit: 9 })).toEqual([
      { stream, head: 7, earliest: 3, removed: 1 },
      { stream: runtime, head: 2, earliest: 1, removed: 0 },
    ]);
  });

  test('that a later version has only added to is used; one that needs that version is refused', async () => {
    const next = (needs: number): readonly Migration[] => [
      ...MIGRATIONS,
      { version: 2, needs, sql: (schema) => `ALTER TABLE ${schema}.record ADD COLUMN later text` },
    ];
    for (const [needs, outcome] of [
      [1, 'a result'],
      [2, 'host-api/store_unsuitable'],
    ] as const) {
      const schema = freshSchema();
      const old = await openStore(schema);
      await withSession((session) => migrate(session, `"${schema}"`, next(needs)));
      await withSession((session) => migrate(session, `"${schema}"`, next(needs)));
      expect(reasonOf(await old.commit([append(1), acquireLease('run', 'me', 1000)]))).toBe('committed');
      expect(await codeOf(openStore(schema))).toBe(outcome);
    }
  });

  test('of another program is left alone', async () => {
    const schema = freshSchema();
    await runSql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.record (theirs text)`);
    expect(await codeOf(openStore(schema))).toBe('host-api/store_unsuitable');
    expect(
      await runSql(`SELECT relname FROM pg_class WHERE relnamespace = '${schema}'::regnamespace AND relkind = 'r'`),
    ).toEqual([{ relname: 'record' }]);
  });

  test('is left as it was when a step fails', async () => {
    const schema = freshSchema();
    const broken = [...MIGRATIONS, { version: 2, needs: 1, sql: () => 'SELECT 1 / 0' }];
    await expect(withSession((session) => migrate(session, schema, broken))).rejects.toMatchObject({ code: '22012' });
    expect(await runSql('SELECT to_regnamespace($1) AS found', [schema])).toEqual([{ found: null }]);
  });
});

describe('a server that keeps no promises', () => {
  const good = {
    version: 180_000,
    encoding: 'UTF8',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    standby: false,
  };
  test.each([
    ['an old one', { version: 140_009 }, { rule: 'needs PostgreSQL 15 or later', engine: 140_009 }],
    ['one without syncs', { fsync: 'off' }, { setting: 'fsync' }],
    ['one that tears pages', { full_page_writes: 'off' }, { setting: 'full_page_writes' }],
    ['one that answers before it syncs', { synchronous_commit: 'off' }, { setting: 'synchronous_commit' }],
    ['one that knows no Unicode', { encoding: 'SQL_ASCII' }, { setting: 'server_encoding' }],
    ['a standby', { standby: true }, { rule: 'the server is a standby' }],
  ] as const)('%s is refused and its session closed', async (_, difference, detail) => {
    let closed = 0;
    const session: Session = {
      processId: 1,
      lost: false,
      query: async <Row>() => [{ ...good, ...difference } as unknown as Row],
      onNotification: () => undefined,
      onLost: () => undefined,
      close: async () => void (closed += 1),
    };
    const open = createOpenSession(async () => session, await toEndpoint(inject('postgresUrl')));
    const fault: unknown = await open('write').catch((error: unknown) => error);
    expect([HostApiError.is(fault) && [fault.code, fault.detail], closed]).toEqual([
      ['host-api/store_unsuitable', detail],
      1,
    ]);
  });

  test('is told apart from what its users have set: a role that need not wait for syncs waits', async () => {
    const [role, schema] = [freshSchema(), freshSchema()];
    await runSql(
      `CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'secret'; ALTER ROLE ${role} SET synchronous_commit = off`,
    );
    const url = new URL(inject('postgresTcpUrl'));
    const address = {
      host: url.hostname,
      port: Number(url.port),
      user: role,
      password: 'secret',
      database: 'postgres',
    };
    const store = await openStore(schema, { target: address });
    expect(reasonOf(await store.commit([append(1)]))).toBe('committed');
  });
});

describe('what cannot be reached', () => {
  test('gets its fault, and nothing shows where it was looked for', async () => {
    const { hostname, port, username, password } = new URL(inject('postgresTcpUrl'));
    const sentinels = ['user', 'password', 'database', 'socket'].map(createSentinel);
    const [user = '', secret = '', database = '', socket = ''] = sentinels;
    const closedPort = await unusedPort();
    const table: readonly (readonly [string, string, string])[] = [
      ['wrong password', `${username}:${secret}@${hostname}:${port}/postgres`, 'host-api/store_unsuitable'],
      ['unknown user', `${user}:${secret}@${hostname}:${port}/postgres`, 'host-api/store_unsuitable'],
      ['missing database', `${username}:${password}@${hostname}:${port}/${database}`, 'host-api/store_unsuitable'],
      ['nobody there', `${user}:${secret}@${hostname}:${closedPort}/${database}`, 'host-api/store_unavailable'],
      ['no socket', `${user}:${secret}@/${database}?host=/tmp/${socket}`, 'host-api/store_unavailable'],
      ['plain to elsewhere', `${user}:${secret}@${socket}.example/${database}`, 'host-api/store_unsuitable'],
      ['unknown parameter', `${user}:${secret}@localhost/${database}?${socket}=1`, 'host-api/store_unsuitable'],
    ];
    for (const [name, rest, code] of table) {
      const storage = postgres(`postgresql://${rest}`);
      const fault: unknown = await storage.open(opening).catch((error: unknown) => error);
      expect([name, await codeOf(Promise.reject(fault))]).toEqual([name, code]);
      const shown = [
        fault,
        inspect(fault, { depth: 9, showHidden: true }),
        inspect(storage, { depth: 9, showHidden: true }),
      ];
      expect([name, findLeaks(shown, [...sentinels, password, String(closedPort)])]).toEqual([name, []]);
    }
  });

  test('shows nothing of its address while it works either', async () => {
    const store = await openStore(freshSchema());
    const { password } = new URL(inject('postgresTcpUrl'));
    await store.commit([append(1)]);
    expect(findLeaks([store, inspect(store, { depth: 9, showHidden: true })], [password])).toEqual([]);
  });

  test('is given up when it does not answer', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => void silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const target = { host: '127.0.0.1', port, user: 'me', database: 'mine', connectTimeout: 1 };
    expect(await codeOf(postgres(target).open(opening))).toBe('host-api/store_unavailable');
    silent.close();
  });
});

async function load(url: string): Promise<void> {
  const golden = readFileSync(join(import.meta.dirname, 'golden/version-1.sql'), 'utf8');
  await withSession((session) => session.query({ text: golden }), url);
}

async function withSession<T>(work: (session: Session) => Promise<T>, url: string = inject('postgresUrl')): Promise<T> {
  const session = await connect(await toEndpoint(url), {});
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
