/** A host's processes as a whole: how many, what they show, who waits for them, and how they end with their host. */
import { HostApiError } from '@reborn/host-api';
import { buildScope, createRecordingStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { about, completed, createProcessWorld, EFFECT_KEY, LEASE_MS, type ProcessWorld } from './process-world.ts';

const scope = buildScope();
const stopped = { kind: 'failed', errorKind: 'stopped', message: 'Stopped.', effect: 'none' } as const;

test('A host carries on 256 processes and no more', async () => {
  const world = await createProcessWorld();
  const here = world.desk('here');
  const begun = [];
  for (let count = 0; count < 256; count += 1) begun.push(await world.begin(here));
  const admission = () => here.admit({ ...about, scope, effectKey: EFFECT_KEY, attempt: 1 }).kind;
  expect([admission(), world.desk('other').admit({ ...about, scope, effectKey: EFFECT_KEY, attempt: 1 }).kind]).toEqual(
    ['refused', 'admitted'],
  );
  begun[0]?.work.finish();
  await world.tick();
  expect(admission()).toBe('admitted');
  expect([(await here.active(scope)).length, (await here.list(scope)).length]).toEqual([255, 32]);
});

test('The newest process is listed first, the oldest active one first', async () => {
  const world = await createProcessWorld();
  const here = world.desk('here');
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    ids.push((await world.begin(here)).processId);
    world.platform.advance(1);
  }
  const listed = (await here.list(scope)).map(({ processId }) => processId);
  const active = (await here.active(scope)).map(({ processId }) => processId);
  expect([listed, active]).toEqual([ids.toReversed(), ids]);
});

test('A process that was told to stop twice stops once, for the first reason', async () => {
  const world = await createProcessWorld();
  const here = world.desk('here');
  const { processId, work } = await world.begin(here);
  const asked = [await here.end(scope, processId, 'timeout'), await here.end(scope, processId, 'user_requested')];
  expect(asked).toEqual([{ kind: 'ending' }, { kind: 'ending' }]);
  work.finish();
  await world.tick();
  expect(work.endings.map(({ reason }) => reason)).toEqual(['timeout']);
  expect(await here.status(scope, processId)).toMatchObject({ cancelReason: 'timeout' });
});

describe('Waiting for a process', () => {
  test.each([
    ['its time is over', async (world: ProcessWorld) => world.advance(5_000)],
    ['its caller gives up', async (_: ProcessWorld, stop: AbortController) => stop.abort()],
  ])('ends when %s, and leaves nothing behind', async (_why, happen) => {
    const world = await createProcessWorld();
    const store = createRecordingStore(world.store);
    const here = world.desk('here', { store });
    const { processId } = await world.begin(here);
    const timers = world.platform.pendingTimers();
    const stop = new AbortController();
    const waiting = here.await(scope, processId, { timeoutMs: 5_000, signal: stop.signal });
    await world.tick();
    expect(store.listening).toEqual([{ family: 'runtime', tenantId: 'acme', kinds: ['process_ended'] }]);
    await happen(world, stop);
    expect(await waiting).toMatchObject({ kind: 'running', process: { processId, status: 'running' } });
    expect([world.platform.pendingTimers(), store.listening]).toEqual([timers, []]);
  });

  test('finds an end that it was not told of', async () => {
    const world = await createProcessWorld();
    const [here, there] = [
      world.desk('here'),
      world.desk('there', { store: { ...world.store, onCommit: () => () => undefined } }),
    ];
    const { processId, work } = await world.begin(here);
    const waiting = there.await(scope, processId, { timeoutMs: 60_000 });
    await world.tick();
    work.finish();
    await world.advance(5_000);
    expect(await waiting).toMatchObject({ kind: 'ended', process: { status: 'completed' } });
  });

  test('looks no more often than there is something to see', async () => {
    const world = await createProcessWorld();
    const store = createRecordingStore(world.store);
    const there = world.desk('there', { store });
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    const waiting = there.await(scope, processId, { timeoutMs: 600_000 });
    await world.advance(29_000);
    expect(store.callsOf('get')).toHaveLength(6);
    work.finish();
    expect(await waiting).toMatchObject({ kind: 'ended' });
    expect(store.callsOf('get')).toHaveLength(7);
  });

  test('says so of a process that is over, whatever the time', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    work.finish();
    await world.tick();
    const signal = AbortSignal.abort();
    const found = await here.await(scope, processId, { timeoutMs: 0, signal });
    expect(found).toMatchObject({ kind: 'ended', process: { result: completed } });
  });
});

describe('What a process shows', () => {
  test('is read while it runs and after its end, from where the reader was', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    work.terms.progress('one\n');
    work.terms.progress('two\u0007\n');
    const live = { kind: 'read', source: 'live', status: 'running' };
    expect(await here.read(scope, processId)).toEqual({ ...live, text: 'one\ntwo \n', from: 0, next: 9 });
    expect(await here.read(scope, processId, { after: 4 })).toEqual({ ...live, text: 'two \n', from: 4, next: 9 });
    expect(await here.read(scope, processId, { after: 50 })).toEqual({ ...live, text: '', from: 9, next: 9 });
    work.terms.progress('three');
    work.finish();
    await world.tick();
    const stored = { kind: 'read', source: 'stored', status: 'completed', text: 'three', from: 9, next: 14 };
    expect(await world.desk('other').read(scope, processId, { after: 9 })).toEqual(stored);
  });

  test('is known to other hosts with its end', async () => {
    const world = await createProcessWorld();
    const { processId, work } = await world.begin(world.desk('here'));
    work.terms.progress('one');
    const elsewhere = { kind: 'read', source: 'elsewhere', status: 'running', text: '', from: 2, next: 2 };
    expect(await world.desk('there').read(scope, processId, { after: 2 })).toEqual(elsewhere);
  });

  test('is kept up to 64 KiB, the end of it', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    for (let line = 0; line < 10_000; line += 1) work.terms.progress(`line ${line}\n`.padEnd(20, '€'));
    work.finish();
    await world.tick();
    const found = await here.read(scope, processId);
    const text = found.kind === 'read' ? found.text : '';
    expect(found).toMatchObject({ source: 'stored', next: 200_000, from: 200_000 - text.length });
    const bytes = new TextEncoder().encode(text).length;
    expect([bytes <= 64 * 1024, bytes > 64 * 1024 - 60, text.endsWith('line 9999\n€€€€€€€€€€')]).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('A host that closes', () => {
  test('tells its processes to stop, and waits until that is written', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    const { signal } = new AbortController();
    const waiting = here.await(scope, processId, { timeoutMs: 60_000, signal });
    await world.tick();
    let isClosed = false;
    const closing = here.close().then(() => (isClosed = true));
    await world.tick();
    expect([work.terms.signal.aborted, isClosed, (await waiting).kind]).toEqual([true, false, 'running']);
    work.finish(stopped);
    await closing;
    const cancelled = { status: 'cancelled', cancelReason: 'shutdown', result: { errorKind: 'stopped' } };
    expect(await world.desk('other').status(scope, processId)).toMatchObject(cancelled);
    expect(here.admit({ ...about, scope, effectKey: EFFECT_KEY, attempt: 1 })).toEqual({
      kind: 'refused',
      reason: 'closing',
    });
    expect(world.platform.pendingTimers()).toBe(0);
    await here.close();
  });

  test('stops a process at once that was begun in its last moment', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId } = await world.begun(here);
    await here.close();
    here.run(processId, { execute: async ({ signal }) => (signal.aborted ? stopped : completed), ending: () => [] });
    await world.tick();
    expect(await here.status(scope, processId)).toMatchObject({ status: 'cancelled', result: stopped });
  });

  test.each([
    ['does not answer', () => new Promise<never>(() => undefined)],
    ['is full', () => Promise.reject(new HostApiError('host-api/store_unavailable'))],
  ])('does not wait for a store that %s, and is not heard of again', async (_how, commit) => {
    const world = await createProcessWorld();
    const here = world.desk('here', { store: { ...world.store, commit } });
    const { processId, work } = await world.begin(here);
    const closing = here.close();
    work.finish();
    await world.settled(closing);
    expect(world.platform.pendingTimers()).toBe(0);
    await world.advance(LEASE_MS);
    const recovered = await world.desk('other').recoverLost(world.lostWrites);
    expect(recovered).toMatchObject([{ process: { processId } }]);
  });
});
