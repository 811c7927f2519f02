/** P2: 64 callers share syncs; and what that does to the event loop (P15). */
import { alternate } from '../measure/alternate.ts';
import { beside, LOOP_P99_MS, PER_SECOND, type Side } from '../measure/block.ts';
import { compare, measured, unmeasured, voidUnlessQuiet } from '../measure/row.ts';
import type { Group } from '../measure/context.ts';
import { emmettInLine } from './emmett.ts';
import { appendSyncs } from './append-syncs.ts';
import { handWrittenGroupCommit } from './group-commit.ts';
import { crowdOfAppends, openSqlite } from './store-side.ts';
import { createLogRecords } from './supply.ts';

const CALLERS = 64;
const LOOP_GOAL_MS = 5;

export const manyCallers: Group = {
  id: 'P2',
  async run(context) {
    const { plan, folder } = context;
    const make = createLogRecords(3);
    const emmett = await emmettInLine((name) => folder.file(name), CALLERS);
    const sides: Side[] = [
      await handWrittenGroupCommit('by hand', folder.file('hand.db'), CALLERS, make),
      crowdOfAppends('reborn', await openSqlite(folder.file('reborn.db')), CALLERS, make),
      await handWrittenGroupCommit('by hand again', folder.file('again.db'), CALLERS, make),
      ...emmett.sides.map(beside),
    ];
    const series = await alternate(sides, plan);
    const common = { baseline: 'by hand', metric: PER_SECOND };
    const rows = [
      compare(series, plan, {
        ...common,
        id: 'P2',
        name: `${CALLERS} callers: acknowledged events/s ÷ group commit written by hand, same rows and indexes`,
        subject: 'reborn',
        goal: 0.5,
      }),
      ...emmett.sides.map((side) =>
        compare(series, plan, {
          ...common,
          id: `P2.${side.id}`,
          name: `${side.name} ÷ group commit written by hand`,
          subject: side.name,
          note: side.note,
        }),
      ),
      ...(emmett.why === undefined ? [] : [unmeasured({ id: 'P2.emmett', name: 'Emmett' }, emmett.why)]),
    ];
    const control = compare(series, plan, {
      ...common,
      id: 'P2.control',
      name: 'A/A: by hand ÷ by hand',
      subject: 'by hand again',
    });
    const delays = (series.get('reborn') ?? []).map(LOOP_P99_MS.of);
    const loop = measured(
      plan,
      { id: 'P15.p2', name: 'event-loop delay under P2, p99, ms', goal: LOOP_GOAL_MS, better: 'lower' },
      delays,
      LOOP_P99_MS.name,
    );
    const syncs = await appendSyncs(context, { id: 'P2.syncs', callers: CALLERS, events: 20_000, goal: 0.03 });
    return [...voidUnlessQuiet(plan, control, rows), syncs, loop];
  },
};
