/**
 * What a storage adapter hands to `createReborn`. Structural: adapters satisfy it without knowing this package.
 */
import {
  createInMemoryStore,
  IN_MEMORY_DURABILITY,
  type DurableStore,
  type StoreDurability,
  type StoreOpening,
} from '@reborn/host-api';

/** `durability` is known before anything is opened, so that unsuitable storage is refused without touching it. */
export interface HostStorage {
  readonly durability: StoreDurability;
  open(opening: StoreOpening): Promise<DurableStore>;
}

/** Storage that is gone when the process ends: for tests and first steps. */
export function inMemory(): HostStorage {
  return {
    durability: IN_MEMORY_DURABILITY,
    open: (opening) => Promise.resolve(createInMemoryStore(opening)),
  };
}
