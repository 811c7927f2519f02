import { acquireLease, LABELS } from '@reborn/host-api';
import { expect, test } from 'vitest';
import type { SqlValue, Statement } from '../src/driver.ts';
import { draft, emptySchema, openStore, runSql, scriptedDriver, stream } from './support.ts';
import { rawStatement, pageStatement, streamListStatement } from '../src/page-sql.ts';

/** The steps of a plan, as the reading sessions would take it. */
async function planOf(schema: string, { text, values }: Statement): Promise<string> {
  const literals = (values ?? []).map(toLiteral);
  const filled = text.replaceAll(/\$(\d+)/g, (_, at: string) => literals[Number(at) - 1] ?? 'NULL');
  await runSql('SET enable_seqscan = off');
  const rows = await runSql<{ readonly 'QUERY PLAN': string }>(`EXPLAIN (COSTS off) ${filled}`);
  return rows.map((row) => row['QUERY PLAN'].replaceAll(schema, '')).join('\n');
}

function toLiteral(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return `'\\x${Buffer.from(value).toString('hex')}'::bytea`;
  if (Array.isArray(value)) return `ARRAY[${value.map(toLiteral).join(', ')}]`;
  return typeof value === 'number' ? String(value) : `'${String(value)}'`;
}

test('pages and lists are read through indexes, never by looking at everything', async () => {
  const schema = await emptySchema();
  const store = await openStore(schema);
  const others = ['threadId', 'runId', 'invocationId', 'correlationId', 'capabilityId', 'provider', 'actorId'] as const;
  for (let page = 0; page < 5; page += 1) {
    const records = Array.from({ length: 1000 }, (_, at) => {
      const number = page * 1000 + at;
      const labels = Object.fromEntries(others.map((label) => [label, `${label}-${number % 500}`]));
      return { ...draft(number), kind: `kind-${number % 100}`, labels };
    });
    await store.commit([{ kind: 'append', stream, records }]);
  }
  await store.commit(Array.from({ length: 200 }, (_, at) => acquireLease(`lease-${at}`, `holder-${at % 20}`, 1000)));
  await runSql(`ANALYZE ${schema}.stream_record; ANALYZE ${schema}.record; ANALYZE ${schema}.stream`);
  const at = { stream, after: 1, limit: 10 };
  const pages: readonly (readonly [Statement, string])[] = [
    [pageStatement(`"${schema}"`, at), 'stream_record_pkey'],
    [pageStatement(`"${schema}"`, { ...at, order: 'newest' }), 'Backward using stream_record_pkey'],
    [rawStatement(`"${schema}"`, at), 'stream_record_pkey'],
    [pageStatement(`"${schema}"`, { ...at, filter: { kinds: ['kind-1', 'kind-2'] } }), 'stream_record_by_kind'],
    ...others.map((label) => {
      const column = label.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const filter = { labels: { [label]: `${label}-1` }, kinds: ['kind-1'] };
      return [pageStatement(`"${schema}"`, { ...at, filter }), `stream_record_by_${column}`] as const;
    }),
    [pageStatement(`"${schema}"`, { ...at, filter: { fromMs: 4990, toMs: 4995 } }), 'stream_record_by_time'],
    [streamListStatement(`"${schema}"`, { limit: 10 }), 'stream_pkey'],
  ];
  for (const [statement, index] of pages) {
    const plan = await planOf(schema, statement);
    expect(plan).toContain(index);
    expect(plan).not.toMatch(/Seq Scan/);
  }
  expect(LABELS.filter((label) => (others as readonly string[]).includes(label))).toHaveLength(others.length);
});

test('lists of records are read in the order of their index', async () => {
  const schema = await emptySchema();
  const driver = scriptedDriver();
  const store = await openStore(schema, { connect: driver.connect });
  await store.commit(Array.from({ length: 256 }, (_, at) => acquireLease(`lease-${at}`, `holder-${at % 20}`, 1000)));
  await runSql(`ANALYZE ${schema}.record`);
  driver.texts.length = 0;
  for (const order of ['oldest', 'newest'] as const) {
    await store.list('lease', { limit: 1, order });
    await store.list('lease', { limit: 1, order, owner: 'holder-1' });
    await store.list('lease', { limit: 1, order, status: 'held' });
    await store.list('lease', { limit: 1, order, owner: 'holder-1', status: 'held' });
  }
  const plans: string[] = [];
  for (const statement of driver.texts.filter(({ name }) => name?.startsWith('list'))) {
    plans.push(await planOf(schema, statement));
  }
  expect(plans).toHaveLength(8);
  for (const [at, plan] of plans.entries()) {
    const name = ['rank', 'owner', 'status', 'owner_and_status'][at % 4];
    expect(plan).toMatch(new RegExp(`Index Scan (Backward )?using record_by_${name}`));
    expect(plan.replaceAll('Incremental Sort', '')).not.toMatch(/Seq Scan|-> +Sort/);
  }
});
