/**
 * What somebody writes by hand with the driver alone: one statement that inserts many rows, into the tables and indexes
 * that the store has made.
 */
import { Client } from 'pg';
import { createEventLog, type LogRecord } from '@reborn/events';
import type { Side } from '../measure/block.ts';
import { openPostgres } from './postgres-side.ts';
import { repeatBatches } from '../measure/crowd.ts';
import { Supply } from '../measure/supply.ts';

const LINK = Buffer.alloc(32, 0xab);

/** One batch, one statement, one commit. */
export async function unnestInserts(name: string, url: string, batch: number, make: () => LogRecord): Promise<Side> {
  const store = await openPostgres(url);
  await createEventLog(store).append([make()]);
  await store.close();
  const client = new Client({ connectionString: url });
  await client.connect();
  const { table, stream } = await findTable(client);
  const text = `
    INSERT INTO ${table} (stream, cursor, event_id, chain, kind, at_ms, user_id, agent_id, body)
    SELECT $1::bigint, * FROM unnest($2::bigint[], $3::uuid[], $4::bytea[], $5::text[], $6::bigint[], $7::text[],
      $8::text[], $9::text[])`;
  const supply = new Supply(make);
  let head = 1;
  const insert = async (): Promise<void> => {
    const records = Array.from({ length: batch }, () => supply.next());
    const first = head + 1;
    head += batch;
    const values = [
      stream,
      records.map((_, at) => first + at),
      records.map((record) => record.eventId),
      records.map(() => LINK),
      records.map((record) => record.kind),
      records.map((record) => record.atMs),
      records.map((record) => record.scope.userId),
      records.map((record) => record.scope.agentId),
      records.map((record) => JSON.stringify({ v: 1, ...record })),
    ];
    await client.query({ name: `insert-${batch}`, text, values });
  };
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 60),
    work: (minMs) => repeatBatches(minMs, batch, insert),
    async verify() {
      const { rows } = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${table}`);
      if (Number(rows[0]?.count) !== head) throw new Error(`${name}: ${rows[0]?.count} of ${head} events are there`);
    },
    close: () => client.end(),
  };
}

async function findTable(client: Client): Promise<{ readonly table: string; readonly stream: string }> {
  const { rows: places } = await client.query<{ schema: string }>(
    `SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = 'stream_record'`,
  );
  const table = `"${places[0]?.schema}".stream_record`;
  const { rows } = await client.query<{ stream: string }>(`SELECT stream FROM ${table}`);
  const stream = rows[0]?.stream;
  if (stream === undefined) throw new Error('The store has not written where the baseline looks');
  return { table, stream };
}
