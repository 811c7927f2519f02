/**
 * Storage that kills its own process right before or right after one chosen commit, and says which records were
 * acknowledged before anybody can act upon them.
 */
import type { Write } from '@reborn/host-api';
import { createFaultyStore, wrapStore } from '@reborn/host-api/testkit';
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
  const { commit: call, moment: when } = point;
  return {
    durability: inner.durability,
    open: async (opening) => {
      const store = await inner.open(opening);
      const watched = wrapStore(store, {
        commit: async (writes) => {
          const outcome = await store.commit(writes);
          if (outcome.kind === 'committed') watcher.acknowledged(eventIdsOf(writes));
          return outcome;
        },
      });
      return createFaultyStore(watched, [{ call, when, does: 'kills' }], { kill: () => watcher.kill() });
    },
  };
}

function eventIdsOf(writes: readonly Write[]): readonly string[] {
  return writes.flatMap((write) =>
    write.kind === 'append' ? write.records.map((record) => `${write.stream.family}/${record.eventId}`) : [],
  );
}
