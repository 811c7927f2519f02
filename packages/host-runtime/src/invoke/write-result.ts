/**
 * Writing what came of an execution: it is known here and nowhere else, so nothing that a policy adds, and no short trouble
 * of the store, may lose it.
 *
 * Not here: what is written (`settle.ts`, `../gate/open.ts`).
 */
import { isFault, type CommitOutcome, type Write } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import { SETTLE_ATTEMPTS_MAX, SETTLE_PAUSE_MS } from '../limits.ts';
import type { Settlement } from './call-policy.ts';
import type { RuntimeDependencies } from './dependencies.ts';

type Conflict = Extract<CommitOutcome, { kind: 'conflict' }>;

/** What the door writes itself, in order. */
export interface ResultUnit {
  readonly writes: readonly Write[];
  readonly records: readonly LogRecord[];
}

/** Writes a result with what the policy adds; without it, when that is what the store does not take. Errors: those of the store. */
export async function commitResult(
  { store, diagnostics }: Pick<RuntimeDependencies, 'store' | 'diagnostics'>,
  { writes, records }: ResultUnit,
  added: Settlement,
): Promise<CommitOutcome> {
  const bare = (): readonly Write[] => [...writes, ...toAppends(records)];
  if (added.writes.length === 0 && added.records.length === 0) return store.commit(bare());
  const whole = [...writes, ...added.writes, ...toAppends([...records, ...added.records])];
  try {
    const committed = await store.commit(whole);
    if (committed.kind === 'committed' || !isAt(committed, writes.length, added.writes.length)) return committed;
  } catch (error) {
    if (!isFault(error) || !REFUSED.has(error.code)) throw error;
  }
  diagnostics?.report('What a policy adds to a result could not be written; the result stands without it');
  return store.commit(bare());
}

/**
 * Commits again while the store is in trouble. The unit may have happened although its answer was lost: whoever does not find
 * that out by looking again tells by the conflict, with `wasOurs`. Errors: those of the store.
 */
export async function commitSurely(
  { timers }: Pick<RuntimeDependencies, 'timers'>,
  commit: () => Promise<CommitOutcome>,
  wasOurs: (conflict: Conflict) => boolean = () => false,
): Promise<CommitOutcome> {
  for (let tries = 1; ; tries += 1) {
    try {
      const committed = await commit();
      const isOurs = committed.kind === 'conflict' && tries > 1 && wasOurs(committed);
      return isOurs ? { kind: 'committed', receipts: [] } : committed;
    } catch (error) {
      if (tries === SETTLE_ATTEMPTS_MAX || !isFault(error) || error.code !== 'host-api/store_unavailable') throw error;
      await new Promise<void>((resolve) => void timers.schedule(SETTLE_PAUSE_MS, resolve));
    }
  }
}

/** What a store says of a unit that is no unit, or too large for one. */
const REFUSED: ReadonlySet<string> = new Set(['host-api/invalid_value', 'host-api/invalid_json']);

function isAt({ at }: Conflict, from: number, length: number): boolean {
  return at >= from && at < from + length;
}
