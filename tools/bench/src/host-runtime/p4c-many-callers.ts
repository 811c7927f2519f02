/** P4c: 64 governed calls in flight share syncs; and what that does to the event loop (P15). */
import { alternate } from '../measure/alternate.ts';
import { LOOP_P99_MS, P99_US, PER_SECOND } from '../measure/block.ts';
import type { Group } from '../measure/context.ts';
import { compare, measured, voidUnlessQuiet } from '../measure/row.ts';
import { callSyncs } from './call-syncs.ts';
import { createRequests } from './door.ts';
import { governedCalls } from './governed-calls.ts';
import { sameRowCalls } from './same-rows.ts';

export const CALLERS = 64;
const BYTES = 512;
const LOOP_GOAL_MS = 5;
const SYNC_CALLS = 5000;

export const manyCallers: Group = {
  id: 'P4c',
  async run(context) {
    const { plan, folder } = context;
    const make = createRequests('notes.write', BYTES, 44);
    const series = await alternate(
      [
        await sameRowCalls('by hand', folder.file('hand.db'), CALLERS, make),
        await governedCalls('reborn', folder.file('reborn.db'), CALLERS, make),
        await sameRowCalls('by hand again', folder.file('again.db'), CALLERS, make),
      ],
      plan,
    );
    const common = { baseline: 'by hand', metric: PER_SECOND };
    const rows = [
      compare(series, plan, {
        ...common,
        id: 'P4c',
        name: `governed calls with an effect, ${CALLERS} in flight ÷ group commit written by hand, same rows and indexes`,
        subject: 'reborn',
        goal: 0.25,
      }),
      compare(series, plan, {
        ...common,
        id: 'P4c.p99',
        name: `the same, from call to result, p99`,
        subject: 'reborn',
        metric: P99_US,
        goal: 4,
      }),
    ];
    const control = compare(series, plan, {
      ...common,
      id: 'P4c.control',
      name: 'A/A: by hand ÷ by hand',
      subject: 'by hand again',
    });
    const delays = (series.get('reborn') ?? []).map(LOOP_P99_MS.of);
    const loop = measured(
      plan,
      { id: 'P15.p4c', name: 'event-loop delay under P4c, p99, ms', goal: LOOP_GOAL_MS, better: 'lower' },
      delays,
      LOOP_P99_MS.name,
    );
    const question = {
      id: 'P4c.syncs',
      capability: 'notes.write',
      calls: SYNC_CALLS,
      goal: 0.1,
      callers: CALLERS,
    } as const;
    return [...voidUnlessQuiet(plan, control, rows), await callSyncs(context, question), loop];
  },
};
