/**
 * Subscriptions: a cursor that moves on from exactly where it is, attempts that are counted, gaps that stay until somebody
 * has heard of them, an end that is final.
 */
import { subscriptionMachine } from '@reborn/events';
import { parseTenantId, transition, type CommitOutcome } from '@reborn/host-api';
import * as fc from 'fast-check';
import { seenOf } from './seen.ts';
import type { Seen, StoreModel } from './store-model.ts';

interface ModelSubscription {
  readonly status: 'active' | 'gapped' | 'terminated';
  readonly cursor: number;
  readonly attempt: number;
  readonly deadLetters: number;
  readonly retryAtMs: number;
  /** What it takes: a kind, or everything. */
  readonly takes: string;
  /** Where its gap begins and ends; both 0 without one. */
  readonly gap: readonly [number, number];
}
type Subscriptions = Readonly<Record<string, ModelSubscription>>;
type Command = Parameters<typeof subscriptionMachine.decide>[1];

interface SubscriptionOp {
  readonly does: Command['trigger'];
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly dead: boolean;
  readonly takes: string;
}

const EVERYTHING = 'everything';
const PAUSE_MS = 200;
const stream = { family: 'runtime', tenantId: parseTenantId('acme') } as const;
const cursor = fc.integer({ min: 0, max: 5 });

export const subscriptionModel: StoreModel<Subscriptions, SubscriptionOp> = {
  name: 'subscriptions',
  machines: [subscriptionMachine],
  initial: {},
  op: fc.record({
    does: fc.constantFrom(
      'open',
      'open',
      'acknowledge',
      'acknowledge',
      'fail',
      'pass',
      'miss',
      'learn_gap',
      'terminate',
    ),
    key: fc.constantFrom('a', 'b'),
    from: cursor,
    to: cursor,
    dead: fc.boolean(),
    takes: fc.constantFrom(EVERYTHING, 'noted'),
  }),
  step: (subscriptions, op, nowMs) => {
    const decided = decide(subscriptions[op.key], op, nowMs);
    if ('refused' in decided) return { state: subscriptions, seen: { ...decided, at: 0 } };
    return { state: { ...subscriptions, [op.key]: decided }, seen: [decided] };
  },
  ask: async (op, { store, scope }) => {
    const write = transition(subscriptionMachine, `${scope}-${op.key}`, commandOf(op));
    return seenRows(await store.commit([write]));
  },
};

const FROM: Readonly<Record<Command['trigger'], readonly string[]>> = {
  open: ['none', 'active', 'gapped'],
  acknowledge: ['active'],
  fail: ['active'],
  pass: ['active', 'gapped'],
  miss: ['active', 'gapped'],
  learn_gap: ['gapped'],
  terminate: ['active', 'gapped'],
};

function decide(
  row: ModelSubscription | undefined,
  { does, from, to, dead, takes }: SubscriptionOp,
  nowMs: number,
): ModelSubscription | { readonly refused: string } {
  if (!FROM[does].includes(row?.status ?? 'none')) return { refused: `${does}_from_${row?.status ?? 'none'}` };
  if (row === undefined) {
    return { status: 'active', cursor: from, attempt: 0, deadLetters: 0, retryAtMs: 0, takes, gap: [0, 0] };
  }
  if (does === 'open') return { ...row, takes };
  if (does === 'terminate') return { ...row, status: 'terminated' };
  if (does === 'learn_gap') {
    return row.gap[1] === to ? { ...row, status: 'active', gap: [0, 0] } : { refused: 'gap_moved' };
  }
  if (row.cursor !== from) return { refused: 'cursor_moved' };
  if (does === 'fail') return { ...row, attempt: row.attempt + 1, retryAtMs: nowMs + PAUSE_MS };
  if (does === 'pass' && row.takes !== takes) return { refused: 'filter_changed' };
  if (to <= from) return { refused: 'cursor_backwards' };
  switch (does) {
    case 'pass':
      return { ...row, cursor: to };
    case 'acknowledge':
      return { ...row, cursor: to, attempt: 0, retryAtMs: 0, deadLetters: row.deadLetters + (dead ? 1 : 0) };
    case 'miss': {
      const begins = row.status === 'gapped' ? row.gap[0] : from;
      return { ...row, status: 'gapped', cursor: to, attempt: 0, retryAtMs: 0, gap: [begins, to] };
    }
  }
}

function commandOf({ does, from, to, dead, takes }: SubscriptionOp): Command {
  const filter = takes === EVERYTHING ? {} : { filter: { kinds: [takes] } };
  switch (does) {
    case 'open':
      return { trigger: does, cursor: from, stream, ...filter };
    case 'acknowledge':
      return { trigger: does, from, to, dead };
    case 'fail':
      return { trigger: does, from, pauseMs: PAUSE_MS };
    case 'pass':
      return { trigger: does, from, to, ...filter };
    case 'miss':
      return { trigger: does, from, through: to };
    case 'learn_gap':
      return { trigger: does, through: to };
    case 'terminate':
      return { trigger: does };
  }
}

function seenRows(outcome: CommitOutcome): Seen {
  if (outcome.kind === 'conflict') return seenOf(outcome);
  return outcome.receipts.map((receipt) => {
    const row = subscriptionMachine.row.parse(receipt.kind === 'record' ? receipt.row : undefined);
    const { status, attempt, deadLetters, retryAtMs, filter, gap } = row;
    const takes = filter?.kinds?.[0] ?? EVERYTHING;
    const ends: ModelSubscription['gap'] = [gap?.after ?? 0, gap?.through ?? 0];
    return { status, cursor: row.cursor, attempt, deadLetters, retryAtMs, takes, gap: ends };
  });
}
