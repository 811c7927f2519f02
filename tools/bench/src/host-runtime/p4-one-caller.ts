/** P4: one governed call after the other. */
import { alternate } from '../measure/alternate.ts';
import { beside, P50_US, PER_SECOND } from '../measure/block.ts';
import type { Context, Group } from '../measure/context.ts';
import { compare, voidUnlessQuiet, type Row } from '../measure/row.ts';
import { bareCalls } from './bare-calls.ts';
import { callSyncs } from './call-syncs.ts';
import { createRequests, type Capability } from './door.ts';
import { governedCalls } from './governed-calls.ts';
import { sameRowCalls } from './same-rows.ts';

const SMALL_BYTES = 512;
const LARGE_BYTES = 8192;
const GOAL = 0.7;
const SYNC_CALLS = 50;

export const oneCaller: Group = {
  id: 'P4',
  async run(context) {
    return [
      ...(await effects(context)),
      ...(await reads(context)),
      ...(await large(context)),
      await exactly(
        2,
        callSyncs(context, { id: 'P4.syncs-effect', capability: 'notes.write', calls: SYNC_CALLS, goal: 2 }),
      ),
      await exactly(
        1,
        callSyncs(context, { id: 'P4.syncs-read', capability: 'notes.read', calls: SYNC_CALLS, goal: 1 }),
      ),
    ];
  },
};

async function effects({ plan, folder }: Context): Promise<readonly Row[]> {
  const make = createRequests('notes.write', SMALL_BYTES, 41);
  const series = await alternate(
    [
      await bareCalls('bare', folder.file('bare.db'), make),
      await governedCalls('reborn', folder.file('reborn.db'), 1, make),
      await bareCalls('bare again', folder.file('again.db'), make),
      beside(await sameRowCalls('same rows', folder.file('same.db'), 1, make)),
    ],
    plan,
  );
  const common = { baseline: 'bare', metric: PER_SECOND };
  const rows = [
    compare(series, plan, {
      ...common,
      id: 'P4',
      name: 'governed call with an effect, one caller ÷ bare call and two durable inserts of the same bytes, 512 B',
      subject: 'reborn',
      goal: GOAL,
    }),
    compare(series, plan, {
      ...common,
      id: 'P4.besides',
      name: 'what it costs besides them, p50, µs',
      subject: 'reborn',
      metric: P50_US,
      of: (subject, baseline) => subject - baseline,
    }),
    compare(series, plan, {
      ...common,
      id: 'P4.same-rows',
      name: 'by hand, the rows and indexes of the door, one caller ÷ bare call and two durable inserts',
      subject: 'same rows',
    }),
  ];
  const control = compare(series, plan, {
    ...common,
    id: 'P4.control',
    name: 'A/A: bare call and two inserts',
    subject: 'bare again',
  });
  return voidUnlessQuiet(plan, control, rows);
}

async function reads(context: Context): Promise<readonly Row[]> {
  const name = 'governed call that only reads, one caller ÷ bare call and one durable insert of the same bytes, 512 B';
  return [await simpleRow(context, { id: 'P4.read', name, capability: 'notes.read', bytes: SMALL_BYTES })];
}

async function large(context: Context): Promise<readonly Row[]> {
  const name = 'governed call with an effect, one caller ÷ bare call and two durable inserts of the same bytes, 8 KB';
  return [await simpleRow(context, { id: 'P4.8k', name, capability: 'notes.write', bytes: LARGE_BYTES })];
}

async function simpleRow(
  { plan, folder }: Context,
  what: { readonly id: string; readonly name: string; readonly capability: Capability; readonly bytes: number },
): Promise<Row> {
  const { id, name, capability, bytes } = what;
  const make = createRequests(capability, bytes, 42);
  const series = await alternate(
    [
      await bareCalls('bare', folder.file('bare.db'), make),
      await governedCalls('reborn', folder.file('reborn.db'), 1, make),
    ],
    plan,
  );
  return compare(series, plan, {
    id,
    name,
    subject: 'reborn',
    baseline: 'bare',
    metric: PER_SECOND,
    goal: GOAL,
  });
}

/** The number of syncs is a contract: fewer are as wrong as more. */
async function exactly(goal: number, counting: Promise<Row>): Promise<Row> {
  const row = await counting;
  return row.met === null ? row : { ...row, met: row.ratio === goal };
}
