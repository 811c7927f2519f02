/** One million events, gone through in bounded memory. The one row that fails the command, in quick runs too. */
import { askChild } from '../measure/child-process.ts';
import { measured, type Row } from '../measure/row.ts';
import { memoryAnswerSchema, type MemoryTask } from '../child/measure-memory.ts';
import { scaled, type Context, type Group } from '../measure/context.ts';
import { fillLog } from './fill.ts';
import { openSqlite } from './store-side.ts';
import { createLogRecords } from './supply.ts';

const EVENTS = 1_000_000;
const MEGABYTE = 1024 * 1024;
/** Units: megabytes. */
export const GROWTH_MAX = 150;

export const memory: Group = {
  id: 'memory',
  async run(context) {
    const { folder, say } = context;
    const count = scaled(context, EVENTS);
    const file = folder.file('memory.db');
    say(`  filling ${count} events`);
    const store = await openSqlite(file);
    await fillLog(store, count, createLogRecords(25));
    await store.close();
    return [
      await replayRow(context, { kind: 'memory', what: 'replay_by_pages', file, count }),
      await replayRow(context, { kind: 'memory', what: 'replay_by_tail', file, count }),
    ];
  },
};

async function replayRow(context: Context, task: MemoryTask): Promise<Row> {
  const { grownBytes, count } = memoryAnswerSchema.parse(await askChild(task));
  if (count !== task.count) throw new Error(`A replay saw ${count} of ${task.count} events`);
  const how = task.what === 'replay_by_tail' ? 'tail' : 'pages';
  const name = `memory growth while ${count} events are replayed by ${how}, MB`;
  const what = { id: `memory.${how}`, name, goal: GROWTH_MAX, better: 'lower' } as const;
  return measured(context.plan, what, [Math.max(0, grownBytes) / MEGABYTE], 'MB');
}
