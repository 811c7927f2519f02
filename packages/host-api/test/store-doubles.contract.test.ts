import { createInMemoryStore, HostApiError, type DurableStore, type Write } from '@reborn/host-api';
import {
  createFakePlatform,
  createFaultyStore,
  createRecordingStore,
  durableStoreContract,
  wrapStore,
  type StoreTrouble,
} from '@reborn/host-api/testkit';
import { acquireLease, leaseMachine, releaseLease } from '@reborn/host-api';
import { describe, expect, test } from 'vitest';

const platform = createFakePlatform();
const newStore = (): DurableStore => createInMemoryStore({ machines: [leaseMachine], ...platform });
const unit = (key: string): readonly Write[] => [acquireLease(key, 'me', 1000)];
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown) => (HostApiError.is(error) ? [error.code, error.detail] : error),
  );
const UNAVAILABLE = ['host-api/store_unavailable', {}];

describe.each([
  ['A faulty store without a script', (store: DurableStore) => createFaultyStore(store)],
  ['A recording store', (store: DurableStore) => createRecordingStore(store)],
  ['A wrapped store', (store: DurableStore) => wrapStore(store, {})],
])('%s keeps what a store keeps', (_name, wrap) => {
  for (const { name, run } of durableStoreContract) {
    test(name, () => run({ open: async (opening) => wrap(createInMemoryStore(opening)) }));
  }
});

describe('A faulty store', () => {
  test('fails before a commit, or after it, and works again', async () => {
    const store = newStore();
    const faulty = createFaultyStore(store, [
      { call: 1, when: 'before', does: 'fails' },
      { call: 2, when: 'after', does: 'fails' },
    ]);
    expect(await codeOf(faulty.commit(unit('a')))).toEqual(UNAVAILABLE);
    expect(await codeOf(faulty.commit(unit('b')))).toEqual(UNAVAILABLE);
    expect((await faulty.commit(unit('c'))).kind).toBe('committed');
    const found = await Promise.all(['a', 'b', 'c'].map((key) => store.get('lease', key)));
    expect(found.map((row) => row !== undefined)).toEqual([false, true, true]);
    expect([faulty.commits, faulty.isDead]).toEqual([3, false]);
  });

  test('dies, and says nothing more to anybody', async () => {
    const store = newStore();
    const faulty = createFaultyStore(store, [{ call: 1, when: 'after', does: 'dies' }]);
    let calls = 0;
    faulty.onCommit(() => void (calls += 1));
    expect(await codeOf(faulty.commit(unit('a')))).toEqual(UNAVAILABLE);
    const stream = { family: 'audit', tenantId: 'acme' } as never;
    const asked = [
      faulty.commit(unit('b')),
      faulty.get('lease', 'a'),
      faulty.list('lease', { limit: 1 }),
      faulty.readStream({ stream, after: 0, limit: 1 }),
      faulty.readRaw({ stream, after: 0, limit: 1 }),
      faulty.listStreams({ limit: 1 }),
      faulty.anchor(),
    ];
    expect(await Promise.all(asked.map(codeOf))).toEqual(asked.map(() => UNAVAILABLE));
    await store.commit(unit('c'));
    await store.get('lease', 'c');
    expect([calls, faulty.commits, faulty.isDead]).toEqual([0, 1, true]);
    expect([await store.get('lease', 'a'), await store.get('lease', 'b')].map((row) => row !== undefined)).toEqual([
      true,
      false,
    ]);
    await faulty.close();
    expect(await codeOf(store.get('lease', 'a'))).toEqual(['host-api/store_closed', {}]);
  });

  test.each(['before', 'after'] as const)('kills %s the commit, by the callback that it was given', async (when) => {
    const store = newStore();
    const killed: number[] = [];
    const kill = (): void => void killed.push(faulty.commits);
    const faulty = createFaultyStore(store, [{ call: 2, when, does: 'kills' }], { kill });
    await faulty.commit(unit('a'));
    expect(await codeOf(faulty.commit(unit('b')))).toEqual(UNAVAILABLE);
    expect([killed, faulty.isDead]).toEqual([[2], true]);
    expect((await store.get('lease', 'b')) !== undefined).toBe(when === 'after');
  });

  test.each([
    ['is_busy', 'busy'],
    ['is_full', 'full'],
  ] as const)('that %s refuses so many calls in a row, and nothing of them happens', async (does, engine) => {
    const store = newStore();
    const faulty = createFaultyStore(store, [{ call: 2, calls: 2, does }]);
    const answers: unknown[] = [];
    for (const key of ['a', 'b', 'c', 'd']) answers.push(await codeOf(faulty.commit(unit(key))));
    const refused = ['host-api/store_unavailable', { engine }];
    expect(answers).toEqual(['answered', refused, refused, 'answered']);
    expect((await store.list('lease', { limit: 9 })).map(({ key }) => key)).toEqual(['a', 'd']);
  });

  test('strikes again and again where it is told to', async () => {
    const faulty = createFaultyStore(newStore(), [{ call: 2, calls: 2, every: 4, when: 'before', does: 'fails' }]);
    const answers: unknown[] = [];
    for (let at = 1; at <= 9; at += 1) answers.push((await codeOf(faulty.commit(unit(`${at}`)))) === 'answered');
    expect(answers).toEqual([true, false, false, true, true, false, false, true, true]);
  });

  test.each(['before', 'after'] as const)('waits %s a call on the timers that it was given', async (when) => {
    const machine = createFakePlatform();
    const store = newStore();
    const faulty = createFaultyStore(store, [{ call: 1, when, does: 'waits', ms: 100 }], machine);
    let isAnswered = false;
    const answered = faulty.commit(unit('a')).then(() => (isAnswered = true));
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn += 1) await store.get('lease', 'a');
    };
    await settle();
    machine.advance(99);
    await settle();
    expect([(await store.get('lease', 'a')) !== undefined, isAnswered]).toEqual([when === 'after', false]);
    machine.advance(1);
    await answered;
    expect((await store.get('lease', 'a')) !== undefined).toBe(true);
  });

  test('that has to wait without timers is a bug of its test', async () => {
    const faulty = createFaultyStore(newStore(), [{ call: 1, when: 'before', does: 'waits', ms: 1 }]);
    await expect(faulty.commit(unit('a'))).rejects.toThrow('timers');
  });

  test('strikes other calls than commits, each counted for itself', async () => {
    const faulty = createFaultyStore(newStore(), [{ on: 'get', call: 2, when: 'before', does: 'fails' }]);
    const asked = [faulty.get('lease', 'a'), faulty.list('lease', { limit: 1 }), faulty.get('lease', 'a')];
    expect(await Promise.all(asked.map(codeOf))).toEqual(['answered', 'answered', UNAVAILABLE]);
  });

  test('strikes the unit with a certain transition, whatever is committed besides', async () => {
    const store = newStore();
    const releases = { machine: 'lease', trigger: 'release' };
    const faulty = createFaultyStore(store, [
      { unit: releases, call: 2, when: 'before', does: 'fails' },
      { unit: { machine: 'lease' }, call: 5, when: 'before', does: 'fails' },
      { unit: { machine: 'gate' }, call: 1, when: 'before', does: 'fails' },
    ]);
    const release = (key: string): readonly Write[] => [
      ...unit(`${key}+`),
      releaseLease({ key, holder: 'me', fence: 1 }),
    ];
    const asked = [unit('a'), release('a'), unit('b'), release('b'), release('b')];
    const answers: unknown[] = [];
    for (const each of asked) {
      await faulty.get('lease', 'a');
      answers.push(await codeOf(faulty.commit(each)));
    }
    expect(answers.map((answer) => answer === 'answered')).toEqual([true, true, true, false, false]);
  });

  test('strikes the next call when it is told to, whatever came before', async () => {
    const faulty = createFaultyStore(newStore());
    const trouble: StoreTrouble = { when: 'before', does: 'fails' };
    await faulty.commit(unit('a'));
    faulty.strikeNext(trouble);
    faulty.strikeNext(trouble, 'get');
    const asked = [faulty.commit(unit('b')), faulty.commit(unit('c')), faulty.get('lease', 'a')];
    expect(await Promise.all(asked.map(codeOf))).toEqual([UNAVAILABLE, 'answered', UNAVAILABLE]);
  });
});

describe('A recording store', () => {
  test('remembers every call in order, with its answer or the code of its fault', async () => {
    const faulty = createFaultyStore(newStore(), [{ call: 2, when: 'after', does: 'fails' }]);
    const recording = createRecordingStore(faulty);
    const pending = recording.commit(unit('a'));
    expect(recording.calls).toEqual([{ on: 'commit', arguments: [unit('a')], outcome: { kind: 'pending' } }]);
    const answer = await pending;
    await codeOf(recording.commit(unit('b')));
    const refused = await recording.commit(unit('a'));
    await recording.get('lease', 'nobody');
    await recording.close();
    await codeOf(recording.anchor());
    expect(recording.calls).toEqual([
      { on: 'commit', arguments: [unit('a')], outcome: { kind: 'answered', answer } },
      { on: 'commit', arguments: [unit('b')], outcome: { kind: 'failed', code: 'host-api/store_unavailable' } },
      { on: 'commit', arguments: [unit('a')], outcome: { kind: 'answered', answer: refused } },
      { on: 'get', arguments: ['lease', 'nobody'], outcome: { kind: 'answered', answer: undefined } },
      { on: 'close', arguments: [], outcome: { kind: 'answered', answer: undefined } },
      { on: 'anchor', arguments: [], outcome: { kind: 'failed', code: 'host-api/store_closed' } },
    ]);
    expect([recording.committed, recording.callsOf('get').length]).toEqual([[unit('a')], 1]);
  });

  test('keeps what was given at the time, whatever its caller does to it afterwards', async () => {
    const recording = createRecordingStore(newStore());
    const writes = [...unit('a')];
    const committing = recording.commit(writes);
    writes.pop();
    await committing;
    expect(recording.committed).toEqual([unit('a')]);
  });

  test('knows who listens', () => {
    const recording = createRecordingStore(newStore());
    const stop = recording.onCommit(() => undefined);
    recording.onCommit(() => undefined, { family: 'audit' });
    expect(recording.listening).toEqual([undefined, { family: 'audit' }]);
    stop();
    stop();
    expect(recording.listening).toEqual([{ family: 'audit' }]);
  });
});
