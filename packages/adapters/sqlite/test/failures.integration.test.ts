import { stat } from 'node:fs/promises';
import { acquireLease, HostApiError } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from '../src/driver.ts';
import { toKeyBytes } from '../src/record-key.ts';
import { createDriverScript, type DriverRule } from '../src/testkit/index.ts';
import { append, codeOf, draft, numbersIn, openStore, reasonOf, stream, temporaryFile } from './support.ts';

const COMMIT = /^COMMIT$/;
/** The commit that makes the tables of a new file. */
const BIRTH = 1;

function failing(when: RegExp, code: `SQLITE_${string}`, rest: Partial<DriverRule> = {}): DriverRule {
  return { when, event: { do: 'fail', code, moment: 'before' }, ...rest };
}

describe('failures of the disk', () => {
  test('a full disk refuses what is written, and nothing else', async () => {
    const script = createDriverScript();
    const store = await openStore(await temporaryFile(), { driver: script.driver });
    await store.commit([append(1)]);
    for (const when of [/^INSERT INTO log_record/, COMMIT]) {
      script.add(failing(when, 'SQLITE_FULL'));
      expect(await codeOf(store.commit([append(2, 3)]))).toBe('host-api/store_unavailable');
      expect(await numbersIn(store)).toEqual([1]);
    }
    expect(reasonOf(await store.commit([append(2)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([1, 2]);
  });

  test('a file that may not grow refuses whole units, and takes them again when it may', async () => {
    const script = createDriverScript();
    const store = await openStore(await temporaryFile(), { driver: script.driver });
    await store.commit([append(1)]);
    const large = Array.from({ length: 40 }, (_none, at) => ({
      ...draft(at + 2),
      body: { number: at + 2, pad: 'x'.repeat(4000) },
    }));
    const unit = [acquireLease('run', 'me', 60_000), { kind: 'append', stream, records: large }] as const;
    script.add({ when: /^BEGIN IMMEDIATE$/, event: { do: 'pragma', source: 'max_page_count = 40' } });
    expect(await codeOf(store.commit(unit))).toBe('host-api/store_unavailable');
    expect([await numbersIn(store), await store.get('lease', 'run')]).toEqual([[1], undefined]);
    script.add({ when: /^BEGIN IMMEDIATE$/, event: { do: 'pragma', source: 'max_page_count = 4000' } });
    expect(reasonOf(await store.commit(unit))).toBe('committed');
    expect(await numbersIn(store)).toHaveLength(41);
  });

  test('a failed sync stops the store for good, whichever commit it was, and nothing acknowledged is lost', async () => {
    for (let nth = 1; nth <= 5; nth += 1) {
      const file = await temporaryFile();
      const script = createDriverScript();
      const store = await openStore(file, { driver: script.driver });
      script.add(failing(COMMIT, 'SQLITE_IOERR_FSYNC', { nth }));
      const told: number[] = [];
      const codes: string[] = [];
      for (let number = 1; number <= 6; number += 1) {
        const code = await codeOf(store.commit([append(number)]));
        if (code === 'a result') told.push(number);
        else codes.push(code);
      }
      expect([told.length, codes]).toEqual([
        nth - 1,
        Array.from({ length: 7 - nth }, () => 'host-api/store_unavailable'),
      ]);
      expect(script.count(COMMIT)).toBe(BIRTH + nth);
      const again = await openStore(file);
      expect(await numbersIn(again)).toEqual(told);
    }
  });

  test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR'] as const)(
    'after %s nothing is asked of the engine any more, and reads fail too',
    async (code) => {
      const file = await temporaryFile();
      const script = createDriverScript();
      const store = await openStore(file, { driver: script.driver });
      await store.commit([append(1)]);
      script.add(failing(COMMIT, code));
      const commits = [codeOf(store.commit([append(2)])), codeOf(store.commit([append(3)]))];
      expect(await Promise.all(commits)).toEqual(['host-api/store_unavailable', 'host-api/store_unavailable']);
      const before = script.calls().length;
      expect(await codeOf(store.commit([append(4)]))).toBe('host-api/store_unavailable');
      expect(await codeOf(store.get('lease', 'run'))).toBe('host-api/store_unavailable');
      expect(await codeOf(store.readStream({ stream, after: 0, limit: 1 }))).toBe('host-api/store_unavailable');
      expect(() => store.onCommit(() => undefined)).toThrow('could not do its work');
      await store.close();
      expect(script.calls().slice(before)).toEqual(['close']);
      expect(await codeOf(store.get('lease', 'run'))).toBe('host-api/store_closed');
      const again = await openStore(file);
      expect(await numbersIn(again)).toEqual([1]);
      expect(reasonOf(await again.commit([append(2)]))).toBe('committed');
    },
  );

  test('a failed sync of a checkpoint stops the store as well', async () => {
    const script = createDriverScript();
    const store = await openStore(await temporaryFile(), { driver: script.driver });
    script.add(failing(/wal_checkpoint\(PASSIVE/, 'SQLITE_IOERR_FSYNC'));
    // More than an idle writer leaves in the log.
    const records = Array.from({ length: 200 }, (_none, at) => ({ ...draft(at + 1), body: { pad: 'x'.repeat(8000) } }));
    await store.commit([{ kind: 'append', stream, records }]);
    while (script.count(/^PRAGMA wal_checkpoint\(PASSIVE/) === 0)
      await new Promise((resolve) => void setTimeout(resolve, 10));
    expect(await codeOf(store.commit([append(2)]))).toBe('host-api/store_unavailable');
    expect(script.count(COMMIT)).toBe(BIRTH + 1);
  });

  test('a commit that happened though its answer was lost is found again, and repeating it adds nothing', async () => {
    const file = await temporaryFile();
    const script = createDriverScript();
    const store = await openStore(file, { driver: script.driver });
    script.add({ when: COMMIT, event: { do: 'fail', code: 'SQLITE_IOERR_FSYNC', moment: 'after' } });
    expect(await codeOf(store.commit([append(1, 2)]))).toBe('host-api/store_unavailable');
    await store.close();
    const again = await openStore(file);
    const outcome = await again.commit([append(1, 2), append(3)]);
    expect(outcome).toEqual({
      kind: 'committed',
      receipts: [
        { kind: 'appended', cursors: [1, 2] },
        { kind: 'appended', cursors: [3] },
      ],
    });
    expect(await numbersIn(again)).toEqual([1, 2, 3]);
  });

  test('a transaction that cannot be rolled back stops the store', async () => {
    const script = createDriverScript();
    const store = await openStore(await temporaryFile(), { driver: script.driver });
    script.add(failing(COMMIT, 'SQLITE_FULL'), failing(/^ROLLBACK$/, 'SQLITE_ERROR'));
    expect(await codeOf(store.commit([append(1)]))).not.toBe('a result');
    expect(await codeOf(store.commit([append(1)]))).toBe('host-api/store_unavailable');
  });

  test('a body that is no JSON is corrupt, and so is a row that its machine does not know', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    await store.commit([acquireLease('torn', 'me', 1000), acquireLease('strange', 'me', 1000), append(1)]);
    const vandal = connect(file, 'write');
    vandal.prepare('UPDATE record SET body = ? WHERE key = ?').run('{"status":', toKeyBytes('torn'));
    vandal.prepare('UPDATE record SET body = ? WHERE key = ?').run('{"status":"new"}', toKeyBytes('strange'));
    vandal.prepare('UPDATE log_record SET body = ?').run('7');
    vandal.close();
    expect(await codeOf(store.get('lease', 'torn'))).toBe('host-api/store_corrupt');
    expect(await codeOf(store.list('lease', { limit: 9 }))).toBe('host-api/store_corrupt');
    expect(await codeOf(store.readStream({ stream, after: 0, limit: 9 }))).toBe('host-api/store_corrupt');
    for (const key of ['torn', 'strange']) {
      expect(await codeOf(store.commit([append(2), acquireLease(key, 'me', 1000)]))).toBe('host-api/store_corrupt');
    }
    expect((await store.readStream({ stream, after: 1, limit: 9 })).head).toBe(1);
    expect(reasonOf(await store.commit([acquireLease('sound', 'me', 1000)]))).toBe('committed');
  });

  test('no fault shows a path or a statement, whatever the engine said', async () => {
    const sentinel = createSentinel('file');
    const script = createDriverScript();
    const store = await openStore(await temporaryFile(sentinel), { driver: script.driver });
    for (const code of ['FULL', 'CORRUPT', 'CONSTRAINT_UNIQUE', 'READONLY', 'NOMEM', 'UNHEARD_OF', 'IOERR_FSYNC']) {
      script.add(failing(COMMIT, `SQLITE_${code}`));
      const fault: unknown = await store.commit([append(1)]).catch((error: unknown) => error);
      expect(HostApiError.is(fault) && findLeaks([fault.message, fault.toJSON()], [sentinel, 'COMMIT'])).toEqual([]);
    }
  });
});

test('what a failed sync has left in the log is moved into the file before anything is built on it', async () => {
  const file = await temporaryFile();
  const script = createDriverScript();
  const store = await openStore(file, { driver: script.driver });
  await store.commit([append(1)]);
  script.add({ when: COMMIT, event: { do: 'fail', code: 'SQLITE_IOERR_FSYNC', moment: 'after' } });
  expect(await codeOf(store.commit([append(2)]))).toBe('host-api/store_unavailable');
  await store.close();
  expect((await stat(`${file}-wal`)).size).toBeGreaterThan(0);
  const again = await openStore(file);
  expect((await stat(`${file}-wal`)).size).toBe(0);
  expect(await numbersIn(again)).toEqual([1, 2]);
});
