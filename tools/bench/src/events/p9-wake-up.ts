/** P9: from append() to a subscriber, at a steady rate that nobody's slowness can lower. */
import { EventEmitter } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { createDatabase, startPostgres } from '@reborn/postgres-server';
import { createConsumer, createEventLog } from '@reborn/events';
import { alternate } from '../measure/alternate.ts';
import { beside, LOOP_P99_MS, P50_US, P99_US, type Side } from '../measure/block.ts';
import { compare, measured, voidUnlessQuiet, type Row } from '../measure/row.ts';
import type { Context, Group } from '../measure/context.ts';
import { followTail } from './follow-tail.ts';
import { createNotices, openLoop } from './open-loop.ts';
import { anotherProcess } from './other-process.ts';
import { JOURNAL, logAppends, OPENING, openSqlite, SCOPE_OF_ALL } from './store-side.ts';
import { createLogRecords } from './supply.ts';
import { betweenHosts, listenNotify } from './wake-up-postgres.ts';

const SLOW_FOLLOWERS = 10;
const SLOW_MS = 100;
const POLL_MS = 50;

export const wakeUp: Group = {
  id: 'P9',
  async run(context) {
    return [...(await subscribers(context)), ...(await slowFollowers(context))];
  },
};

async function subscribers(context: Context): Promise<readonly Row[]> {
  const server = await startPostgres();
  try {
    return await subscribersBeside(context, server.url);
  } finally {
    await server.stop();
  }
}

async function subscribersBeside({ plan, folder }: Context, server: string): Promise<readonly Row[]> {
  const sides = [
    await bareNotify('bare notify', folder.file('bare.db')),
    await tailing('reborn', folder.file('tail.db')),
    await bareNotify('bare notify again', folder.file('again.db')),
    await anotherProcess('another process', folder.file('other.db')),
    beside(await polling('polling', folder.file('poll.db'))),
    beside(await listenNotify('LISTEN/NOTIFY', await createDatabase(server))),
    beside(await betweenHosts('another host', await createDatabase(server))),
  ];
  const series = await alternate(sides, plan);
  const row = (id: string, name: string, subject: string, metric = P50_US, goal?: number): Row =>
    compare(series, plan, {
      id,
      name: `${name} ÷ bare in-process notify over the same store, ${metric.name.split(' ')[0]}`,
      subject,
      baseline: 'bare notify',
      metric,
      ...(goal === undefined ? {} : { goal }),
    });
  const rows = [
    row('P9.p50', 'append() to a subscriber at 1,000 events/s', 'reborn', P50_US, 2),
    row('P9.p99', 'append() to a subscriber at 1,000 events/s', 'reborn', P99_US, 3),
    row('P9.process-p50', 'subscriber in another process', 'another process', P50_US, 3),
    row('P9.process-p99', 'subscriber in another process', 'another process', P99_US, 3),
    row('P9.polling', `polling every ${POLL_MS} ms`, 'polling'),
    row('P9.listen-notify', 'LISTEN/NOTIFY by hand', 'LISTEN/NOTIFY'),
    row('P9.postgres-host', 'subscriber of another host on PostgreSQL', 'another host'),
  ];
  const loop = measured(
    plan,
    { id: 'P15.p9', name: 'event-loop delay under P9, p99, ms', goal: 5, better: 'lower' },
    (series.get('reborn') ?? []).map(LOOP_P99_MS.of),
    LOOP_P99_MS.name,
  );
  return [...voidUnlessQuiet(plan, row('P9.control', 'A/A: bare notify', 'bare notify again'), rows), loop];
}

/** What somebody writes who has the appender and the listener in one process: after the commit, a call. */
async function bareNotify(name: string, file: string): Promise<Side> {
  const store = await openSqlite(file);
  const log = createEventLog(store);
  const emitter = new EventEmitter();
  const notices = createNotices();
  emitter.on('appended', (eventId: string) => notices.seen(eventId));
  const make = createLogRecords(10);
  return openLoop(name, notices, make, {
    async append(record) {
      await log.append([record]);
      emitter.emit('appended', record.eventId);
    },
    close: () => store.close(),
  });
}

async function tailing(name: string, file: string): Promise<Side> {
  const store = await openSqlite(file);
  const log = createEventLog(store);
  const notices = createNotices();
  const control = new AbortController();
  const following = followTail(log, notices, control.signal);
  return openLoop(name, notices, createLogRecords(11), {
    append: (record) => log.append([record]),
    async close() {
      control.abort();
      await following;
      await store.close();
    },
  });
}

async function polling(name: string, file: string): Promise<Side> {
  const store = await openSqlite(file);
  const log = createEventLog(store);
  const notices = createNotices();
  const control = new AbortController();
  const poll = async (): Promise<void> => {
    let after = await log.head('journal', SCOPE_OF_ALL);
    while (!control.signal.aborted) {
      const page = await log.read({ family: 'journal', scope: SCOPE_OF_ALL, after, limit: 1000 });
      if (page.kind !== 'page') throw new Error('The log ends before its own cursor');
      for (const entry of page.entries) if (entry.known) notices.seen(entry.record.eventId);
      after = page.next;
      await setTimeout(POLL_MS);
    }
  };
  const polled = poll();
  return openLoop(name, notices, createLogRecords(12), {
    append: (record) => log.append([record]),
    async close() {
      control.abort();
      await polled;
      await store.close();
    },
  });
}

/** Appends beside followers that take a tenth of a second for each event, and beside none. */
async function slowFollowers({ plan, folder }: Context): Promise<readonly Row[]> {
  const quiet = await openSqlite(folder.file('quiet.db'));
  const busy = await openSqlite(folder.file('busy.db'));
  const followers = Array.from({ length: SLOW_FOLLOWERS }, (_, at) =>
    createConsumer({
      store: busy,
      clock: OPENING.clock,
      timers: OPENING.timers,
      name: `slow:${at}`,
      holder: 'bench',
      stream: JOURNAL,
      from: 'head',
      handle: () => setTimeout(SLOW_MS, []),
      onFailure: () => [],
    }),
  );
  for (const follower of followers) follower.start();
  const beside = logAppends('with ten slow followers', busy, createLogRecords(13));
  const series = await alternate(
    [
      logAppends('with none', quiet, createLogRecords(14)),
      {
        ...beside,
        close: async () => {
          await Promise.all(followers.map((follower) => follower.stop()));
          await busy.close();
        },
      },
    ],
    plan,
  );
  const row = compare(series, plan, {
    id: 'P9.slow-followers',
    name: `append with ${SLOW_FOLLOWERS} followers of ${SLOW_MS} ms an event ÷ with none, p50`,
    subject: 'with ten slow followers',
    baseline: 'with none',
    metric: P50_US,
    goal: 1.05,
  });
  return [row];
}
