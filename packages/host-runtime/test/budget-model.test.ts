/** Reservations of two processes, in any order and at once, against a model: what is held, what is used, what fits. */
import { parseTenantId } from '@reborn/host-api';
import { buildScope } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BudgetHold } from '../src/budget/budgets.ts';
import { announce, call, openTill, sums, type Till } from './budget-support.ts';
import { BACKENDS } from './open-store.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AHEAD_MS = 5.75 * HOUR_MS;
/** In tenths of a dollar. Since when an account adds up: midnight in Kathmandu, midnight on Monday. */
const ACCOUNTS = {
  tenant: { most: 30, sinceMs: (nowMs: number) => nowMs - ((nowMs + AHEAD_MS) % DAY_MS) },
  user: { most: 20, sinceMs: (nowMs: number) => nowMs - ((nowMs + 3 * DAY_MS) % (7 * DAY_MS)) },
};
const LIMITS = [
  { axis: 'tenant', period: { kind: 'day', timeZone: 'Asia/Kathmandu' }, limit: { usd: '3' } },
  { axis: 'user', period: { kind: 'week' }, limit: { usd: '2' } },
] as const;
const RUNS = { memory: Number(process.env['REBORN_MODEL_RUNS'] ?? 60), SQLite: 5, PostgreSQL: 5 };

type End = 'reconcile' | 'release' | 'lose';
type Op =
  | { readonly op: 'reserve'; readonly process: 0 | 1; readonly tenths: number }
  | { readonly op: End; readonly process: 0 | 1; readonly pick: number; readonly tenths: number };

const shape = { process: fc.constantFrom<0 | 1>(0, 1), tenths: fc.integer({ min: 0, max: 12 }) };
const end = fc.constantFrom<End>('reconcile', 'release', 'lose');
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('reserve' as const), ...shape }),
  fc.record({ op: end, pick: fc.nat({ max: 2 }), ...shape }),
);
/** How many hours pass, and what happens then, all at once. */
const round = fc.tuple(fc.constantFrom(0, 0, 0, 0, 7, 25, 100), fc.array(op, { minLength: 1, maxLength: 4 }));

test.each(BACKENDS)('Accounts on %s say what the model says, and nothing stays held', async (backend) => {
  const till = await openTill(LIMITS, backend);
  let runs = 0;
  const property = fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 20 }), async (rounds) => {
    runs += 1;
    const model = new Model(till, runs);
    for (const [hours, ops] of rounds) {
      till.platform.advance(hours * HOUR_MS);
      await model.take(ops);
      await model.compare();
    }
    await model.closeAll();
  });
  await fc.assert(property, { numRuns: RUNS[backend] });
});

interface Open {
  readonly number: number;
  readonly hold: BudgetHold;
  readonly tenths: number;
}

class Model {
  readonly #till: Till;
  readonly #processes: readonly [Till, Till];
  readonly #scope: ReturnType<typeof buildScope>;
  readonly #open = new Map<number, Open>();
  readonly #charges: { readonly atMs: number; readonly tenths: number }[] = [];
  #calls: number;

  constructor(till: Till, run: number) {
    this.#till = till;
    this.#processes = [till, { ...till, budgets: till.again() }];
    this.#scope = { ...buildScope(), tenantId: parseTenantId(`tenant-${run}`) };
    this.#calls = run * 1000;
  }

  async take(ops: readonly Op[]): Promise<void> {
    const [first] = ops;
    const room = this.#room();
    const open = [...this.#open.values()];
    const took = await Promise.all(
      ops.map((op) => (op.op === 'reserve' ? this.#reserve(op.process, op.tenths) : this.#end(op, open[op.pick]))),
    );
    if (ops.some(({ op }) => op !== 'reserve')) return;
    if (took.includes(true)) expect(this.#room()).toBeGreaterThanOrEqual(0);
    if (ops.length === 1) expect(took).toEqual([room >= (first?.tenths ?? 0)]);
  }

  async compare(): Promise<void> {
    const held = [...this.#open.values()].reduce((sum, { tenths }) => sum + tenths, 0);
    const found = await sums(this.#till, this.#scope);
    const expected = (['tenant', 'user'] as const).map((axis) => [axis, this.#used(axis), held]);
    expect(found.map(([axis, used, held]) => [axis, toTenths(used.usd), toTenths(held.usd)])).toEqual(expected);
  }

  async closeAll(): Promise<void> {
    for (const open of this.#open.values()) await this.#end({ op: 'lose', process: 1, tenths: 0 }, open);
    expect(this.#open.size).toBe(0);
    await this.compare();
  }

  async #reserve(process: 0 | 1, tenths: number): Promise<boolean> {
    this.#calls += 1;
    const number = this.#calls;
    const hold = await announce(this.#processes[process], this.#call(number, tenths));
    if ('reason' in hold) return false;
    this.#open.set(number, { number, hold, tenths });
    return true;
  }

  /** Whoever closes it first has closed it; the others are refused. */
  async #end(
    op: Pick<Exclude<Op, { op: 'reserve' }>, 'op' | 'process' | 'tenths'>,
    open: Open | undefined,
  ): Promise<boolean> {
    if (open === undefined) return false;
    const { number, hold, tenths } = open;
    const { store, budgets, platform } = this.#processes[op.process];
    const lost = op.op === 'lose' ? await budgets.closeLost(this.#call(number, 0)) : [];
    const writes = { reconcile: hold.reconcile({ usd: toUsd(op.tenths) }), release: hold.release(), lose: lost }[op.op];
    const isClosed = writes.length > 0 && (await store.commit(writes)).kind === 'committed';
    if (isClosed) expect(this.#open.delete(number)).toBe(true);
    if (isClosed && op.op !== 'release') {
      this.#charges.push({ atMs: platform.clock.nowMs(), tenths: op.op === 'lose' ? tenths : op.tenths });
    }
    return isClosed;
  }

  #call(number: number, tenths: number) {
    return call(number, { scope: this.#scope, estimate: { usd: toUsd(tenths) } });
  }

  #used(axis: keyof typeof ACCOUNTS): number {
    const sinceMs = ACCOUNTS[axis].sinceMs(this.#till.platform.clock.nowMs());
    return this.#charges.reduce((sum, { atMs, tenths }) => sum + (atMs >= sinceMs ? tenths : 0), 0);
  }

  #room(): number {
    const held = [...this.#open.values()].reduce((sum, { tenths }) => sum + tenths, 0);
    return Math.min(...(['tenant', 'user'] as const).map((axis) => ACCOUNTS[axis].most - this.#used(axis) - held));
  }
}

function toUsd(tenths: number): string {
  return `${Math.floor(tenths / 10)}.${tenths % 10}`;
}

function toTenths(usd = '0'): number {
  return Math.round(Number(usd) * 10);
}
