/**
 * Storage that kills its own process right before or right after one chosen unit, and says which records were acknowledged
 * before anybody can act upon them.
 *
 * Not here: what units are called (`door/units.ts`).
 */
import type { DurableStore, Write } from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import type { HostStorage } from '@reborn/reborn';
import { unitName } from './door/units.ts';

/** `unit`: a name, or `*` for any. `nth` counts them in this process from 1; 0 never kills. */
export interface KillPoint {
  readonly unit: string;
  readonly nth: number;
  readonly moment: 'before' | 'after';
}

export interface CommitWatcher {
  /** Called as soon as a unit was acknowledged, and before its caller hears of it. */
  acknowledged(unit: string, eventIds: readonly string[]): void;
  kill(): void;
}

export function killingStorage(inner: HostStorage, point: KillPoint, watcher: CommitWatcher): HostStorage {
  let count = 0;
  const watch = (store: DurableStore): DurableStore =>
    wrapStore(store, {
      commit: async (writes) => {
        const unit = unitName(writes);
        const met = point.unit === '*' || unit === point.unit;
        if (met) count += 1;
        const isDue = met && count === point.nth;
        if (isDue && point.moment === 'before') watcher.kill();
        const outcome = await store.commit(writes);
        if (outcome.kind === 'committed') watcher.acknowledged(unit, eventIdsOf(writes));
        if (isDue) watcher.kill();
        return outcome;
      },
    });
  return { durability: inner.durability, open: async (opening) => watch(await inner.open(opening)) };
}

function eventIdsOf(writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) =>
    write.kind === 'append' ? write.records.map((record) => `${write.stream.family}/${record.eventId}`) : [],
  );
}
