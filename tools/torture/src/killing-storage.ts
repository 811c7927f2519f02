/**
 * Storage that kills its own process right before or right after one chosen commit, and says which records were
 * acknowledged before anybody can act upon them.
 */
import type { DurableStore, Write } from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';
import type { HostStorage } from '@reborn/reborn';

export interface KillPoint {
  /** Counts the commits of this process from 1; 0 never kills. */
  readonly commit: number;
  readonly moment: 'before' | 'after';
}

export interface CommitWatcher {
  /** Called as soon as a commit was acknowledged, and before its caller hears of it. */
  acknowledged(eventIds: readonly string[]): void;
  kill(): void;
}

export function killingStorage(inner: HostStorage, point: KillPoint, watcher: CommitWatcher): HostStorage {
  return {
    durability: inner.durability,
    open: async (opening) => {
      const store = await inner.open(opening);
      let commits = 0;
      const commit: DurableStore['commit'] = async (writes) => {
        commits += 1;
        const chosen = commits === point.commit;
        if (chosen && point.moment === 'before') watcher.kill();
        const outcome = await store.commit(writes);
        if (outcome.kind === 'committed') watcher.acknowledged(eventIdsOf(writes));
        if (chosen && point.moment === 'after') watcher.kill();
        return outcome;
      };
      return wrapStore(store, { commit });
    },
  };
}

function eventIdsOf(writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) =>
    write.kind === 'append' ? write.records.map((record) => `${write.stream.family}/${record.eventId}`) : [],
  );
}
