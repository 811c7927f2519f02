import { acquireLease, checkLease, HostApiError, releaseLease } from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { connect, type Connect } from '../src/driver.ts';
import { BUSY_TOTAL_MS } from '../src/limits.ts';
import { toKeyBytes } from '../src/record-key.ts';
import { append, numbersIn, openStore, opening, reasonOf, startChild, stream, temporaryFile } from './support.ts';

interface Failure {
  readonly when: (sql: string) => boolean;
  readonly code: string;
}

/** A driver that fails on demand: the next writing statement for which `when` holds, once for each failure queued. */
function faultyDriver(): { readonly connect: Connect; readonly failures: Failure[]; readonly sent: string[] } {
  const failures: Failure[] = [];
  const sent: string[] = [];
  const faulty: Connect = (file, mode) => {
    const connection = connect(file, mode);
    if (mode === 'read') return connection;
    const prepare = connection.prepare.bind(connection);
    connection.prepare = <Row>(sql: string) => {
      const statement = prepare<Row>(sql);
      const fail = (): void => {
        sent.push(sql);
        if (failures[0]?.when(sql) !== true) return;
        const code = failures.shift()?.code ?? '';
        throw Object.assign(new Error(`${code} in ${sql} of ${file}`), { code });
      };
      return {
        run: (...values) => (fail(), statement.run(...values)),
        get: (...values) => (fail(), statement.get(...values)),
        all: (...values) => (fail(), statement.all(...values)),
      };
    };
    return connection;
  };
  return { connect: faulty, failures, sent };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'a result',
    (error: unknown) => (HostApiError.is(error) ? error.code : String(error)),
  );
}

const isCommit = (sql: string): boolean => sql === 'COMMIT';

describe('two stores on one file', () => {
  test('see each other, and an acknowledged unit is visible at once', async () => {
    const file = await temporaryFile();
    const [left, right] = [await openStore(file), await openStore(file)];
    for (let number = 1; number <= 20; number += 1) {
      const [writer, reader] = number % 2 === 0 ? [left, right] : [right, left];
      await writer.commit([append(number)]);
      expect((await reader.readStream({ stream, after: number - 1, limit: 9 })).head).toBe(number);
    }
  });

  test('never give the same token twice', async () => {
    const file = await temporaryFile();
    const stores = [await openStore(file), await openStore(file)];
    const fences: unknown[] = [];
    await Promise.all(
      stores.map(async (store, at) => {
        const holder = `holder-${at}`;
        for (let round = 0; round < 100; round += 1) {
          const outcome = await store.commit([acquireLease('run', holder, 60_000)]);
          if (outcome.kind === 'conflict') continue;
          const [receipt] = outcome.receipts;
          const fence = receipt?.kind === 'record' ? Number(receipt.row?.['fence']) : 0;
          fences.push(fence);
          await store.commit([releaseLease({ key: 'run', holder, fence })]);
        }
      }),
    );
    expect(fences.length).toBeGreaterThan(50);
    expect(new Set(fences).size).toBe(fences.length);
  });

  test('in two processes never give the same token twice, and see each other', async () => {
    const file = await temporaryFile();
    await (await openStore(file)).close();
    const children = ['left', 'right'].map((holder) => startChild('lease-loop.ts', file, holder, '40'));
    await Promise.all(children.map((child) => child.ended));
    const fences = children.flatMap((child) => child.lines.map(Number));
    expect(fences).toHaveLength(80);
    expect([...fences].sort((left, right) => left - right)).toEqual(Array.from({ length: 80 }, (_none, at) => at + 1));
    const store = await openStore(file);
    expect(await store.get('lease', 'run')).toMatchObject({ status: 'free', fence: 80 });
    expect(reasonOf(await store.commit([checkLease({ key: 'run', holder: 'left', fence: 79 })]))).toMatch(
      'check_from_free',
    );
  });

  test('wake each other up', async () => {
    const file = await temporaryFile();
    const [left, right] = [await openStore(file), await openStore(file)];
    const woken = Promise.withResolvers<void>();
    const dispose = right.onCommit(woken.resolve);
    await left.commit([append(1)]);
    await woken.promise;
    dispose();
  });

  test('look for the commits of others only while somebody listens', async () => {
    let pending = 0;
    const schedule = (delayMs: number, callback: () => void): (() => void) => {
      pending += 1;
      const cancel = opening.timers.schedule(delayMs, callback);
      return () => {
        pending -= 1;
        cancel();
      };
    };
    const store = await openStore(await temporaryFile(), { opening: { ...opening, timers: { schedule } } });
    expect(pending).toBe(0);
    const disposers = [store.onCommit(() => undefined), store.onCommit(() => undefined)];
    expect(pending).toBe(1);
    for (const dispose of disposers) dispose();
    expect(pending).toBe(0);
  });
});

describe('a lock that another process holds', () => {
  test('is waited for, without holding up the event loop and without changing the order', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    const rival = startChild('hold-lock.ts', file, '1200');
    await rival.line((line) => line === 'held');
    let longestMs = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 1);
    const settled: number[] = [];
    const commits = [1, 2, 3, 4, 5].map((number) => store.commit([append(number)]).then(() => settled.push(number)));
    expect(await numbersIn(store)).toEqual([]);
    await new Promise((resolve) => void setTimeout(resolve, 300));
    commits.push(store.commit([append(6)]).then(() => settled.push(6)));
    await Promise.all(commits);
    clearInterval(watch);
    expect(settled).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await numbersIn(store)).toEqual([1, 2, 3, 4, 5, 6]);
    // Each wait in the driver is at most 10 ms; the rest is what a shared machine adds.
    expect(longestMs).toBeLessThan(150);
  });

  test('ends the waiting after its bound, and the store goes on', async () => {
    const driver = faultyDriver();
    let waitedMs = 0;
    const schedule = (delayMs: number, callback: () => void): (() => void) => {
      waitedMs += delayMs;
      return opening.timers.schedule(0, callback);
    };
    const file = await temporaryFile();
    const store = await openStore(file, { connect: driver.connect, opening: { ...opening, timers: { schedule } } });
    const busy = { when: (sql: string) => sql === 'BEGIN IMMEDIATE', code: 'SQLITE_BUSY' };
    driver.failures.push(...Array.from({ length: 1000 }, () => busy));
    const outcomes = await Promise.all([codeOf(store.commit([append(1)])), codeOf(store.commit([append(2)]))]);
    expect(outcomes).toEqual(['host-api/store_unavailable', 'host-api/store_unavailable']);
    expect(waitedMs).toBeGreaterThan(BUSY_TOTAL_MS / 2);
    expect(waitedMs).toBeLessThanOrEqual(BUSY_TOTAL_MS * 1.1);
    driver.failures.length = 0;
    expect(reasonOf(await store.commit([append(3)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([3]);
  });
});

describe('failures of the disk', () => {
  test('a full disk refuses what is written, and nothing else', async () => {
    const driver = faultyDriver();
    const store = await openStore(await temporaryFile(), { connect: driver.connect });
    await store.commit([append(1)]);
    for (const when of [(sql: string) => sql.startsWith('INSERT INTO stream_record'), isCommit]) {
      driver.failures.push({ when, code: 'SQLITE_FULL' });
      expect(await codeOf(store.commit([append(2, 3)]))).toBe('host-api/store_unavailable');
      expect(await numbersIn(store)).toEqual([1]);
    }
    expect(reasonOf(await store.commit([append(2)]))).toBe('committed');
    expect(await numbersIn(store)).toEqual([1, 2]);
  });

  test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR'])(
    'after %s the store is dead, and opening it again shows what was acknowledged',
    async (code) => {
      const driver = faultyDriver();
      const file = await temporaryFile();
      const store = await openStore(file, { connect: driver.connect });
      await store.commit([append(1)]);
      driver.failures.push({ when: isCommit, code });
      const commits = [codeOf(store.commit([append(2)])), codeOf(store.commit([append(3)]))];
      expect(await Promise.all(commits)).toEqual(['host-api/store_unavailable', 'host-api/store_unavailable']);
      const sentBefore = driver.sent.length;
      expect(await codeOf(store.commit([append(4)]))).toBe('host-api/store_unavailable');
      expect(await codeOf(store.get('lease', 'run'))).toBe('host-api/store_unavailable');
      expect(await codeOf(store.readStream({ stream, after: 0, limit: 1 }))).toBe('host-api/store_unavailable');
      expect(() => store.onCommit(() => undefined)).toThrow('could not do its work');
      expect(driver.sent.length).toBe(sentBefore);
      await store.close();
      expect(await codeOf(store.get('lease', 'run'))).toBe('host-api/store_closed');
      const again = await openStore(file);
      expect(await numbersIn(again)).toEqual([1]);
      expect(reasonOf(await again.commit([append(2)]))).toBe('committed');
    },
  );

  test('a transaction that cannot be rolled back stops the store', async () => {
    const driver = faultyDriver();
    const store = await openStore(await temporaryFile(), { connect: driver.connect });
    driver.failures.push(
      { when: isCommit, code: 'SQLITE_FULL' },
      { when: (sql) => sql === 'ROLLBACK', code: 'SQLITE_ERROR' },
    );
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
    vandal.prepare('UPDATE stream_record SET body = ?').run('7');
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
    const driver = faultyDriver();
    const store = await openStore(await temporaryFile(sentinel), { connect: driver.connect });
    for (const code of ['FULL', 'CORRUPT', 'CONSTRAINT_UNIQUE', 'READONLY', 'NOMEM', 'UNHEARD_OF', 'IOERR_FSYNC']) {
      driver.failures.push({ when: isCommit, code: `SQLITE_${code}` });
      const fault: unknown = await store.commit([append(1)]).catch((error: unknown) => error);
      expect(HostApiError.is(fault) && findLeaks([fault.message, fault.toJSON()], [sentinel, 'COMMIT'])).toEqual([]);
    }
  });
});

describe('units that wait together', () => {
  test('share one transaction, and a refused one takes nothing from the others', async () => {
    const driver = faultyDriver();
    const store = await openStore(await temporaryFile(), { connect: driver.connect });
    const outcomes = await Promise.all([
      store.commit([append(1)]).then(reasonOf),
      store.commit([append(2), checkLease({ key: 'run', holder: 'me', fence: 1 })]).then(reasonOf),
      codeOf(store.commit([append(3), { kind: 'transition', machine: 'lease', key: 'x', command: { trigger: 'no' } }])),
      store.commit([append(4)]).then(reasonOf),
    ]);
    expect(outcomes).toEqual(['committed', 'check_from_none', 'host-api/invalid_value', 'committed']);
    expect(await numbersIn(store)).toEqual([1, 4]);
    expect(driver.sent.filter(isCommit)).toHaveLength(1);
  });

  test('do not starve timers, however many there are', async () => {
    const store = await openStore(await temporaryFile());
    const over = new AbortController();
    setTimeout(() => over.abort(), 50);
    let committed = 0;
    while (!over.signal.aborted) {
      committed += 1;
      await store.commit([append(committed)]);
    }
    expect(await numbersIn(store)).toHaveLength(committed);
  });

  test('are finished before the store closes, and later ones are refused', async () => {
    const file = await temporaryFile();
    const store = await openStore(file);
    const early = Promise.all([1, 2, 3].map((number) => store.commit([append(number)])));
    const closing = store.close();
    expect(await codeOf(store.commit([append(4)]))).toBe('host-api/store_closed');
    await Promise.all([early, closing]);
    expect(await numbersIn(await openStore(file))).toEqual([1, 2, 3]);
  });
});

test('reads pages and lists through indexes, never by looking at everything', async () => {
  const file = await temporaryFile();
  const plans: string[] = [];
  const explaining: Connect = (name, mode) => {
    const connection = connect(name, mode);
    if (mode !== 'read') return connection;
    const prepare = connection.prepare.bind(connection);
    connection.prepare = <Row>(sql: string) => {
      const isQuery = sql.startsWith('SELECT');
      const values = Array.from({ length: sql.split('?').length - 1 }, () => (sql.includes('json_each') ? '[]' : 1));
      if (isQuery) {
        const steps = prepare<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
        plans.push(steps.map((step) => step.detail).join('; '));
      }
      return prepare<Row>(sql);
    };
    return connection;
  };
  const store = await openStore(file, { connect: explaining });
  plans.length = 0;
  await store.list('lease', { limit: 1, owner: 'a', order: 'newest' });
  await store.list('lease', { limit: 1, status: 'held' });
  await store.list('lease', { limit: 1, owner: 'a', status: 'held' });
  for (const label of ['runId', 'threadId', 'invocationId', 'correlationId']) {
    await store.readStream({ stream, after: 1, limit: 1, filter: { labels: { [label]: 'x' } } });
  }
  await store.readStream({ stream, after: 1, limit: 1, order: 'newest' });
  expect(plans).toHaveLength(8);
  const names = ['owner', 'status', 'owner_and_status', 'run', 'thread', 'invocation', 'correlation', 'autoindex'];
  for (const [at, name] of names.entries()) expect(plans[at]).toMatch(new RegExp(`USING INDEX \\w*${name}`));
  expect(plans.join()).not.toMatch(/SCAN|TEMP B-TREE/);
});

test('keeps every acknowledged unit when the process is killed, ten times over', async () => {
  const file = await temporaryFile();
  let acknowledged = 0;
  for (let round = 0; round < 10; round += 1) {
    const child = startChild('commit-loop.ts', file, String(acknowledged + 1));
    const from = acknowledged;
    await child.line((line) => Number(line) >= from + 5 + round * 7);
    child.process.kill('SIGKILL');
    await child.ended;
    const printed = child.lines.map(Number);
    const store = await openStore(file);
    const kept = new Set(await numbersIn(store));
    expect(printed.filter((number) => !kept.has(number))).toEqual([]);
    const { head } = await store.readStream({ stream, after: 0, limit: 1 });
    expect(kept.size).toBe(head);
    acknowledged = head + 3;
    await store.close();
  }
});
