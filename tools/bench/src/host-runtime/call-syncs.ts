/** How many syncs a governed call costs. */
import { scaled, type Context } from '../measure/context.ts';
import type { Row } from '../measure/row.ts';
import { syncRow } from '../measure/syncs.ts';
import type { Capability } from './door.ts';

export interface CallSyncs {
  readonly id: string;
  readonly capability: Capability;
  readonly calls: number;
  readonly goal: number;
  readonly callers?: number;
}

export function callSyncs(context: Context, { id, capability, calls, goal, callers = 1 }: CallSyncs): Promise<Row> {
  const operations = scaled(context, calls);
  const file = context.folder.file('syncs.db');
  const who = callers === 1 ? 'one caller' : `${callers} in flight`;
  return syncRow(context, {
    id,
    name: `commit syncs per governed call, ${who}, ${capability === 'notes.write' ? 'with an effect' : 'only reading'}`,
    unit: 'call',
    operations,
    goal,
    task: { kind: 'govern', file, capability, calls: operations, callers },
  });
}
