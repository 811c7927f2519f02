/** Processes in trouble: work that misbehaves, a store that fails or dies, hosts that do not come back. */
import { parseProcessId, startWork, workItemMachine, type DurableStore, type Write } from '@reborn/host-api';
import { buildScope, createFaultyStore, createRecordingStore, fixedUuid, wrapStore } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import type { ProcessResult } from '../src/process/process.ts';
import { about, completed, createProcessWorld, LEASE_MS, type ScriptedWork } from './process-world.ts';

const scope = buildScope();
const ended = { kind: 'failed', errorKind: 'stopped', message: 'Stopped.', effect: 'happened' } as const;

describe('Work that misbehaves', () => {
  test.each([
    ['rejects', (work: ScriptedWork) => work.break(new Error('secret of the vendor'))],
    ['rejects with nothing', (work: ScriptedWork) => work.break(undefined)],
  ])('and %s has failed, and nobody knows its effect', async (_how, misbehave) => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    misbehave(work);
    await world.tick();
    const result = { kind: 'failed', errorKind: 'threw', message: expect.any(String), effect: 'uncertain' };
    expect(await here.status(scope, processId)).toMatchObject({ status: 'failed', result });
    expect(JSON.stringify([await world.row(processId), world.platform.reports])).not.toContain('vendor');
  });

  test('by throwing at once has failed, and nobody knows its effect', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId } = await world.begun(here);
    here.run(processId, {
      execute: () => {
        throw new Error('no');
      },
      ending: () => [],
    });
    await world.tick();
    expect(await here.status(scope, processId)).toMatchObject({ status: 'failed', result: { effect: 'uncertain' } });
  });

  test('and does not obey its signal is given up, and nobody knows its effect', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    await here.end(scope, processId, 'user_requested');
    await world.advance(4_000);
    expect(await here.status(scope, processId)).toMatchObject({ status: 'running', cancelReason: 'user_requested' });
    await world.advance(1_000);
    const cancelled = { status: 'cancelled', result: { errorKind: 'cancelled', effect: 'uncertain' } };
    expect(await here.status(scope, processId)).toMatchObject(cancelled);
    work.break(new Error('too late'));
    work.terms.progress('too late');
    await world.tick();
    expect(await here.status(scope, processId)).toMatchObject(cancelled);
    expect(await here.read(scope, processId)).toMatchObject({ source: 'stored', text: '' });
  });

  test('and explains itself at length, or by a token that is none, is shown in bounds', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId, work } = await world.begin(here);
    work.finish({ kind: 'failed', errorKind: 'sk-live-0123456789', message: 'ä\u0000'.repeat(5_000), effect: 'none' });
    await world.tick();
    const result = { kind: 'failed', errorKind: 'unclassified', message: 'ä '.repeat(341), effect: 'none' };
    expect(await here.status(scope, processId)).toMatchObject({ status: 'failed', result });
  });

  test('and writes what no store takes is left to its lease, and reported', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { processId } = await world.begun(here);
    here.run(processId, { execute: async () => completed, ending: () => [startWork('', {} as never)] });
    await world.tick();
    expect(world.platform.reports).toEqual([
      {
        message: 'The end of a process could not be written; its lease runs out',
        facts: { processId, code: 'host-api/invalid_value' },
      },
    ]);
    await world.advance(LEASE_MS);
    expect(await here.recoverLost(world.lostWrites)).toMatchObject([{ process: { processId } }]);
  });
});

describe('The end of a process', () => {
  test.each(['before', 'after'] as const)(
    'is written again when the store fails %s it, and stands once',
    async (when) => {
      const world = await createProcessWorld();
      const store = createFaultyStore(world.store);
      const here = world.desk('here', { store });
      const { processId, work } = await world.begin(here);
      store.strikeNext({ does: 'fails', when });
      work.finish();
      await world.tick();
      await world.advance(200);
      expect(await here.status(scope, processId)).toMatchObject({ status: 'completed', result: completed });
      expect([await world.endRecords(), world.platform.reports]).toEqual([['completed'], []]);
      expect(world.platform.pendingTimers()).toBe(0);
    },
  );

  test('is written again for as long as the lease holds, and heartbeats go on meanwhile', async () => {
    const world = await createProcessWorld();
    let isFull = false;
    const store = withEnds(world.store, () => isFull);
    const here = world.desk('here', { store });
    const { processId, work } = await world.begin(here);
    isFull = true;
    work.finish();
    await world.tick();
    await world.advance(20_000);
    isFull = false;
    await world.advance(10_000);
    expect(await here.status(scope, processId)).toMatchObject({ status: 'completed' });
  });

  test('that cannot be written is given up, and the process is lost to the next who looks', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here', { store: withEnds(world.store, () => true) });
    const { processId, work } = await world.begin(here);
    work.finish();
    await world.tick();
    await world.advance(35_000);
    expect(world.platform.reports).toMatchObject([{ facts: { code: 'host-api/store_unavailable' } }]);
    await world.advance(LEASE_MS);
    expect(await here.recoverLost(world.lostWrites)).toMatchObject([{ process: { processId } }]);
    expect(await world.endRecords()).toEqual(['lost']);
  });
});

describe('A store that dies under a process', () => {
  test.each(['before', 'after'] as const)('(%s a heartbeat) leaves it to others, and nothing rejects', async (when) => {
    const world = await createProcessWorld();
    const store = createFaultyStore(world.store);
    const here = world.desk('here', { store });
    const { processId, work } = await world.begin(here);
    const waiting = here.await(scope, processId, { timeoutMs: 60_000 }).catch((error: unknown) => error);
    store.strikeNext({ does: 'dies', when });
    await world.advance(50_000);
    expect(work.terms.signal.aborted).toBe(true);
    work.finish();
    await world.tick();
    expect(world.platform.pendingTimers()).toBe(0);
    expect(await waiting).toMatchObject({ code: 'host-runtime/unavailable' });
    await expect(here.end(scope, processId, 'shutdown')).rejects.toMatchObject({ code: 'host-runtime/unavailable' });

    const other = world.desk('other');
    expect(await other.recoverLost(world.lostWrites)).toHaveLength(1);
    expect(await world.endRecords()).toEqual(['lost']);
  });

  test('does not keep it from being stopped', async () => {
    const world = await createProcessWorld();
    const store = createFaultyStore(world.store);
    const here = world.desk('here', { store });
    const { processId, work } = await world.begin(here);
    store.strikeNext({ does: 'fails', when: 'before' });
    await expect(here.end(scope, processId, 'user_requested')).rejects.toMatchObject({
      code: 'host-runtime/unavailable',
    });
    expect(work.terms.signal.aborted).toBe(true);
    work.finish(ended);
    await world.tick();
    const cancelled = { status: 'cancelled', cancelReason: 'user_requested', result: ended };
    expect(await here.status(scope, processId)).toMatchObject(cancelled);
  });
});

describe('A heartbeat', () => {
  test('holds a process beyond its lease, however long it takes', async () => {
    const world = await createProcessWorld();
    const [here, other] = [world.desk('here'), world.desk('other')];
    const { processId, work } = await world.begin(here);
    await world.advance(10 * LEASE_MS);
    expect(await other.recoverLost(world.lostWrites)).toEqual([]);
    expect(work.terms.signal.aborted).toBe(false);
    work.finish();
    await world.tick();
    expect(await other.status(scope, processId)).toMatchObject({ status: 'completed' });
  });

  test('may be lost twice in a row', async () => {
    const world = await createProcessWorld();
    const store = createFaultyStore(world.store, [{ does: 'fails', when: 'before', call: 1, calls: 2 }]);
    const here = world.desk('here', { store });
    const { work } = await world.begin(here);
    await world.advance(2 * LEASE_MS);
    expect(work.terms.signal.aborted).toBe(false);
    work.finish();
    await world.tick();
    expect(await world.endRecords()).toEqual(['completed']);
  });

  test('that is refused stops the work', async () => {
    const world = await createProcessWorld();
    const here = world.desk('here');
    const { work } = await world.begin(here);
    // The clock of the store ran ahead: to everybody else this lease is over.
    world.platform.jumpClock(LEASE_MS);
    expect(await world.desk('other').recoverLost(world.lostWrites)).toHaveLength(1);
    await world.advance(LEASE_MS / 4);
    expect(work.terms.signal.aborted).toBe(true);
    work.finish(ended);
    await world.tick();
    expect(await world.endRecords()).toEqual(['lost']);
  });
});

describe('Recovery', () => {
  test('goes on to the next process when one cannot be marked, and finds that one again', async () => {
    const world = await createProcessWorld();
    const gone = world.desk('gone');
    const first = await world.begun(gone);
    const second = await world.begun(gone);
    await world.advance(LEASE_MS);
    const other = world.desk('other');
    const recovered = await other.recoverLost(async (lost): Promise<readonly Write[]> => {
      if (lost.process.processId === first.processId) throw new Error('no budget to be found');
      return world.lostWrites(lost);
    });
    expect(recovered).toMatchObject([{ process: { processId: second.processId } }]);
    expect(world.platform.reports).toEqual([
      { message: 'A lost process could not be marked as lost', facts: { processId: first.processId } },
    ]);
    expect(await other.recoverLost(world.lostWrites)).toMatchObject([{ process: { processId: first.processId } }]);
  });

  test('writes nothing for processes whose host is alive', async () => {
    const world = await createProcessWorld();
    await world.begin(world.desk('here'));
    const store = createRecordingStore(world.store);
    expect(await world.desk('other', { store }).recoverLost(world.lostWrites)).toEqual([]);
    expect(store.callsOf('commit')).toEqual([]);
  });

  test('leaves work of other sorts alone', async () => {
    const world = await createProcessWorld();
    const item = { kind: 'errand', scope, about, leaseKey: 'lease:errand|1', attempt: 1 };
    await world.store.commit([startWork(fixedUuid(7), item)]);
    const here = world.desk('here');
    expect(await here.recoverLost(world.lostWrites)).toEqual([]);
    expect(await world.store.get(workItemMachine.name, fixedUuid(7))).toMatchObject({ status: 'running' });
    expect([await here.list(scope), await here.status(scope, parseProcessId(fixedUuid(7)))]).toEqual([[], undefined]);
    expect(world.platform.reports).toEqual([]);
  });

  test('marks a process lost whose host died between beginning it and carrying it on', async () => {
    const world = await createProcessWorld();
    const { processId } = await world.begun(world.desk('gone'));
    await world.advance(LEASE_MS);
    const recovered = await world.desk('other').recoverLost(world.lostWrites);
    expect(recovered).toMatchObject([{ process: { processId }, result: { effect: 'uncertain' } }]);
  });
});

test('What stands in the record of a process and is none is a fault, not an answer', async () => {
  const world = await createProcessWorld();
  const item = { kind: 'process', scope, about: { capabilityId: 'no' }, leaseKey: 'lease:process|1', attempt: 1 };
  await world.store.commit([startWork(fixedUuid(7), item)]);
  const asked = world.desk('here').status(scope, parseProcessId(fixedUuid(7)));
  const rule = 'failed with host-api/store_corrupt';
  await expect(asked).rejects.toMatchObject({ code: 'host-runtime/unavailable', detail: { rule } });
});

test('A process that is over without a result is a fault, not an answer', async () => {
  const world = await createProcessWorld();
  const { processId, work } = await world.begin(world.desk('here'));
  work.finish();
  await world.tick();
  const { result: _, ...row } = (await world.row(processId)) ?? {};
  const store = wrapStore(world.store, { get: async () => row });
  const there = world.desk('there', { store });
  const asked = [
    there.status(scope, processId),
    there.await(scope, processId, { timeoutMs: 1 }),
    there.read(scope, processId),
  ];
  for (const each of asked) await expect(each).rejects.toMatchObject({ code: 'host-runtime/unavailable' });
});

test('An output that is as deep as JSON may be is kept whole', async () => {
  const world = await createProcessWorld();
  const here = world.desk('here');
  const { processId, work } = await world.begin(here);
  const text = '['.repeat(64) + ']'.repeat(64);
  const result: ProcessResult = { kind: 'completed', output: JSON.parse(text), outputBytes: 128 };
  work.finish(result);
  await world.tick();
  expect(await here.status(scope, processId)).toMatchObject({ status: 'completed', result });
});

/** A store that is full for units that end a process. */
function withEnds(store: DurableStore, isFull: () => boolean): DurableStore {
  const faulty = createFaultyStore(store);
  return {
    ...faulty,
    commit: (writes) => {
      const ends = writes.some((write) => write.kind === 'transition' && write.command['trigger'] === 'complete');
      if (ends && isFull()) faulty.strikeNext({ does: 'is_full' });
      return faulty.commit(writes);
    },
  };
}
