/**
 * How much may be used up in a scope, and holding it for a call. The port.
 *
 * Not here: what may be configured (`budget-limit.ts`), counting durably (the limiter of `@reborn/host-api`), which amounts
 * a call needs (`../invoke/plan.ts`).
 * Source: specification 2, a.8; rulings, sections 2 and 4.
 */
import type {
  CommitOutcome,
  GrantId,
  InvocationId,
  ResourceAmounts,
  ResourceDimension,
  ResourceScope,
  Write,
} from '@reborn/host-api';
import type { BudgetAxis, BudgetPeriod } from './budget-limit.ts';

/**
 * `paused`: somebody may let it go on. `exhausted`: only more budget or another period helps. On the axis `grant`: the
 * grant was used as often as it may be.
 */
export interface BudgetBlock {
  readonly reason: 'paused' | 'exhausted';
  readonly axis: BudgetAxis | 'grant';
  readonly dimension: ResourceDimension;
}

/** The call goes beyond a threshold that is only told. Calls that run at once may each miss what the others hold. */
export interface BudgetWarning {
  readonly axis: BudgetAxis;
  readonly dimension: ResourceDimension;
}

/**
 * Amounts that are held for one attempt of one call. `reserve` joins the unit that announces the effect; the writes of
 * `reconcile` or `release` join the unit of its result, and whichever goes through first closes the reservation for good.
 * For a call that only reads, `reserve` is empty and `reconcile` charges. The use of a grant is charged with `reserve` and
 * not given back: an announced effect counts.
 */
export interface BudgetHold {
  readonly held: ResourceAmounts;
  readonly warnings: readonly BudgetWarning[];
  readonly reserve: readonly Write[];
  /** What is charged for `used`: a dimension that it does not name is charged as it was held. */
  chargeFor(used: ResourceAmounts): ResourceAmounts;
  /** Moves what was held to what is charged for `used`, also when that is more. */
  reconcile(used: ResourceAmounts): readonly Write[];
  /** Gives back what was held: nothing was used. */
  release(): readonly Write[];
  /**
   * What a conflict of a unit with these writes means: a block; that the budgets moved meanwhile, so that holding has to be
   * tried again; or `undefined` when it was not about budgets.
   */
  blockedBy(conflict: Extract<CommitOutcome, { kind: 'conflict' }>): BudgetBlock | 'look_again' | undefined;
  /** Gives up what is held in this process only. Idempotent; called when the call is over, however it ended. */
  forget(): void;
}

/**
 * `estimate` names every dimension that may be limited; the call itself counts as one. `overridden`: somebody who may has
 * let exactly this call go on past a threshold, never past a limit.
 */
export interface HoldRequest {
  readonly scope: ResourceScope;
  /** The idempotency record of the effect. */
  readonly effectKey: string;
  readonly invocationId: InvocationId;
  readonly attempt: number;
  readonly estimate: ResourceAmounts;
  /** A call that only reads is held in this process, and charged with its result. */
  readonly reads: boolean;
  readonly overridden: boolean;
  /** The grant that the call uses, if its uses are counted. */
  readonly grant?: { readonly id: GrantId; readonly maxInvocations: number };
}

export type HoldOutcome =
  | { readonly kind: 'held'; readonly hold: BudgetHold }
  /** Nothing limits anything here. */
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'blocked'; readonly block: BudgetBlock }
  /** A dimension is limited and the call does not say how much of it it needs. */
  | { readonly kind: 'no_estimate'; readonly dimension: ResourceDimension };

/**
 * One account as it stands; a limit on each call alone stands with nothing used. `endsAtMs` is absent where no window was
 * begun. Units: milliseconds since 1970.
 */
export interface BudgetStanding {
  readonly axis: BudgetAxis;
  readonly id: string;
  readonly period: BudgetPeriod;
  readonly limit: ResourceAmounts;
  readonly used: ResourceAmounts;
  readonly held: ResourceAmounts;
  readonly endsAtMs: number | undefined;
}

/** Errors, of each method: those of the store. */
export interface Budgets {
  /** A dimension that is limited here and that the estimate does not name: such a call is refused before anybody is asked. */
  unestimated(scope: ResourceScope, estimate: ResourceAmounts): ResourceDimension | undefined;
  hold(request: HoldRequest): Promise<HoldOutcome>;
  /**
   * Writes that close the reservation of an attempt whose host is gone, at what was held for it: nobody knows what was
   * used. Nothing for one that is closed, or that there never was.
   */
  closeLost(effect: Pick<HoldRequest, 'effectKey' | 'attempt'>): Promise<readonly Write[]>;
  /** How often each grant was used, calls that run now included. Shape: an entry for each id. */
  grantUses(grantIds: readonly GrantId[]): Promise<ReadonlyMap<GrantId, number>>;
  /** Every limit that reaches the scope, by account. Order: widest axis first. */
  standing(scope: ResourceScope): Promise<readonly BudgetStanding[]>;
}
