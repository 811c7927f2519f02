/** A store whose units go through other hands first. Not here: what those do. */
import type { DurableStore } from '@reborn/host-api';

export function withCommit(store: DurableStore, commit: DurableStore['commit']): DurableStore {
  return {
    durability: store.durability,
    commit,
    get: (machine, key) => store.get(machine, key),
    list: (machine, request) => store.list(machine, request),
    readStream: (request) => store.readStream(request),
    readRaw: (request) => store.readRaw(request),
    listStreams: (request) => store.listStreams(request),
    onCommit: (listener, interest) => store.onCommit(listener, interest),
    anchor: () => store.anchor(),
    close: () => store.close(),
  };
}
