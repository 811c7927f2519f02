/** P11: what gets slower when there is more of it. Each row is p50 at large ÷ p50 at small. */
import { createEventLog, parseCursor, readScopeFor } from '@reborn/events';
import { parseCorrelationId, type DurableStore } from '@reborn/host-api';
import { createNodeIds } from '@reborn/adapter-node';
import { alternate } from '../measure/alternate.ts';
import { borrowed, P50_US, repeat, type Side } from '../measure/block.ts';
import { createRandom } from '../measure/random.ts';
import { compare, type Row } from '../measure/row.ts';
import { scaled, type Context, type Group } from '../measure/context.ts';
import { fillLog } from './fill.ts';
import { openingRows } from './p11-opening.ts';
import { logAppends, openSqlite, SCOPE_OF_ALL } from './store-side.ts';
import { createLogRecords, SCOPE } from './supply.ts';

const SMALL = 1000;
const LARGE = 1_000_000;
const PAGE = 100;
/** Events that share one correlation, in a store of any size. */
const CORRELATED = 20;

export const growth: Group = {
  id: 'P11.events',
  async run(context) {
    const small = await grown(context, SMALL);
    const large = await grown(context, scaled(context, LARGE));
    const rows: Row[] = [];
    for (const operation of OPERATIONS) rows.push(await growthRow(context, operation, small, large));
    await Promise.all([small.store.close(), large.store.close()]);
    return [...rows, ...(await openingRows(context, small.file, large.file))];
  },
};

interface Grown {
  readonly file: string;
  readonly store: DurableStore;
  readonly count: number;
}

interface Operation {
  readonly id: string;
  readonly name: string;
  readonly goal: number;
  side(name: string, grown: Grown): Side;
}

const correlationId = parseCorrelationId(createNodeIds().uuid());

const OPERATIONS: readonly Operation[] = [
  {
    id: 'append',
    name: 'append',
    goal: 1.2,
    side: (name, { store }) => borrowed(logAppends(name, store, createLogRecords(18))),
  },
  {
    id: 'page',
    name: `page of ${PAGE} at a random cursor`,
    goal: 1.3,
    side(name, { store, count }) {
      const log = createEventLog(store);
      const random = createRandom(19);
      return {
        name,
        work: (minMs) =>
          repeat(minMs, async () => {
            const after = parseCursor(Math.floor(random() * (count - PAGE)));
            const page = await log.read({ family: 'journal', scope: SCOPE_OF_ALL, after, limit: PAGE });
            if (page.kind !== 'page' || page.entries.length !== PAGE) throw new Error('A page was not whole');
          }),
      };
    },
  },
  {
    id: 'head',
    name: 'head',
    goal: 1.2,
    side(name, { store }) {
      const log = createEventLog(store);
      return { name, work: (minMs) => repeat(minMs, () => log.head('journal', SCOPE_OF_ALL)) };
    },
  },
  {
    id: 'correlation',
    name: `the ${CORRELATED} events of one correlation`,
    goal: 1.5,
    side(name, { store }) {
      const log = createEventLog(store);
      const scope = readScopeFor(SCOPE, { correlationId });
      return {
        name,
        work: (minMs) =>
          repeat(minMs, async () => {
            const page = await log.read({ family: 'journal', scope, limit: PAGE });
            if (page.kind !== 'page' || page.entries.length !== CORRELATED) throw new Error('Not all were found');
          }),
      };
    },
  },
];

/** A store with that many events, some of one correlation spread among them. */
async function grown({ folder, say }: Context, count: number): Promise<Grown> {
  say(`  filling ${count} events`);
  const file = folder.file(`${count}.db`);
  const store = await openSqlite(file);
  const make = createLogRecords(20);
  const every = Math.floor(count / CORRELATED);
  let made = 0;
  await fillLog(store, every * CORRELATED, () => {
    made += 1;
    return made % every === 0 ? { ...make(), correlationId } : make();
  });
  return { file, store, count: every * CORRELATED };
}

async function growthRow(context: Context, operation: Operation, small: Grown, large: Grown): Promise<Row> {
  const { plan } = context;
  const sides = [operation.side('small', small), operation.side('large', large)];
  const series = await alternate(sides, plan);
  return compare(series, plan, {
    id: `P11.${operation.id}-events`,
    name: `${operation.name}: ${large.count} ÷ ${small.count} events, p50`,
    subject: 'large',
    baseline: 'small',
    metric: P50_US,
    goal: operation.goal,
  });
}
