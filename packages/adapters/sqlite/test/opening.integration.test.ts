import { lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { leaseMachine } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from '../src/driver.ts';
import { sqlite } from '../src/index.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from '../src/migrate.ts';
import { createDriverScript } from '../src/testkit/index.ts';
import { append, faultOf, numbersIn, opening, openStore, temporaryFile } from './support.ts';

describe('the engine', () => {
  test('is checked before anything is touched', async () => {
    const file = await temporaryFile();
    const { driver } = createDriverScript({
      when: /sqlite_version/,
      nth: 2,
      event: { do: 'answer', value: { version: '3.51.2' } },
    });
    const fault = await faultOf(openStore(file, { driver }));
    expect(fault.code).toBe('host-api/store_unsuitable');
    expect(fault.message).toContain('3.51.2');
    expect(await readdir(dirname(file))).toEqual([]);
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
    for (const beside of ['-wal', '-wake']) expect((await stat(file + beside)).mode & 0o777).toBe(0o600);
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

  test('of a later version is opened when that version has only added to it, and refused otherwise', async () => {
    const file = await temporaryFile();
    await (await openStore(file)).close();
    const later = connect(file, 'write');
    later.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    const store = await openStore(file);
    await store.commit([append(1)]);
    await store.close();
    expect(later.pragma('user_version')).toBe(SCHEMA_VERSION + 1);
    later.exec(`UPDATE store SET needs_schema = ${SCHEMA_VERSION + 1}`);
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
    const { driver, calls } = createDriverScript();
    const store = await openStore(await temporaryFile(), { driver });
    expect(store.durability).toEqual({ backend: 'sqlite', survives: 'power_loss', shared: 'machine', anchored: true });
    const asked = calls().filter((call) => call.startsWith('PRAGMA'));
    for (const setting of ['synchronous = 2', 'fullfsync = 1', 'foreign_keys = 1', 'wal_autocheckpoint = 0']) {
      const [name = ''] = setting.split(' ');
      const at = asked.indexOf(`PRAGMA ${setting}`);
      expect([setting, asked[at + 1]]).toEqual([setting, `PRAGMA ${name}`]);
    }
  });

  test.each([
    ['journal_mode = WAL', 'delete'],
    ['synchronous', 1],
    ['foreign_keys', 0],
  ])('are read back: an engine that answers %s with %s is refused', async (source, value) => {
    const { driver } = createDriverScript({ when: new RegExp(`^PRAGMA ${source}$`), event: { do: 'answer', value } });
    const fault = await faultOf(openStore(await temporaryFile(), { driver }));
    expect(fault.code).toBe('host-api/store_unsuitable');
  });
});

describe('links', () => {
  test('lead to one store, whatever name it is opened by', async () => {
    const file = await temporaryFile();
    const link = join(dirname(await temporaryFile()), 'link.db');
    const store = await openStore(file);
    await symlink(file, link);
    const other = await openStore(link);
    await other.commit([append(1)]);
    expect(await numbersIn(store)).toEqual([1]);
    expect(await readdir(dirname(link))).toEqual([basename(link)]);
  });

  test.each(['', '-wake', '-anchor'])('are never followed to make a file: %s', async (beside) => {
    const file = await temporaryFile();
    const elsewhere = join(dirname(await temporaryFile()), 'elsewhere');
    await symlink(elsewhere, file + beside);
    expect((await faultOf(openStore(file))).code).toMatch(/^host-api\/store_(unavailable|corrupt)$/);
    await expect(lstat(elsewhere)).rejects.toThrow('ENOENT');
  });
});

describe('machines', () => {
  test('that a thread cannot load are named, and no path is', async () => {
    const machine = { ...leaseMachine, name: 'strange' };
    for (const module of ['file:///nowhere/at/all.ts', leaseMachine.module, 'not a module', import.meta.url]) {
      const given = { ...opening, machines: [{ ...machine, module }] };
      const fault = await faultOf(openStore(await temporaryFile(), { opening: given }));
      expect([fault.code, fault.detail['machine']]).toEqual(['host-api/store_unsuitable', 'strange']);
      expect(findLeaks([fault.message, fault.toJSON()], ['nowhere', 'packages'])).toEqual([]);
    }
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
