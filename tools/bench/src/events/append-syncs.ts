/** How many syncs an appended event costs. */
import { scaled, type Context } from '../measure/context.ts';
import type { Row } from '../measure/row.ts';
import { syncRow } from '../measure/syncs.ts';

export interface AppendSyncs {
  readonly id: string;
  readonly callers: number;
  readonly events: number;
  readonly goal: number;
}

export function appendSyncs(context: Context, { id, callers, events, goal }: AppendSyncs): Promise<Row> {
  const operations = scaled(context, events);
  const file = context.folder.file('syncs.db');
  return syncRow(context, {
    id,
    name: `commit syncs per event, ${callers === 1 ? 'one caller' : `${callers} callers`}`,
    unit: 'event',
    operations,
    goal,
    task: { kind: 'append', file, events: operations, callers },
  });
}
