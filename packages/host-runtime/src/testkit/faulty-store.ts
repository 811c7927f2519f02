/**
 * A durable store that fails when it is told to: before a commit, after it (so that the answer is lost), once or for
 * good, as if the process had died.
 *
 * Not here: what a real store does in trouble (the storage adapters' own tests).
 */
import { HostApiError, type DurableStore } from '@reborn/host-api';

/**
 * `commit`: which one, from 1. `when`: `before`, nothing of it happened; `after`, all of it happened and nobody was
 * told. `afterwards`: whether the store works again or stays dead for this process.
 */
export interface StoreFault {
  readonly commit: number;
  readonly when: 'before' | 'after';
  readonly afterwards: 'recovers' | 'dies';
}

export interface FaultyStore extends DurableStore {
  /** How many commits were asked for. */
  readonly commits: number;
  readonly isDead: boolean;
}

/** Wraps a store; what is committed stays in that store, for the next process. */
export function createFaultyStore(store: DurableStore, ...faults: readonly StoreFault[]): FaultyStore {
  let commits = 0;
  let isDead = false;
  const live = <T>(work: () => Promise<T>): Promise<T> => (isDead ? Promise.reject(unavailable()) : work());
  const strike = (fault: StoreFault): never => {
    isDead = fault.afterwards === 'dies';
    throw unavailable();
  };
  return {
    durability: store.durability,
    get commits() {
      return commits;
    },
    get isDead() {
      return isDead;
    },
    commit: (writes) =>
      live(async () => {
        commits += 1;
        const fault = faults.find((each) => each.commit === commits);
        if (fault?.when === 'before') return strike(fault);
        const outcome = await store.commit(writes);
        return fault === undefined ? outcome : strike(fault);
      }),
    get: (machine, key) => live(() => store.get(machine, key)),
    list: (machine, request) => live(() => store.list(machine, request)),
    readStream: (request) => live(() => store.readStream(request)),
    onCommit: (listener) => store.onCommit(() => void (isDead || listener())),
    close: () => store.close(),
  };
}

function unavailable(): HostApiError {
  return new HostApiError('host-api/store_unavailable');
}
