/**
 * Budgets on the limiter. Looking at the accounts first refuses cheaply; what keeps a limit is the guard in the unit that
 * announces the effect. What calls hold that only read is known to this process alone, and charged with their results.
 *
 * Not here: which accounts there are (`budget-account.ts`), the writes of a hold (`budget-hold.ts`).
 * Source: specification 2, a.8; rulings, section 2, barriers.
 */
import {
  addAmounts,
  assert,
  describeIssues,
  exceededDimensions,
  findLimiterRefusal,
  getRecord,
  limiterAccountAt,
  limiterMachine,
  presumeReservationLost,
  reservationMachine,
  subtractAmounts,
  toReservationKey,
  type Clock,
  type GrantId,
  type LimiterRow,
  type RecordReader,
  type ResourceAmounts,
  type ResourceDimension,
  type ResourceScope,
  type Write,
} from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { BUDGET_LOOKS_MAX } from '../limits.ts';
import {
  createBudgetAccounts,
  findUnestimated,
  grantAccount,
  type BudgetAccounts,
  type LimitedAccount,
} from './budget-account.ts';
import { createHold } from './budget-hold.ts';
import { budgetLimitsSchema, type BudgetLimit, type ParsedBudgetLimit } from './budget-limit.ts';
import type { BudgetBlock, Budgets, BudgetStanding, BudgetWarning, HoldOutcome, HoldRequest } from './budgets.ts';

export interface BudgetsOptions {
  readonly store: RecordReader;
  readonly clock: Clock;
  readonly limits: readonly BudgetLimit[];
}

/** Errors: `host-runtime/invalid_composition` naming the limit and the field that is wrong. */
export function createBudgets(options: BudgetsOptions): Budgets {
  return new DurableBudgets(options);
}

/** What is stored for each account, in their order. */
type Rows = readonly (LimiterRow | undefined)[];

/** An account as it stands. */
interface Looked<Account extends LimitedAccount> {
  readonly account: Account;
  readonly used: ResourceAmounts;
  readonly held: ResourceAmounts;
  readonly endsAtMs: number | undefined;
}

class DurableBudgets implements Budgets {
  readonly #store: RecordReader;
  readonly #clock: Clock;
  readonly #accounts: BudgetAccounts;
  /** What calls of this process hold that only read, by account. */
  readonly #heldHere = new Map<string, ResourceAmounts>();
  /** How many of them are over. */
  #forgotten = 0;

  constructor({ store, clock, limits }: BudgetsOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#accounts = createBudgetAccounts(parseLimits(limits));
  }

  unestimated(scope: ResourceScope, estimate: ResourceAmounts): ResourceDimension | undefined {
    return findUnestimated(this.#accounts.of(scope), { ...estimate, calls: 1 });
  }

  async hold(request: HoldRequest): Promise<HoldOutcome> {
    const { scope, grant, estimate, reads, overridden } = request;
    const accounts: readonly LimitedAccount[] = [
      ...(grant === undefined ? [] : [grantAccount(grant)]),
      ...this.#accounts.of(scope),
    ];
    if (accounts.length === 0) return { kind: 'unlimited' };
    const amounts: ResourceAmounts = { ...estimate, calls: 1 };
    const dimension = findUnestimated(accounts, amounts);
    if (dimension !== undefined) return { kind: 'no_estimate', dimension };
    let [rows, forgotten]: [Rows, number] = [[], 0];
    let looks = 0;
    do {
      forgotten = this.#forgotten;
      rows = await this.#read(accounts);
      looks += 1;
      // What was charged and then forgotten while the accounts were read stands in neither.
    } while (forgotten !== this.#forgotten && looks < BUDGET_LOOKS_MAX);
    // Nothing is awaited from here on: of calls that only read, each sees what the one before it holds.
    const looked = this.#look(accounts, rows);
    const block = findBlock(looked, amounts, overridden);
    if (block !== undefined) return { kind: 'blocked', block };
    const forget = reads ? this.#holdHere(accounts, amounts) : (): void => undefined;
    const warnings = findWarnings(looked, amounts);
    return {
      kind: 'held',
      hold: createHold({ request, accounts, amounts, warnings, nowMs: () => this.#clock.nowMs(), forget }),
    };
  }

  async closeLost(effect: Parameters<Budgets['closeLost']>[0]): Promise<readonly Write[]> {
    const row = await getRecord(this.#store, reservationMachine, toReservationKey(effect));
    if (row?.status !== 'active') return [];
    const nowMs = this.#clock.nowMs();
    const accounts = row.accounts.map((key) => ({ key, window: this.#accounts.windowAt(key, nowMs) }));
    return presumeReservationLost(row, accounts);
  }

  async grantUses(grantIds: readonly GrantId[]): Promise<ReadonlyMap<GrantId, number>> {
    const accounts = grantIds.map((id) => grantAccount({ id, maxInvocations: 1 }));
    const looked = this.#look(accounts, await this.#read(accounts));
    return new Map(
      looked.map(({ used, held }, at) => [grantIds[at] as GrantId, addAmounts(used, held).calls ?? 0] as const),
    );
  }

  async standing(scope: ResourceScope): Promise<readonly BudgetStanding[]> {
    const accounts = this.#accounts.of(scope);
    const looked = this.#look(accounts, await this.#read(accounts));
    return looked.map(({ account: { axis, id, period, limit }, used, held, endsAtMs }) => {
      return { axis, id, period, limit, used, held, endsAtMs };
    });
  }

  #read(accounts: readonly LimitedAccount[]): Promise<Rows> {
    return Promise.all(accounts.map(async ({ place }) => place && getRecord(this.#store, limiterMachine, place.key)));
  }

  #look<Account extends LimitedAccount>(accounts: readonly Account[], rows: Rows): readonly Looked<Account>[] {
    return accounts.map((account, at) => this.#asItStands(account, rows[at]));
  }

  #asItStands<Account extends LimitedAccount>(account: Account, row: LimiterRow | undefined): Looked<Account> {
    const { place } = account;
    if (place === undefined) return { account, used: {}, held: {}, endsAtMs: undefined };
    const nowMs = this.#clock.nowMs();
    const window = place.windowAt(nowMs);
    const standing = limiterAccountAt(row, window, nowMs);
    assert(standing !== undefined, 'a window holds the instant for which it was made');
    const isBegun = window.kind !== 'from_first_use' || standing.startsAtMs === row?.startsAtMs;
    return {
      account,
      used: standing.used,
      held: addAmounts(standing.held, this.#heldHere.get(place.key) ?? {}),
      endsAtMs: isBegun ? standing.endsAtMs : undefined,
    };
  }

  /** Returns how to give it up. */
  #holdHere(accounts: readonly LimitedAccount[], amounts: ResourceAmounts): () => void {
    const keys = accounts.flatMap(({ place }) => place?.key ?? []);
    for (const key of keys) this.#heldHere.set(key, addAmounts(this.#heldHere.get(key) ?? {}, amounts));
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#forgotten += 1;
      for (const key of keys) {
        const left = subtractAmounts(this.#heldHere.get(key) ?? {}, amounts);
        if ((left.calls ?? 0) > 0) this.#heldHere.set(key, left);
        else this.#heldHere.delete(key);
      }
    };
  }
}

/** The limits of all accounts come before the threshold of any. */
function findBlock(
  looked: readonly Looked<LimitedAccount>[],
  amounts: ResourceAmounts,
  overridden: boolean,
): BudgetBlock | undefined {
  const blocks = looked.flatMap(({ account: { axis, limit, pauseAt }, ...standing }) => {
    const refusal = findLimiterRefusal(standing, amounts, { limit, ...(overridden ? {} : { pauseAt }) });
    return refusal === undefined ? [] : [{ axis, ...refusal }];
  });
  return blocks.find(({ reason }) => reason === 'exhausted') ?? blocks[0];
}

function findWarnings(looked: readonly Looked<LimitedAccount>[], amounts: ResourceAmounts): readonly BudgetWarning[] {
  return looked.flatMap(({ account: { axis, warnAt }, used, held }) => {
    if (axis === 'grant') return [];
    const told = exceededDimensions(addAmounts(addAmounts(used, held), amounts), warnAt);
    return told.map((dimension) => ({ axis, dimension }));
  });
}

function parseLimits(limits: readonly BudgetLimit[]): readonly ParsedBudgetLimit[] {
  const parsed = budgetLimitsSchema.safeParse(limits);
  if (parsed.success) return parsed.data;
  throw new HostRuntimeError('host-runtime/invalid_composition', { detail: describeIssues(parsed.error, 'budgets') });
}
