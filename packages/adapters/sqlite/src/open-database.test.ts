import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HostApiError } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { connect, type Connect } from './driver.ts';
import { assertEngineVersion } from './engine-version.ts';
import { sqlite } from './index.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from './migrate.ts';
import { append, numbersIn, opening, openStore, temporaryFile } from '../test/support.ts';

async function faultOf(work: Promise<unknown>): Promise<HostApiError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (HostApiError.is(error)) return error;
  throw new Error('no fault', { cause: error });
}

describe('the engine', () => {
  test.each(['3.51.3', '3.52.1', '3.53.0', '3.54.1', '3.50.7', '3.50.9', '3.44.6'])('%s will do', (version) => {
    expect(() => assertEngineVersion(version)).not.toThrow();
  });

  test.each(['3.51.2', '3.52.0', '3.50.6', '3.49.9', '3.45.9', '3.44.5', '3.7.0', '4.0.0', '2.8.17', '', 'x'])(
    '"%s" will not',
    (version) => {
      expect(() => assertEngineVersion(version)).toThrow('cannot keep the promises');
    },
  );

  test('is checked before anything is touched', async () => {
    const file = await temporaryFile();
    const fault = await faultOf(openStore(file, { engineVersion: () => '3.51.2' }));
    expect(fault.code).toBe('host-api/store_unsuitable');
    expect(fault.message).toContain('3.51.2');
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  test('that is linked in will do', async () => {
    await openStore(await temporaryFile());
  });
});

describe('the file', () => {
  test('is made for this user alone, and so is its folder', async () => {
    const file = join(dirname(await temporaryFile()), 'deep', 'er', 'store.db');
    await openStore(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(`${file}-wal`)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
  });

  test('is left as it is when it is no database', async () => {
    const file = await temporaryFile();
    const text = 'This is a diary, and nothing for a program. '.repeat(50);
    await writeFile(file, text);
    expect((await faultOf(openStore(file))).code).toBe('host-api/store_corrupt');
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('is left as it is when it belongs to another program', async () => {
    for (const sql of ['CREATE TABLE theirs (x)', 'PRAGMA application_id = 7', 'PRAGMA user_version = 3']) {
      const file = await temporaryFile();
      await writeFile(file, '');
      const theirs = connect(file, 'write');
      theirs.exec(sql);
      theirs.close();
      const before = await readFile(file);
      const fault = await faultOf(openStore(file));
      expect(fault).toMatchObject({
        code: 'host-api/store_unsuitable',
        detail: { rule: expect.stringContaining('another') },
      });
      expect(await readFile(file)).toEqual(before);
    }
  });

  test('is refused when a later version wrote it', async () => {
    const file = await temporaryFile();
    await (await openStore(file)).close();
    const later = connect(file, 'write');
    later.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    later.close();
    const fault = await faultOf(openStore(file));
    expect(fault).toMatchObject({ code: 'host-api/store_unsuitable', detail: { schema: SCHEMA_VERSION + 1 } });
  });

  test('says whose it is and of which version', async () => {
    const file = await temporaryFile();
    await openStore(file);
    const connection = connect(file, 'read');
    expect(connection.pragma('application_id')).toBe(APPLICATION_ID);
    expect(connection.pragma('user_version')).toBe(SCHEMA_VERSION);
    connection.close();
  });

  test.each(['', ':memory:', 'a\0b'])('has to be a file: "%s" is none', async (name) => {
    expect((await faultOf(sqlite(name).open(opening))).code).toBe('host-api/store_unsuitable');
  });

  test('is opened by several at once while it is new', async () => {
    const file = await temporaryFile();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(file)));
    await Promise.all(stores.map((store, at) => store.commit([append(at + 1)])));
    expect([...(await numbersIn(await openStore(file)))].sort()).toEqual([1, 2, 3, 4]);
  });
});

describe('the settings', () => {
  test('are those of a store that survives the loss of power', async () => {
    const read: Record<string, unknown> = {};
    const spying: Connect = (file, mode) => {
      const connection = connect(file, mode);
      if (mode === 'write' && file !== ':memory:') {
        const close = connection.close.bind(connection);
        connection.close = () => {
          for (const name of ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout']) {
            read[name] = connection.pragma(name);
          }
          close();
        };
      }
      return connection;
    };
    const store = await openStore(await temporaryFile(), { connect: spying });
    expect(store.durability).toEqual({ backend: 'sqlite', survives: 'power_loss', shared: true });
    await store.close();
    expect(read).toEqual({ journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: 10 });
  });

  test.each([
    ['journal_mode = WAL', 'delete'],
    ['synchronous', 1],
    ['foreign_keys', 0],
  ])('are read back: an engine that answers %s with %s is refused', async (source, answer) => {
    const lying: Connect = (file, mode) => {
      const connection = connect(file, mode);
      const pragma = connection.pragma.bind(connection);
      connection.pragma = (asked) => (asked === source ? answer : pragma(asked));
      return connection;
    };
    const fault = await faultOf(openStore(await temporaryFile(), { connect: lying }));
    expect(fault.code).toBe('host-api/store_unsuitable');
  });
});

describe('faults of opening', () => {
  test('show neither path nor SQL', async () => {
    const sentinel = createSentinel('path');
    const folder = dirname(await temporaryFile());
    const [text, foreign, blocked] = ['text', 'foreign', 'blocked'].map((name) => join(folder, `${sentinel}-${name}`));
    await writeFile(text ?? '', 'x'.repeat(5000));
    await writeFile(foreign ?? '', '');
    await mkdir(blocked ?? '');
    const theirs = connect(foreign ?? '', 'write');
    theirs.exec('CREATE TABLE theirs (x)');
    theirs.close();
    const files = [text, foreign, blocked, join(text ?? '', 'below'), join(blocked ?? '', `${'n'.repeat(300)}`)];
    for (const file of files) {
      const fault = await faultOf(openStore(file ?? ''));
      expect(fault.code).toMatch(/^host-api\/store_/);
      expect(findLeaks(fault, [sentinel, folder])).toEqual([]);
      expect(findLeaks([fault.message, fault.toJSON()], ['SELECT', 'PRAGMA'])).toEqual([]);
    }
  });
});

describe('the folder of the file', () => {
  test('is made with those above it, for this user alone', async () => {
    const file = join(dirname(await temporaryFile()), 'one/two/store.db');
    await (await openStore(file)).close();
    expect((await stat(dirname(file))).mode & 0o777).toBe(0o700);
  });

  test.each(['/proc/reborn/store.db', '/dev/null/store.db'])('that cannot be made is a fault: %s', async (file) => {
    expect((await faultOf(openStore(file))).code).toBe('host-api/store_unavailable');
  });
});
