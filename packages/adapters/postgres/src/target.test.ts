import { HostApiError } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { toEndpoint, type PostgresAddress } from './target.ts';

const plain = {
  port: 5432,
  user: 'me',
  password: '',
  database: 'mine',
  applicationName: 'reborn',
  connectMs: 10_000,
  tls: undefined,
};
const secure = { ...plain, tls: { authorities: undefined } };

/** The field that a refusal names, or the rule where no field is at fault. */
async function refusedFor(target: string | PostgresAddress): Promise<unknown> {
  const fault: unknown = await toEndpoint(target).catch((error: unknown) => error);
  return HostApiError.is(fault) && fault.code === 'host-api/store_unsuitable'
    ? (fault.detail['field'] ?? fault.detail['rule'])
    : fault;
}

describe('a target', () => {
  test.each([
    ['postgres://me@localhost/mine', { ...plain, host: 'localhost' }],
    ['postgresql://me:p%40ss%2F@127.0.0.1:5433/mine', { ...plain, host: '127.0.0.1', port: 5433, password: 'p@ss/' }],
    ['postgresql://me@[::1]/mine?sslmode=prefer', { ...plain, host: '::1' }],
    ['postgresql://me@%2Frun%2Fpostgresql/mine', { ...plain, host: '/run/postgresql' }],
    ['postgresql:///mine?host=/run/postgresql&user=me&port=5433', { ...plain, host: '/run/postgresql', port: 5433 }],
    ['postgresql://me@localhost/mine?sslmode=require', { ...secure, host: 'localhost' }],
    ['postgresql://me@db.example/mine?sslmode=verify-full', { ...secure, host: 'db.example' }],
    ['postgresql://me@10.0.0.1/mine?sslmode=verify-ca&sslrootcert=system', { ...secure, host: '10.0.0.1' }],
    [
      'postgresql://db.example/?dbname=mine&user=me&sslmode=require&connect_timeout=3&application_name=a%20b',
      { ...secure, host: 'db.example', connectMs: 3000, applicationName: 'a b' },
    ],
  ] as const)('%s is understood', async (url, endpoint) => {
    expect(await toEndpoint(url)).toEqual(endpoint);
  });

  test('may be given in fields', async () => {
    const address = { host: 'db.example', user: 'me', database: 'mine', sslmode: 'verify-full' } as const;
    expect(await toEndpoint(address)).toEqual({ ...secure, host: 'db.example' });
  });

  test.each([
    ['http://me@localhost/mine', 'url'],
    ['me@localhost/mine', 'url'],
    ['postgresql://me@localhost:99999999/mine', 'url'],
    ['postgresql://me@localhost:0/mine', 'port'],
    ['postgresql://me@localhost:70000/mine', 'port'],
    ['postgresql://me@localhost/mine?port=1e3', 'port'],
    ['postgresql://localhost/mine', 'user'],
    ['postgresql://me@localhost', 'database'],
    ['postgresql://me@/mine', 'host'],
    ['postgresql://me@one,two/mine', 'host'],
    ['postgresql://me@localhost/mine?host=other', 'host'],
    ['postgresql://me@localhost/mine?sslmode=require&sslmode=disable', 'sslmode'],
    ['postgresql://me@localhost/mine?sslmode=no-verify', 'sslmode'],
    ['postgresql://me@localhost/mine?ssl=false', 'url'],
    ['postgresql://me@localhost/mine?hostaddr=10.0.0.1', 'url'],
    ['postgresql://me@localhost/mine?options=-cfsync%3Doff', 'url'],
    ['postgresql://me@localhost/mine?constructor=1', 'url'],
    ['postgresql://me@localhost/%zz', 'dbname'],
    ['postgresql://me@localhost/a%00b', 'database'],
    ['postgresql://me@localhost/mine?connect_timeout=0', 'connectTimeout'],
    ['postgresql://me@localhost/mine?sslmode=require&sslrootcert=/nowhere', 'sslrootcert'],
    ['postgresql://me@%2Frun/mine?sslmode=verify-full', 'sslmode'],
  ])('%s is refused', async (url, field) => {
    expect(await refusedFor(url)).toBe(field);
  });

  test.each([
    'db.example',
    '10.0.0.1',
    '127.0.0.1.example',
    'localhost.example',
    '0.0.0.0',
    '127.1',
    '2130706433',
    '::2',
  ])('%s is not reached without verified TLS', async (host) => {
    for (const sslmode of [undefined, 'disable', 'allow', 'prefer'] as const) {
      const mode = sslmode === undefined ? {} : { sslmode };
      expect(await refusedFor({ host, user: 'me', database: 'mine', ...mode })).toBe('sslmode');
    }
  });

  test('in fields is checked as one in a URL', async () => {
    const good = { host: 'localhost', user: 'me', database: 'mine' };
    const bad: readonly (readonly [object, string])[] = [
      [{ port: '5432' }, 'port'],
      [{ port: 0.5 }, 'port'],
      [{ user: '' }, 'user'],
      [{ password: 7 }, 'password'],
      [{ sslmode: 'yes' }, 'sslmode'],
      [{ ssl: { rejectUnauthorized: false } }, 'the address has an unknown field'],
    ];
    for (const [more, field] of bad) expect(await refusedFor({ ...good, ...more } as PostgresAddress)).toBe(field);
  });

  test('is not shown when it is refused', async () => {
    const sentinel = createSentinel('target');
    const urls = [
      `postgresql://${sentinel}:${sentinel}@${sentinel}/${sentinel}`,
      `postgresql://me@localhost/mine?${sentinel}=1`,
      `postgresql://me@localhost/mine?sslmode=${sentinel}`,
      `${sentinel}://me@localhost/mine`,
      `postgresql://me:%zz${sentinel}@localhost/mine`,
    ];
    for (const url of urls) {
      expect(findLeaks(await toEndpoint(url).catch((error: unknown) => error), [sentinel])).toEqual([]);
    }
  });
});
