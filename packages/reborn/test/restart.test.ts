import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { createReborn, type Reborn, type RebornOptions } from '../src/index.ts';
import {
  answer,
  bench,
  deskOf,
  dying,
  gatesOf,
  modelOf,
  rest,
  resultsOf,
  scope,
  submit,
  told,
  until,
  type Step,
} from './support.ts';

const steps: readonly Step[] = [
  [['desk.look', { name: 'x' }]],
  [
    ['desk.write', { text: 'one' }],
    ['desk.write', { text: 'two' }],
  ],
  'Done.',
];

async function drive(host: Reborn, target: Parameters<Reborn['drive']>[0]): Promise<string> {
  for (let round = 0; round < 20; round += 1) {
    const outcome = await host.follow(target, { signal: AbortSignal.timeout(2_000) });
    if (outcome.kind !== 'parked') return told(outcome);
  }
  return 'endless';
}

describe('A host that dies with any of its commits', () => {
  test.each([false, true])(
    'leaves a run that the next one finishes, each effect at most once (commit happened: %s)',
    async (happens) => {
      for (let nth = 1; nth <= 45; nth += 1) {
        const { open, storage, written, pump } = bench(steps);
        const keeper = await open();
        const target = await submit(keeper);
        const first = await open({ storage: dying(storage, nth, happens) });
        const work = async (host: Reborn): Promise<string> => {
          for (;;) {
            const outcome = await host.drive(target);
            if (outcome.kind === 'ended') return told(outcome);
            if (outcome.kind === 'parked') for (const gate of await gatesOf(host)) await answer(host, gate);
            else await rest(2);
          }
        };
        const died = await pump(work(first).catch(() => 'died'));
        if (died !== 'died') expect(died).toBe('ended completed');
        const second = await open();
        expect([nth, await pump(work(second), 500)]).toEqual([nth, 'ended completed']);
        expect([nth, new Set(written).size]).toEqual([nth, written.length]);
      }
    },
  );
});

test('a call that a host broke off when it was closed is told to the model by the next one, and never repeated', async () => {
  const { open, submit, pump, written } = bench([[['desk.write', { text: 'tea' }]], 'Done.'], {
    during: () => new Promise(() => undefined),
  });
  const first = await open();
  const target = await submit(first);
  await first.drive(target);
  await answer(first, (await gatesOf(first))[0]);
  const driving = first.drive(target);
  await rest();
  expect(written).toEqual(['tea']);
  await pump(first.close());
  expect(told(await driving)).toBe('held queued');
  const second = await open();
  expect(told(await pump(second.drive(target)))).toBe('ended completed');
  expect(await resultsOf(second)).toEqual(['0-0 cancelled uncertain']);
  expect((await second.explain(scope, { runId: target.runId }))?.calls.map((call) => call.end)).toEqual(['uncertain']);
  expect(written).toEqual(['tea']);
});

describe('On a file', () => {
  const folders: string[] = [];
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });

  async function place(options: Partial<RebornOptions> = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'reborn-host-'));
    folders.push(folder);
    const written: string[] = [];
    const open = (more: Partial<RebornOptions> = {}): Promise<Reborn> =>
      createReborn({
        platform: node(),
        storage: sqlite(join(folder, 'host.db')),
        model: modelOf(steps),
        profile: 'test',
        leaseMs: 500,
        extensions: [deskOf(written)],
        ...options,
        ...more,
      });
    return { open, written };
  }

  test('a run goes on in a new host after each stage: submitted, parked, answered', async () => {
    const { open, written } = await place();
    const first = await open();
    const target = await submit(first);
    await first.close();
    const second = await open();
    expect(told(await second.drive(target))).toBe('parked parked');
    await second.close();
    const third = await open();
    const gates = await gatesOf(third);
    expect(gates.map((gate) => gate.input)).toEqual([{ text: 'one' }, { text: 'two' }]);
    for (const gate of gates) await answer(third, gate);
    await third.close();
    const fourth = await open();
    expect(told(await fourth.drive(target))).toBe('ended completed');
    expect(written).toEqual(['one', 'two']);
    const explanation = await fourth.explain(scope, { runId: target.runId });
    expect(explanation?.complete).toBe(true);
    expect(explanation?.calls.map((call) => [call.capabilityId, call.end])).toEqual([
      ['desk.look', 'succeeded'],
      ['desk.write', 'succeeded'],
      ['desk.write', 'succeeded'],
    ]);
    await fourth.close();
  });

  test('a host that is closed while it works gives the run back at once', async () => {
    const { open, written } = await place();
    let asked = 0;
    const first = await open({
      model: {
        label: 'slow',
        complete: () => {
          asked += 1;
          return new Promise(() => undefined);
        },
      },
    });
    const target = await submit(first);
    const driving = first.drive(target);
    await until(() => asked > 0);
    await first.close();
    expect(told(await driving)).toBe('held queued');
    const second = await open({ leaseMs: 60_000 });
    expect(told(await second.drive(target))).toBe('parked parked');
    expect((await second.turns.getRun(scope, target.runId))?.crashes).toBe(0);
    await second.close();
    expect(written).toEqual([]);
  });

  test('two hosts share one file, and one goes on when the other dies with the run', async () => {
    const { open, written } = await place();
    const first = await open({ model: { label: 'slow', complete: () => new Promise(() => undefined) } });
    const target = await submit(first);
    const stop = new AbortController();
    void first.drive(target, { signal: stop.signal }).catch(() => undefined);
    const second = await open();
    let outcome = await second.drive(target);
    while (outcome.kind !== 'held') outcome = await second.drive(target);
    expect(told(outcome)).toBe('held running');
    stop.abort();
    for (const _ of [1, 2]) {
      const driven = await second.follow(target, { signal: AbortSignal.timeout(1_000) });
      if (driven.kind === 'parked') for (const gate of await gatesOf(second)) await answer(second, gate);
    }
    expect(await drive(second, target)).toBe('ended completed');
    expect(written).toEqual(['one', 'two']);
    await Promise.all([first.close(), second.close()]);
  });
});
