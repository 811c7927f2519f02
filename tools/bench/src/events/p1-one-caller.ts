/** P1: one durable append, one caller. */
import { alternate } from '../measure/alternate.ts';
import { beside, P50_US, PER_SECOND, type Side } from '../measure/block.ts';
import { compare, unmeasured, voidUnlessQuiet, type Row } from '../measure/row.ts';
import { bareAppends } from './bare-sqlite.ts';
import type { Context, Group } from '../measure/context.ts';
import { emmettOnSqlite } from './emmett.ts';
import { appendSyncs } from './append-syncs.ts';
import { handWrittenGroupCommit } from './group-commit.ts';
import { rawAppends } from './raw-file.ts';
import { logAppends, openSqlite, storeAppends } from './store-side.ts';
import { createDrafts, createLogRecords } from './supply.ts';

const SMALL_BYTES = 512;
const LARGE_BYTES = 8192;
const CPU_GOAL_US = 60;
/** Fewer than fill the write-ahead log up to a checkpoint, so that each sync belongs to a commit. */
const SYNC_EVENTS = 100;

export const oneCaller: Group = {
  id: 'P1',
  async run(context) {
    const syncs = await appendSyncs(context, { id: 'P1.syncs', callers: 1, events: SYNC_EVENTS, goal: 1 });
    return [...(await small(context)), ...(await large(context)), syncs];
  },
};

async function small({ plan, folder }: Context): Promise<readonly Row[]> {
  const make = createLogRecords(1);
  const file = (name: string): string => folder.file(name);
  const emmett = await emmettOnSqlite(file);
  const sides: Side[] = [
    bareAppends('bare', file('bare.db'), make),
    logAppends('reborn', await openSqlite(file('reborn.db')), make),
    beside(storeAppends('reborn store', await openSqlite(file('store.db')), createDrafts(SMALL_BYTES, 1))),
    bareAppends('bare again', file('again.db'), make),
    beside(await handWrittenGroupCommit('same rows', file('same.db'), 1, make)),
    beside(rawAppends('raw growing', file('growing'), 'growing', make)),
    beside(rawAppends('raw preallocated', file('preallocated'), 'preallocated', make)),
    ...emmett.sides.map(beside),
  ];
  const series = await alternate(sides, plan);
  const speed = (id: string, name: string, subject: string, goal?: number, note = ''): Row =>
    compare(series, plan, {
      id,
      name,
      subject,
      baseline: 'bare',
      metric: PER_SECOND,
      note,
      ...(goal === undefined ? {} : { goal }),
    });
  const cpu = compare(series, plan, {
    id: 'P1.cpu',
    name: 'what an append costs besides the bare insert, p50, µs',
    subject: 'reborn',
    baseline: 'bare',
    metric: P50_US,
    of: (subject, baseline) => subject - baseline,
    goal: CPU_GOAL_US,
  });
  const rows = [
    speed('P1', 'one durable append through the log, one caller ÷ bare insert, 512 B', 'reborn', 0.75),
    cpu,
    speed('P1.store', 'the same through the store alone ÷ bare insert', 'reborn store'),
    speed('P1.same-rows', 'by hand, the rows and indexes of the store, one caller ÷ bare insert', 'same rows'),
    speed('P1.raw-growing', 'write + fdatasync of a growing file ÷ bare insert', 'raw growing'),
    speed('P1.raw-preallocated', 'write + fdatasync of a preallocated file ÷ bare insert', 'raw preallocated'),
    ...emmett.sides.map((side) =>
      speed(`P1.${side.id}`, `${side.name} ÷ bare insert`, side.name, undefined, side.note),
    ),
    ...(emmett.why === undefined ? [] : [unmeasured({ id: 'P1.emmett', name: 'Emmett ÷ bare insert' }, emmett.why)]),
  ];
  return voidUnlessQuiet(plan, speed('P1.control', 'A/A: bare insert ÷ bare insert', 'bare again'), rows);
}

async function large({ plan, folder }: Context): Promise<readonly Row[]> {
  const make = createDrafts(LARGE_BYTES, 2);
  const series = await alternate(
    [
      bareAppends('bare', folder.file('bare-8k.db'), make),
      storeAppends('reborn store', await openSqlite(folder.file('reborn-8k.db')), make),
    ],
    plan,
  );
  const row = compare(series, plan, {
    id: 'P1.8k',
    name: 'one durable append to the store, one caller ÷ bare insert, 8 KB',
    subject: 'reborn store',
    baseline: 'bare',
    metric: PER_SECOND,
    goal: 0.75,
  });
  return [row];
}
