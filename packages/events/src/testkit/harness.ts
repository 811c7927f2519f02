/**
 * What the cases of this package's contracts share: a store that is opened for one case, and a machine whose time moves
 * when it is told to.
 *
 * Not here: the cases.
 */
import {
  checkLease,
  gateMachine,
  leaseMachine,
  type DurableStore,
  type StoredMachine,
  type StreamFamily,
} from '@reborn/host-api';
import { buildScope, holds, type ContractCase, type FakePlatform } from '@reborn/host-api/testkit';
import type { EventLog } from '../event-log.ts';
import { pinMachine } from '../retention/pin.ts';
import { retentionMachine } from '../retention/retention-guard.ts';
import { createEventLog } from '../stored-event-log.ts';
import { subscriptionMachine } from '../subscription/subscription.ts';

/** One harness serves one case. Its stores take clock and timers from `platform`. */
export interface LogHarness {
  readonly platform: FakePlatform;
  /** Opens an empty store. */
  open(machines: readonly StoredMachine[]): Promise<DurableStore>;
  /** Opens the same store again after it was closed. Absent where nothing is kept. */
  reopen?(machines: readonly StoredMachine[]): Promise<DurableStore>;
}

export interface OpenedLog {
  readonly store: DurableStore;
  readonly log: EventLog;
  readonly platform: FakePlatform;
  /** Closes the store and opens it again; `undefined` where nothing is kept. */
  restart(): Promise<OpenedLog | undefined>;
}

/** What a store needs to know for a log and its followers. Gates stand for whatever guards a handler uses. */
const LOG_MACHINES: readonly StoredMachine[] = [
  subscriptionMachine,
  pinMachine,
  retentionMachine,
  leaseMachine,
  gateMachine,
];

/** A case that opens an empty store, uses it, and closes it whatever happens. */
export function logCase(name: string, use: (opened: OpenedLog) => Promise<void>): ContractCase<LogHarness> {
  return {
    name,
    run: async (harness) => {
      const first = await harness.open(LOG_MACHINES);
      const stores = [first];
      const opened = (store: DurableStore): OpenedLog => ({
        store,
        log: createEventLog(store),
        platform: harness.platform,
        restart: async () => {
          if (harness.reopen === undefined) return undefined;
          await store.close();
          const again = await harness.reopen(LOG_MACHINES);
          stores.push(again);
          return opened(again);
        },
      });
      try {
        await use(opened(first));
      } finally {
        for (const store of stores) await store.close();
      }
    },
  };
}

/** Drops the records of the runtime stream up to `through`, as retention does. */
export async function cutOff(store: DurableStore, through: number, family: StreamFamily = 'runtime'): Promise<void> {
  const stream = { family, tenantId: buildScope().tenantId };
  const outcome = await store.commit([{ kind: 'truncate', stream, through }]);
  holds(outcome.kind === 'committed', 'the stream is cut');
}

/** A guard that refuses: it goes the way of every unit, and changes nothing. */
const NOTHING = checkLease({ key: 'settle', holder: 'nobody', fence: 1 });

/** Lets work that needs no time go on, at the pace of the store: behind each look stands whatever was sent before. */
export async function settle({ store }: Pick<OpenedLog, 'store'>): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await store.commit([NOTHING]);
    await store.get(leaseMachine.name, 'settle');
  }
}

/** Waits, without time passing, until something is so. */
export async function eventually(opened: OpenedLog, condition: () => boolean, statement: string): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1) await settle(opened);
  holds(condition(), statement);
}

/** Lets time pass until the work is done. Units: milliseconds. */
export async function whileTimePasses<T>(opened: OpenedLog, work: Promise<T>, stepMs = 100): Promise<T> {
  let done = false;
  const end = (): void => void (done = true);
  work.then(end, end);
  for (let turn = 0; turn < 2_000; turn += 1) {
    await settle(opened);
    if (done) return work;
    opened.platform.advance(stepMs);
  }
  holds(done, 'the work comes to an end');
  return work;
}
