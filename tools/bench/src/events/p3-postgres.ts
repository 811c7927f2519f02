/** P3: batches on PostgreSQL. */
import { createDatabase, startPostgres } from '@reborn/postgres-server';
import { alternate } from '../measure/alternate.ts';
import { beside, PER_SECOND, type Side } from '../measure/block.ts';
import { compare, unmeasured, voidUnlessQuiet, type Row } from '../measure/row.ts';
import { unnestInserts } from './bare-postgres.ts';
import type { Context, Group } from '../measure/context.ts';
import { emmettOnPostgres } from './emmett-postgres.ts';
import { postgresAppends, postgresCommits } from './postgres-side.ts';
import { createDrafts, createLogRecords } from './supply.ts';

const BATCHES = [64, 512];
const DRAFT_BYTES = 512;

export const onPostgres: Group = {
  id: 'P3',
  async run(context) {
    const server = await startPostgres();
    try {
      const rows: Row[] = [];
      for (const batch of BATCHES) rows.push(...(await batchRows(context, server.url, batch)));
      return rows;
    } finally {
      await server.stop();
    }
  },
};

async function batchRows({ plan }: Context, server: string, batch: number): Promise<readonly Row[]> {
  const make = createLogRecords(27);
  const database = (): Promise<string> => createDatabase(server);
  const emmett = await emmettOnPostgres(await database(), batch);
  const sides: Side[] = [
    await unnestInserts('unnest', await database(), batch, make),
    await postgresAppends('reborn', await database(), batch, make),
    beside(await postgresCommits('reborn store', await database(), batch, createDrafts(DRAFT_BYTES, 27))),
    await unnestInserts('unnest again', await database(), batch, make),
    ...emmett.sides.map(beside),
  ];
  const series = await alternate(sides, plan);
  const row = (id: string, name: string, subject: string, goal?: number, note = ''): Row =>
    compare(series, plan, {
      id,
      name: `${name}, batches of ${batch} ÷ multi-row unnest insert`,
      subject,
      baseline: 'unnest',
      metric: PER_SECOND,
      note,
      ...(goal === undefined ? {} : { goal }),
    });
  const rows = [
    row(`P3.${batch}`, 'PostgreSQL append through the log', 'reborn', 0.75),
    row(`P3.store-${batch}`, 'PostgreSQL append through the store alone', 'reborn store'),
    ...emmett.sides.map((side) => row(`P3.${side.id}`, side.name, side.name, undefined, side.note)),
    ...(emmett.why === undefined ? [] : [unmeasured({ id: `P3.emmett-${batch}`, name: 'Emmett' }, emmett.why)]),
  ];
  return voidUnlessQuiet(plan, row(`P3.control-${batch}`, 'A/A: unnest', 'unnest again'), rows);
}
