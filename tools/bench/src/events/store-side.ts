/** Reborn's own sides: the log and the store over SQLite, as a host opens them. */
import { createNodeClock, createNodeTimers } from '@reborn/adapter-node';
import { sqlite } from '@reborn/adapter-sqlite';
import {
  createEventLog,
  readScopeFor,
  subscriptionMachine,
  type EventLog,
  type LogRecord,
  type ReadScope,
} from '@reborn/events';
import { leaseMachine, type DurableStore, type RecordDraft, type StoreOpening, type StreamKey } from '@reborn/host-api';
import { repeat, type Side } from '../measure/block.ts';
import { crowd } from '../measure/crowd.ts';
import { Supply } from '../measure/supply.ts';
import { SCOPE, TENANT } from './supply.ts';

export const OPENING: StoreOpening = {
  machines: [leaseMachine, subscriptionMachine],
  clock: createNodeClock(),
  timers: createNodeTimers(),
};
export const SCOPE_OF_ALL: ReadScope = readScopeFor(SCOPE);
export const JOURNAL: StreamKey = { family: 'journal', tenantId: TENANT };
export const TRANSCRIPT: StreamKey = { family: 'transcript', tenantId: TENANT };

export function openSqlite(file: string): Promise<DurableStore> {
  return sqlite(file).open(OPENING);
}

/** One caller, one record at a time, through the log. */
export function logAppends(name: string, store: DurableStore, make: () => LogRecord): Side {
  const log = createEventLog(store);
  const supply = new Supply(make);
  let appended = 0;
  const append = (): Promise<unknown> => {
    appended += 1;
    return log.append([supply.next()]);
  };
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 8),
    work(minMs) {
      return repeat(minMs, append);
    },
    verify: async () => expectHead(name, await log.head('journal', SCOPE_OF_ALL), appended),
    close: () => store.close(),
  };
}

/** The same without the log's own checks, for records of any size. */
export function storeAppends(name: string, store: DurableStore, make: () => RecordDraft): Side {
  const supply = new Supply(make);
  let appended = 0;
  const append = (): Promise<unknown> => {
    appended += 1;
    return store.commit([{ kind: 'append', stream: TRANSCRIPT, records: [supply.next()] }]);
  };
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 8),
    work(minMs) {
      return repeat(minMs, append);
    },
    async verify() {
      const { head } = await store.readStream({ stream: TRANSCRIPT, after: 0, limit: 1 });
      expectHead(name, head, appended);
    },
    close: () => store.close(),
  };
}

/** Many callers, each with one record at a time in flight. */
export function crowdOfAppends(name: string, store: DurableStore, callers: number, make: () => LogRecord): Side {
  const log: EventLog = createEventLog(store);
  const supply = new Supply(make);
  let appended = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 40),
    async work(minMs) {
      const work = await crowd(callers, minMs, () => log.append([supply.next()]));
      appended += work.operations;
      return work;
    },
    verify: async () => expectHead(name, await log.head('journal', SCOPE_OF_ALL), appended),
    close: () => store.close(),
  };
}

/** Errors: events that are not there, or more than were appended. */
export function expectHead(name: string, head: number, appended: number): void {
  if (head !== appended) throw new Error(`${name}: ${head} of ${appended} events are there`);
}
