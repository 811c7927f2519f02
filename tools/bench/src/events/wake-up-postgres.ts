/** Waking up through PostgreSQL: by hand with LISTEN and NOTIFY, and from one host to another. */
import { Client, Pool } from 'pg';
import { createEventLog } from '@reborn/events';
import type { Side } from '../measure/block.ts';
import { followTail } from './follow-tail.ts';
import { createNotices, openLoop } from './open-loop.ts';
import { openPostgres } from './postgres-side.ts';
import { createLogRecords } from './supply.ts';

const CHANNEL = 'bench';

/** One insert and its notification in one transaction; the listener is told the id and does not even read. */
export async function listenNotify(name: string, url: string): Promise<Side> {
  const writer = new Pool({ connectionString: url, max: 1 });
  const listener = new Client({ connectionString: url });
  await listener.connect();
  await writer.query('CREATE TABLE event (cursor bigserial PRIMARY KEY, event_id text NOT NULL, body text NOT NULL)');
  const notices = createNotices();
  listener.on('notification', ({ payload }) => notices.seen(payload ?? ''));
  await listener.query(`LISTEN ${CHANNEL}`);
  const text = `
    WITH added AS (INSERT INTO event (event_id, body) VALUES ($1, $2) RETURNING event_id)
    SELECT pg_notify('${CHANNEL}', event_id) FROM added`;
  return openLoop(name, notices, createLogRecords(28), {
    append: (record) => writer.query({ name: 'append', text, values: [record.eventId, JSON.stringify(record)] }),
    async close() {
      await Promise.all([writer.end(), listener.end()]);
    },
  });
}

/** Two stores on one database, as two hosts have them: one appends, the other follows. */
export async function betweenHosts(name: string, url: string): Promise<Side> {
  const [writing, reading] = [await openPostgres(url), await openPostgres(url)];
  const notices = createNotices();
  const control = new AbortController();
  const following = followTail(createEventLog(reading), notices, control.signal);
  const log = createEventLog(writing);
  return openLoop(name, notices, createLogRecords(29), {
    append: (record) => log.append([record]),
    async close() {
      control.abort();
      await following;
      await Promise.all([writing.close(), reading.close()]);
    },
  });
}
