/** P10: going through a hundred thousand events by pages. */
import { createEventLog, ORIGIN } from '@reborn/events';
import type { DurableStore } from '@reborn/host-api';
import { alternate } from '../measure/alternate.ts';
import { beside, PER_SECOND, type Side } from '../measure/block.ts';
import { compare, unmeasured, voidUnlessQuiet, type Row } from '../measure/row.ts';
import { openBare } from '../measure/sqlite.ts';
import { openPlainTable } from './bare-sqlite.ts';
import { scaled, type Group } from '../measure/context.ts';
import { emmettReplay } from './emmett-replay.ts';
import { fillLog } from './fill.ts';
import { scans } from './scans.ts';
import { JOURNAL, openSqlite, SCOPE_OF_ALL } from './store-side.ts';
import { createLogRecords } from './supply.ts';

const EVENTS = 100_000;
const PAGE = 1000;

export const replay: Group = {
  id: 'P10',
  async run(context) {
    const { plan, folder } = context;
    const count = scaled(context, EVENTS);
    const file = folder.file('replay.db');
    const store = await openSqlite(file);
    await fillLog(store, count, createLogRecords(16));
    const bare = folder.file('bare.db');
    await copyBodies(store, bare);
    const emmett = await emmettReplay((name) => folder.file(name), count);
    const sides: Side[] = [
      bareScan('bare scan', bare, count),
      throughStore('raw', count, (after) => rawPage(store, after)),
      beside(throughStore('envelope', count, (after) => envelopePage(store, after))),
      throughLog('log', store, count),
      bareScan('bare scan again', bare, count),
      ...emmett.sides.map(beside),
    ];
    const series = await alternate(sides, plan).finally(() => store.close());
    const row = (id: string, name: string, subject: string, goal?: number, note = ''): Row =>
      compare(series, plan, {
        id,
        name: `${name} ÷ bare scan + JSON.parse`,
        subject,
        baseline: 'bare scan',
        metric: PER_SECOND,
        note,
        ...(goal === undefined ? {} : { goal }),
      });
    const rows = [
      row('P10.raw', `replay of ${count} events by pages of ${PAGE}, raw`, 'raw', 0.7),
      row('P10.envelope', 'the same, envelope and body as JSON', 'envelope'),
      row('P10.parsed', 'the same through the log, parsed and redacted', 'log', 0.5),
      ...emmett.sides.map((side) => row(`P10.${side.id}`, side.name, side.name, undefined, side.note)),
      ...(emmett.why === undefined ? [] : [unmeasured({ id: 'P10.emmett', name: 'Emmett' }, emmett.why)]),
    ];
    return voidUnlessQuiet(plan, row('P10.control', 'A/A: bare scan', 'bare scan again'), rows);
  },
};

/** The same bodies in the plainest table. */
async function copyBodies(store: DurableStore, file: string): Promise<void> {
  const database = openPlainTable(file);
  const insert = database.prepare<[string, string]>('INSERT INTO event (event_id, body) VALUES (?, ?)');
  for (let after = 0; ;) {
    const page = await store.readRaw({ stream: JOURNAL, after, limit: PAGE });
    database.transaction(() => {
      for (const { eventId, content } of page.records) insert.run(eventId, content?.bodyText ?? '');
    })();
    after = page.records.at(-1)?.cursor ?? page.head;
    if (after >= page.head) break;
  }
  database.close();
}

function bareScan(name: string, file: string, count: number): Side {
  const database = openBare(file);
  const page = database.prepare<[number, number], { cursor: number; body: string }>(
    'SELECT cursor, body FROM event WHERE cursor > ? ORDER BY cursor LIMIT ?',
  );
  const scan = (): number => {
    let seen = 0;
    for (let after = 0; ;) {
      const rows = page.all(after, PAGE);
      for (const row of rows) if (typeof JSON.parse(row.body) === 'object') seen += 1;
      after = rows.at(-1)?.cursor ?? after;
      if (rows.length < PAGE) return seen;
    }
  };
  return {
    name,
    work: async (minMs) => scans(minMs, count, async () => scan()),
    async close() {
      database.close();
    },
  };
}

interface Page {
  readonly count: number;
  readonly next: number;
  readonly head: number;
}

function throughStore(name: string, count: number, read: (after: number) => Promise<Page>): Side {
  const scan = async (): Promise<number> => {
    let seen = 0;
    for (let after = 0; ;) {
      const page = await read(after);
      seen += page.count;
      after = page.next;
      if (after >= page.head) return seen;
    }
  };
  return { name, work: (minMs) => scans(minMs, count, scan) };
}

async function rawPage(store: DurableStore, after: number): Promise<Page> {
  const { head, records } = await store.readRaw({ stream: JOURNAL, after, limit: PAGE });
  return { count: records.length, next: records.at(-1)?.cursor ?? head, head };
}

async function envelopePage(store: DurableStore, after: number): Promise<Page> {
  const { head, records } = await store.readStream({ stream: JOURNAL, after, limit: PAGE });
  return { count: records.length, next: records.at(-1)?.cursor ?? head, head };
}

function throughLog(name: string, store: DurableStore, count: number): Side {
  const log = createEventLog(store);
  const scan = async (): Promise<number> => {
    let seen = 0;
    for (let after = ORIGIN; ;) {
      const page = await log.read({ family: 'journal', scope: SCOPE_OF_ALL, after, limit: PAGE });
      if (page.kind !== 'page') throw new Error('The log ends before its own cursor');
      for (const entry of page.entries) if (entry.known) seen += 1;
      after = page.next;
      if (after >= page.head) return seen;
    }
  };
  return { name, work: (minMs) => scans(minMs, count, scan) };
}
