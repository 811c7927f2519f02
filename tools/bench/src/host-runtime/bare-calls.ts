/**
 * What the goals of one caller are measured against: the call itself, and around it one durable insert for each unit that
 * the door writes, with the same bytes and nothing else.
 */
import type { InvokeRequest } from '@reborn/host-runtime';
import { repeat, type Side } from '../measure/block.ts';
import { openBare } from '../measure/sqlite.ts';
import { Supply } from '../measure/supply.ts';
import { perform, type Note } from './door.ts';
import { contentOf, unitsOfCalls } from './written-units.ts';

/** Everything but the last unit is written before the call, as an intent is. */
export async function bareCalls(name: string, file: string, make: () => InvokeRequest): Promise<Side> {
  const contents = (await unitsOfCalls([make()])).map(contentOf);
  const before = contents.slice(0, -1);
  const after = contents.slice(-1);
  const database = openBare(file);
  database.exec('CREATE TABLE unit (id INTEGER PRIMARY KEY, call TEXT NOT NULL, body TEXT NOT NULL) STRICT');
  const insert = database.prepare<[string, string]>('INSERT INTO unit (call, body) VALUES (?, ?)');
  const supply = new Supply(make);
  let made = 0;
  return {
    name,
    prepare: (minMs) => supply.prepare(minMs * 8),
    work: (minMs) =>
      repeat(minMs, async () => {
        const { context, input } = supply.next();
        const { invocationId } = context;
        const write = (content: readonly object[]): unknown =>
          insert.run(invocationId, JSON.stringify({ invocationId, content }));
        before.forEach(write);
        await perform(input as unknown as Note);
        after.forEach(write);
        made += 1;
      }),
    async verify() {
      const { count } = database.prepare<[], { count: number }>('SELECT count(*) AS count FROM unit').get() ?? {};
      if (count !== made * contents.length)
        throw new Error(`${name}: ${String(count)} units of ${made} calls are there`);
    },
    async close() {
      database.close();
    },
  };
}
