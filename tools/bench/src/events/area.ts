/** The area `events`: the log of record, row by row. */
import type { Group } from '../measure/context.ts';
import { memory } from './memory.ts';
import { oneCaller } from './p1-one-caller.ts';
import { manyCallers } from './p2-many-callers.ts';
import { onPostgres } from './p3-postgres.ts';
import { wakeUp } from './p9-wake-up.ts';
import { replay } from './p10-replay.ts';
import { growth } from './p11-growth.ts';
import { idle } from './p11-idle.ts';

/** In the order in which they run. */
export const EVENTS_GROUPS: readonly Group[] = [
  oneCaller,
  manyCallers,
  onPostgres,
  wakeUp,
  replay,
  growth,
  idle,
  memory,
];
/** What a version of makes a difference. */
export const EVENTS_PACKAGES: readonly string[] = ['better-sqlite3', 'pg', 'zod'];
