import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InvariantError } from '../assert.ts';
import { createSentinel, createFakePlatform, findLeaks, fixedUuid } from '../testkit/index.ts';
import { gateMachine } from './gate.ts';
import { idempotencyMachine } from './idempotency.ts';
import { createInMemoryStore } from './in-memory-store.ts';
import { acquireLease, leaseMachine } from './lease.ts';
import { limiterMachine } from './limiter.ts';
import { indexMachines } from './parse-unit.ts';
import { reservationMachine } from './reservation.ts';
import { defineMachine } from './state-machine.ts';
import { getRecord, transition } from './unit-of-work.ts';
import { workItemMachine } from './work-item.ts';

const held = { status: 'held', holder: 'me', fence: 1, expiresAtMs: 10 };
const now = { nowMs: 5 };
const MACHINES = [gateMachine, idempotencyMachine, leaseMachine, limiterMachine, reservationMachine, workItemMachine];

describe('A machine', () => {
  test('calls a stored record that it cannot read corrupt, without showing it', () => {
    const sentinel = createSentinel('stored');
    const check = { trigger: 'check', holder: 'me', fence: 1 };
    for (const stored of [{}, { ...held, status: sentinel }, { ...held, [sentinel]: 1 }, { ...held, fence: 0 }]) {
      for (const act of [() => leaseMachine.run(stored, check, now), () => leaseMachine.parseRow(stored)]) {
        expect(act).toThrow(expect.objectContaining({ code: 'host-api/store_corrupt' }));
        expect(act).toThrow(expect.toSatisfy((error) => findLeaks(error, [sentinel]).length === 0));
      }
    }
  });

  test('of any kind reads no record of another form, version or sum', () => {
    const account = { status: 'open', startsAtMs: 0, held: {}, used: {} };
    expect(limiterMachine.parseRow(account)).toEqual(account);
    const forms = [{}, { status: 'open' }, { status: 'held' }, { version: 2, accounts: [] }];
    const sums = [{ usd: '-1' }, { usd: 1 }, { calls: -1 }, { calls: 0.5 }, { slots: 1 }];
    for (const stored of forms) {
      for (const machine of MACHINES) {
        expect(() => machine.parseRow(stored), machine.name).toThrow(
          expect.objectContaining({ code: 'host-api/store_corrupt' }),
        );
      }
    }
    for (const used of sums) {
      expect(() => limiterMachine.parseRow({ ...account, used })).toThrow(
        expect.objectContaining({ code: 'host-api/store_corrupt' }),
      );
    }
  });

  test('refuses a command that it does not know as malformed', () => {
    for (const command of [{}, { trigger: 'steal' }, { trigger: 'check', holder: 'me', fence: 1, force: true }]) {
      expect(() => leaseMachine.run(held, command, now)).toThrow(
        expect.objectContaining({ code: 'host-api/invalid_value' }),
      );
    }
  });

  test('stops the process when its own decision leaves its table', () => {
    const machine = defineMachine<{ status: 'a' | 'b' }, { trigger: 'go' }>({
      name: 'wrong',
      module: import.meta.url,
      row: z.strictObject({ status: z.enum(['a', 'b']) }),
      command: z.strictObject({ trigger: z.literal('go') }),
      transitions: [{ from: 'none', trigger: 'go', to: 'a' }],
      decide: () => ({ kind: 'write', row: { status: 'b' } }),
      index: () => ({ owner: '', status: '', rank: 0 }),
    });
    expect(() => machine.run(undefined, { trigger: 'go' }, now)).toThrow(InvariantError);
  });

  test('does not mutate what it decides on', () => {
    const row = Object.freeze({ ...held });
    expect(leaseMachine.run(row, { trigger: 'renew', holder: 'me', fence: 1, ttlMs: 100 }, now)).toEqual({
      kind: 'write',
      row: { ...held, expiresAtMs: 105 },
      index: { owner: 'me', status: 'held', rank: 105 },
    });
  });

  test('writes its states and triggers in one form, as every other', () => {
    const machines = [
      gateMachine,
      idempotencyMachine,
      leaseMachine,
      limiterMachine,
      reservationMachine,
      workItemMachine,
    ];
    const tokens = machines.flatMap(({ name, transitions }) => [
      name,
      ...transitions.flatMap(({ from, trigger, to }) => [from, trigger, to]),
    ]);
    expect(tokens.filter((token) => !/^[a-z]+(?:_[a-z]+)*$/.test(token))).toEqual([]);
  });

  test('shares a store only with machines of other names', () => {
    expect(() => indexMachines([leaseMachine, idempotencyMachine, leaseMachine])).toThrow(InvariantError);
  });
});

test('A gate cannot be opened as if it had been answered', () => {
  const gate = { status: 'approved', gateId: fixedUuid(1) };
  expect(() => gateMachine.run(undefined, { trigger: 'open', gate }, now)).toThrow(
    expect.objectContaining({ code: 'host-api/invalid_value' }),
  );
});

test('A listener that fails stops neither the commit nor the other listeners', async () => {
  const { clock, timers } = createFakePlatform();
  const store = createInMemoryStore({ machines: [leaseMachine], clock, timers });
  const thrown: unknown[] = [];
  const onError = (error: unknown) => void thrown.push(error);
  process.once('uncaughtException', onError);
  const seen = new Promise<void>((resolve) => {
    store.onCommit(() => {
      throw new Error('listener');
    });
    store.onCommit(resolve);
  });
  const outcome = await store.commit([acquireLease('k', 'me', 1000)]);
  await seen;
  process.off('uncaughtException', onError);
  expect(outcome.kind).toBe('committed');
  expect(thrown).toEqual([new Error('listener')]);
});

test('A store tells what it survives', async () => {
  const { clock, timers } = createFakePlatform();
  const store = createInMemoryStore({ machines: [leaseMachine], clock, timers });
  expect(store.durability).toEqual({ backend: 'memory', survives: 'nothing', shared: 'process', anchored: false });
  expect(await getRecord(store, leaseMachine, 'k')).toBeUndefined();
  expect(transition(leaseMachine, 'k', { trigger: 'acquire', holder: 'me', ttlMs: 100 }).machine).toBe('lease');
});
