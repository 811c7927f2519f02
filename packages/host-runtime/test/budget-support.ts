/** Budgets on a store, and calls that are held in them the way the pipeline does it. */
import {
  limiterMachine,
  parseGrantId,
  parseInvocationId,
  reservationMachine,
  type CommitOutcome,
  type DurableStore,
  type ResourceAmounts,
  type Write,
} from '@reborn/host-api';
import { buildScope, createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { onTestFinished } from 'vitest';
import type { BudgetLimit } from '../src/budget/budget-limit.ts';
import type { BudgetBlock, BudgetHold, Budgets, HoldRequest } from '../src/budget/budgets.ts';
import { createBudgets } from '../src/budget/durable-budgets.ts';
import { openStore, type Backend } from './open-store.ts';

/** 2026-01-01T00:00Z. */
export const START_MS = Date.UTC(2026, 0, 1);
export const grantId = parseGrantId(fixedUuid(7));

export interface Till {
  readonly platform: ReturnType<typeof createFakePlatform>;
  readonly store: DurableStore;
  readonly budgets: Budgets;
  /** The budgets of another process on the same store. */
  again(): Budgets;
}

export async function openTill(limits: readonly BudgetLimit[], backend: Backend = 'memory'): Promise<Till> {
  const platform = createFakePlatform({ startMs: START_MS });
  const { clock } = platform;
  const store = await openStore(backend, [limiterMachine, reservationMachine], clock);
  onTestFinished(() => store.close());
  const again = (): Budgets => createBudgets({ store, clock, limits });
  return { platform, store, budgets: again(), again };
}

/** Call number `number`: it has an effect and needs nothing but itself, unless told. */
export function call(number: number, overrides: Partial<HoldRequest> = {}): HoldRequest {
  const invocationId = parseInvocationId(fixedUuid(number));
  return {
    scope: buildScope(),
    effectKey: `call ${number}`,
    invocationId,
    attempt: 1,
    estimate: {},
    reads: false,
    overridden: false,
    ...overrides,
  };
}

/** Holds without announcing. */
export async function holdOf(budgets: Budgets, request: HoldRequest): Promise<BudgetHold> {
  const outcome = await budgets.hold(request);
  if (outcome.kind !== 'held') throw new Error(`not held but ${JSON.stringify(outcome)}`);
  return outcome.hold;
}

/** Holds and announces, looking again when the budgets moved meanwhile. */
export async function announce(till: Till, request: HoldRequest): Promise<BudgetHold | BudgetBlock> {
  for (let tries = 0; tries < 100; tries += 1) {
    const outcome = await till.budgets.hold(request);
    if (outcome.kind === 'blocked') return outcome.block;
    if (outcome.kind !== 'held') throw new Error(`neither held nor blocked but ${outcome.kind}`);
    const committed = await till.store.commit(outcome.hold.reserve);
    if (committed.kind === 'committed') return outcome.hold;
    const block = outcome.hold.blockedBy(committed);
    if (block === undefined) throw new Error(`a conflict that is not about budgets: ${committed.reason}`);
    if (block !== 'look_again') return block;
  }
  throw new Error('looked again without end');
}

/** Announces a call that has to go through. */
export async function announced(till: Till, request: HoldRequest): Promise<BudgetHold> {
  const hold = await announce(till, request);
  if ('reason' in hold) throw new Error(`blocked: ${JSON.stringify(hold)}`);
  return hold;
}

/** The reason of the conflict; empty when the writes went through. */
export async function commit(till: Till, writes: readonly Write[]): Promise<string> {
  const outcome: CommitOutcome = await till.store.commit(writes);
  return outcome.kind === 'conflict' ? outcome.reason : '';
}

/** What is used and held in the accounts of the scope. Order: widest axis first. */
export async function sums(
  till: Till,
  scope = buildScope(),
): Promise<readonly (readonly [axis: string, used: ResourceAmounts, held: ResourceAmounts])[]> {
  return (await till.budgets.standing(scope)).map(({ axis, used, held }) => [axis, used, held]);
}
