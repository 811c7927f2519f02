/** What every store keeps of accounts and reservations: limits, windows, and that each reservation is closed once. */
import { chargeAmounts, limiterMachine, type LimiterTerms, type LimiterWindow } from '../../durable/limiter.ts';
import {
  presumeReservationLost,
  reconcileReservation,
  releaseReservation,
  reservationMachine,
  reserveAmounts,
  toReservationKey,
} from '../../durable/reservation.ts';
import type { CommitOutcome, RecordReader, Write } from '../../durable/unit-of-work.ts';
import { parseInvocationId } from '../../ids.ts';
import { RESOURCE_AMOUNT_MAX } from '../../limits.ts';
import type { ResourceAmounts } from '../../resource.ts';
import type { ContractCase } from '../contract-case.ts';
import { equals } from '../contract-case.ts';
import { fixedUuid } from '../fake-platform.ts';
import { machineContract } from '../machine-contract.ts';
import { receiptsOf, storeCase, type DurableStoreHarness, type OpenedStore } from './ticket.ts';

const invocationId = parseInvocationId(fixedUuid(1));
const endless: LimiterWindow = { kind: 'endless' };
const reserved = { effectKey: 'call', invocationId, attempt: 1, held: { calls: 1 } };

const limiterEdges = machineContract(limiterMachine, {
  path: { none: [], open: ['charge'] },
  command: (trigger) => {
    switch (trigger) {
      case 'reserve':
      case 'charge':
        return { command: { trigger, amounts: { calls: 1 }, window: endless } };
      case 'settle':
        return { command: { trigger, held: {}, used: { calls: 1 }, window: endless } };
    }
  },
});

const reservationEdges = machineContract(reservationMachine, {
  path: {
    none: [],
    active: ['open'],
    reconciled: ['open', 'reconcile'],
    released: ['open', 'release'],
    lost: ['open', 'lose'],
  },
  command: (trigger) => {
    switch (trigger) {
      case 'open':
        return { command: { trigger, ...reserved, accounts: ['user'] } };
      case 'reconcile':
        return { command: { trigger, used: {} } };
      case 'release':
      case 'lose':
        return { command: { trigger } };
    }
  },
});

export const limiterCases: readonly ContractCase<DurableStoreHarness>[] = [
  ...limiterEdges,
  ...reservationEdges,

  limiterCase('lets no two reservations share what is left', async ({ store }) => {
    const terms = { limit: { calls: 10 } };
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, at) => store.commit(reserve(at + 1, { calls: 1 }, { user: terms }))),
    );
    const refused = outcomes.map(reasonOf).filter((reason) => reason !== '');
    equals(
      refused,
      Array.from({ length: 54 }, () => 'exhausted_calls'),
      'ten of them fit',
    );
    equals(await standing(store, 'user'), { used: {}, held: { calls: 10 } }, 'and no more are held');
  }),

  limiterCase('holds in all accounts or in none', async ({ store }) => {
    const limits = { tenant: { limit: { usd: '1' } }, user: { limit: { usd: '0.2' } } };
    receiptsOf(await store.commit(reserve(1, { usd: '0.1' }, limits)));
    equals(reasonOf(await store.commit(reserve(2, { usd: '0.2' }, limits))), 'exhausted_usd', 'too much for one');
    const { held } = await standing(store, 'tenant');
    equals(held, { usd: '0.1' }, 'what was refused is held nowhere');
    equals(
      await store.get(reservationMachine.name, toReservationKey({ ...reserved, attempt: 2 })),
      undefined,
      'nor recorded',
    );
    receiptsOf(await store.commit(reserve(3, { usd: '0.1' }, limits)));
  }),

  limiterCase('refuses beyond the limit before it pauses beyond the threshold', async ({ store }) => {
    const terms = { limit: { calls: 10, usd: '1' }, pauseAt: { calls: 5, usd: '0.5' } };
    const ask = async (amounts: ResourceAmounts, user: Partial<LimiterTerms> = terms) =>
      reasonOf(await store.commit([chargeAmounts('user', amounts, { window: endless, ...user })]));
    equals(await ask({ calls: 6, usd: '1.1' }), 'exhausted_usd', 'the limit of any dimension first');
    equals(await ask({ calls: 6 }), 'paused_calls', 'then the threshold');
    equals(await ask({ calls: 5, usd: '0.5' }), '', 'up to the threshold');
    equals(await ask({ calls: 1 }, { limit: terms.limit }), '', 'beyond it where somebody left it out');
    equals(await ask({ calls: 5 }, { limit: terms.limit }), 'exhausted_calls', 'never beyond the limit');
    equals(await ask({ inputTokens: RESOURCE_AMOUNT_MAX }), 'paused_calls', 'also when that is used up otherwise');
    equals(await ask({ calls: 0 }, { limit: { calls: 0 } }), 'exhausted_calls', 'a limit that was lowered holds');
  }),

  limiterCase('closes a reservation once, and settles it then', async ({ store }) => {
    const held = { usd: '0.3', calls: 1 };
    const open = { ...reserved, held };
    const user = [{ key: 'user', window: endless }];
    const ways = [
      [
        'reconciled',
        (of: typeof open) => reconcileReservation(of, user, { usd: '0.5', calls: 1 }),
        { usd: '0.5', calls: 1 },
      ],
      ['released', (of: typeof open) => releaseReservation(of, user), { usd: '0.5', calls: 1 }],
      ['lost', (of: typeof open) => presumeReservationLost(of, user), { usd: '0.8', calls: 2 }],
    ] as const;
    for (const [at, [how, end, used]] of ways.entries()) {
      const of = { ...open, attempt: at + 1 };
      receiptsOf(await store.commit(reserve(of.attempt, held, { user: {} })));
      const twice = await Promise.all([store.commit(end(of)), store.commit(end(of))]);
      const name = { reconciled: 'reconcile', released: 'release', lost: 'lose' }[how];
      equals(twice.map(reasonOf).toSorted(), ['', `${name}_from_${how}`], `${how} once`);
      for (const [, other] of ways) {
        equals(reasonOf(await store.commit(other(of))).endsWith(`_from_${how}`), true, `${how} for good`);
      }
      equals(await standing(store, 'user'), { used, held: { usd: '0', calls: 0 } }, `what was ${how} is settled`);
    }
  }),

  limiterCase('begins a window with its first use and keeps what is held', async ({ store, setNowMs }) => {
    const terms = { window: { kind: 'from_first_use', lengthMs: 1000 }, limit: { calls: 2 } } as const;
    const charge = async () => reasonOf(await store.commit([chargeAmounts('user', { calls: 1 }, terms)]));
    receiptsOf(await store.commit(reserve(1, { calls: 1 }, { user: terms })));
    setNowMs(1_000_999);
    equals([await charge(), await charge()], ['', 'exhausted_calls'], 'one window');
    setNowMs(1_001_000);
    equals([await charge(), await charge()], ['', 'exhausted_calls'], 'the next begins with what is held');
    setNowMs(1_000_500);
    equals(await charge(), 'exhausted_calls', 'a clock that goes back gives nothing back');
    setNowMs(9_000_000);
    receiptsOf(await store.commit(reconcileReservation(reserved, [{ key: 'user', ...terms }], { calls: 1 })));
    equals(await standing(store, 'user'), { used: { calls: 1 }, held: { calls: 0 } }, 'settled late, counted then');
    setNowMs(9_000_999);
    equals([await charge(), await charge()], ['', 'exhausted_calls'], 'in a window that began with it');
  }),

  limiterCase('begins calendar periods where the command says, by the clock of the writer', async (opened) => {
    const { store, setNowMs } = opened;
    const window: LimiterWindow = { kind: 'calendar', startsMs: [1_000_000, 2_000_000, 3_000_000, 4_000_000] };
    const terms = { window, limit: { calls: 1 } };
    const charge = async (account = 'user') =>
      reasonOf(await store.commit([chargeAmounts(account, { calls: 1 }, terms)]));
    for (const nowMs of [1_000_000, 2_000_000]) {
      setNowMs(nowMs);
      equals([await charge(), await charge()], ['', 'exhausted_calls'], 'each period has its own');
    }
    setNowMs(1_500_000);
    equals(await charge(), 'exhausted_calls', 'a clock that goes back gives nothing back');
    for (const nowMs of [999_999, 4_000_000]) {
      setNowMs(nowMs);
      equals(await charge('another'), 'window_unknown', 'no period is guessed');
    }
    setNowMs(3_999_999);
    equals(await charge(), '', 'the last period that was named');
  }),

  limiterCase('counts what is settled late in the period in which that happens', async ({ store, setNowMs }) => {
    const window: LimiterWindow = { kind: 'calendar', startsMs: [1_000_000, 2_000_000, 3_000_000, 4_000_000] };
    const terms = { window, limit: { calls: 3 } };
    const user = [{ key: 'user', window }];
    for (const attempt of [1, 2, 3]) receiptsOf(await store.commit(reserve(attempt, { calls: 1 }, { user: terms })));
    setNowMs(2_000_000);
    receiptsOf(await store.commit(releaseReservation(reserved, user)));
    equals(await standing(store, 'user'), { used: {}, held: { calls: 2 } }, 'nothing is below nothing');
    receiptsOf(await store.commit(presumeReservationLost({ ...reserved, attempt: 2 }, user)));
    equals(await standing(store, 'user'), { used: { calls: 1 }, held: { calls: 1 } }, 'in the second period');
    setNowMs(3_000_000);
    receiptsOf(await store.commit(reconcileReservation({ ...reserved, attempt: 3 }, user, { calls: 1 })));
    equals(await standing(store, 'user'), { used: { calls: 1 }, held: { calls: 0 } }, 'not in the third');
  }),

  limiterCase('settles in the last window where the present one is not known', async ({ store, setNowMs }) => {
    const window: LimiterWindow = { kind: 'calendar', startsMs: [1_000_000, 2_000_000] };
    for (const attempt of [1, 2]) receiptsOf(await store.commit(reserve(attempt, { calls: 1 }, { user: { window } })));
    setNowMs(2_000_000);
    receiptsOf(await store.commit(reconcileReservation(reserved, [{ key: 'user', window }], { calls: 1 })));
    const unknown = [{ key: 'user', window: undefined }];
    receiptsOf(await store.commit(reconcileReservation({ ...reserved, attempt: 2 }, unknown, { calls: 1 })));
    equals(await standing(store, 'user'), { used: { calls: 2 }, held: { calls: 0 } }, 'a result is not lost for it');
  }),

  limiterCase('counts money exactly and never beyond its largest sum', async ({ store }) => {
    const charge = (amounts: ResourceAmounts, limit: ResourceAmounts = {}) =>
      store.commit([chargeAmounts('user', amounts, { window: endless, limit })]);
    for (let times = 0; times < 10; times += 1) receiptsOf(await charge({ usd: '0.1' }, { usd: '1' }));
    equals(reasonOf(await charge({ usd: '0.000000000001' }, { usd: '1' })), 'exhausted_usd', 'ten tenths are one');
    const most = { usd: '999999999999999999.999999999999', calls: RESOURCE_AMOUNT_MAX };
    equals(reasonOf(await charge(most, most)), 'exhausted_usd', 'a sum that cannot be written is refused');
    receiptsOf(await charge(most));
    equals(await standing(store, 'user'), { used: most, held: {} }, 'without a limit it stays at the largest');
  }),
];

function limiterCase(name: string, use: (opened: OpenedStore) => Promise<void>): ContractCase<DurableStoreHarness> {
  return storeCase(name, use, [limiterMachine, reservationMachine]);
}

function reserve(
  attempt: number,
  held: ResourceAmounts,
  accounts: Readonly<Record<string, Partial<LimiterTerms>>>,
): readonly Write[] {
  const listed = Object.entries(accounts).map(([key, terms]) => ({ key, terms: { window: endless, ...terms } }));
  return reserveAmounts({ ...reserved, attempt, held }, listed);
}

async function standing(store: RecordReader, key: string) {
  const { used, held } = limiterMachine.parseRow((await store.get(limiterMachine.name, key)) ?? {});
  return { used, held };
}

function reasonOf(outcome: CommitOutcome): string {
  return outcome.kind === 'conflict' ? outcome.reason : '';
}
