/** The process dies, or the store is in trouble, at every commit of every flow: an effect happens once or is uncertain. */
import type { HostRuntime, InvokeOutcome } from '@reborn/host-runtime';
import { createFaultyStore, type StoreFault } from '@reborn/host-api/testkit';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { describe, expect, test } from 'vitest';
import { createWorld, done } from './support.ts';

interface Flow {
  readonly name: string;
  readonly permission: 'allow' | 'ask';
  readonly effects: readonly ('read_filesystem' | 'write_filesystem')[];
  /** What the capability does when it does anything. */
  readonly fails?: true;
}

const FLOWS: readonly Flow[] = [
  { name: 'an effect', permission: 'allow', effects: ['write_filesystem'] },
  { name: 'an effect that throws', permission: 'allow', effects: ['write_filesystem'], fails: true },
  { name: 'a read', permission: 'allow', effects: ['read_filesystem'] },
  { name: 'an approved effect', permission: 'ask', effects: ['write_filesystem'] },
  { name: 'an approved read', permission: 'ask', effects: ['read_filesystem'] },
];
const COMMITS_MAX = 6;
const faults: readonly StoreFault[] = Array.from({ length: COMMITS_MAX }, (_, at) => at + 1).flatMap((call) =>
  (['before', 'after'] as const).flatMap((when) => (['fails', 'dies'] as const).map((does) => ({ call, when, does }))),
);

for (const flow of FLOWS) {
  describe(`${flow.name}`, () => {
    test.each(faults)('is made at most once when the store $does $when commit $call', async (fault) => {
      const { outcome, ran } = await drive(flow, fault);
      const reads = !flow.effects.includes('write_filesystem');
      if (outcome.kind === 'completed') {
        expect(reads ? Math.min(ran, 1) : ran).toBe(1);
        return;
      }
      expect(outcome).toMatchObject({ kind: 'failed', effect: 'uncertain' });
      expect(reads).toBe(false);
      expect(ran).toBeLessThanOrEqual(1);
    });
  });
}

test('the result of an effect is written again when the store was in trouble, so that it is not uncertain', async () => {
  for (const when of ['before', 'after'] as const) {
    const { outcome, ran } = await drive(FLOWS[0] as Flow, { call: 2, when, does: 'fails' });
    expect([outcome.kind, ran]).toEqual(['completed', 1]);
  }
});

test('an effect that failed without effect is not made again because the answer of its commit was lost', async () => {
  const world = createWorld();
  const handler = scriptedHandler({ otherwise: { kind: 'failed', code: 'busy', message: 'Busy.', effect: 'none' } });
  const store = createFaultyStore(world.store, [{ call: 2, when: 'after', does: 'fails' }]);
  const outcome = await world.invoke(world.open([handler], { store }), world.newCall());
  expect([outcome.kind, handler.inputs.length]).toEqual(['failed', 1]);
});

/** Calls until there is an answer, starting the process again when it died. */
async function drive(
  flow: Flow,
  fault: StoreFault,
): Promise<{ readonly outcome: InvokeOutcome; readonly ran: number }> {
  const world = createWorld();
  const { permission, effects } = flow;
  const handler = scriptedHandler({
    descriptor: { permission, effects: [...effects] },
    otherwise: flow.fails === true ? () => Promise.reject(new Error('no')) : done,
  });
  const store = createFaultyStore(world.store, [fault]);
  let runtime: HostRuntime = world.open([handler], { store });
  const request = world.newCall({ text: 'a' }, { idempotencyKey: 'k' });
  for (let tries = 0; tries < 10; tries += 1) {
    const outcome = await world.invoke(runtime, request).catch(() => undefined);
    if (outcome?.kind === 'approval_required') await world.approve(runtime, outcome.gateId).catch(() => undefined);
    else if (outcome !== undefined) return { outcome, ran: handler.inputs.length };
    if (store.isDead) runtime = world.open([handler]);
  }
  throw new Error('there was never an answer');
}
