/**
 * Who wants to hear of which commits. Finding them costs as much as there are, not as there could be: ten thousand idle
 * followers of other streams and other kinds are not even looked at.
 *
 * Not here: how commits of other processes are noticed (the storage adapters).
 */
import { parseInterest } from './parse-request.ts';
import type { CommitInterest, StreamFamily, StreamKey } from './stream.ts';

/** What a commit has appended to one stream. `kinds` undefined: of some kind, it is not known which. */
export interface StreamChange {
  readonly stream: StreamKey;
  readonly kinds: ReadonlySet<string> | undefined;
}

interface Entry {
  readonly call: () => void;
  listens: boolean;
}

export class CommitListeners {
  /** By what the interest fixes: nothing, a family, a tenant, or both; below that by kind. */
  readonly #places = new Map<string, Place>();

  /** Errors: `host-api/invalid_value`. */
  add(listener: () => void, interest: CommitInterest = {}): () => void {
    const { family, tenantId, kinds } = parseInterest(interest);
    const anything = family === undefined && tenantId === undefined && kinds === undefined;
    const name = anything ? ANY_COMMIT : placeOf(family, tenantId);
    const entry: Entry = { call: listener, listens: true };
    const place = this.#places.get(name) ?? new Map<string, Set<Entry>>();
    this.#places.set(name, place);
    const slots = kinds ?? [ANY_KIND];
    for (const slot of slots) place.set(slot, (place.get(slot) ?? new Set()).add(entry));
    return () => {
      entry.listens = false;
      for (const slot of slots) {
        place.get(slot)?.delete(entry);
        if (place.get(slot)?.size === 0) place.delete(slot);
      }
      if (place.size === 0 && this.#places.get(name) === place) this.#places.delete(name);
    };
  }

  /** Calls once, a little later, everybody whom a commit with these changes concerns. */
  notify(changes: readonly StreamChange[]): void {
    const concerned = new Set<Entry>();
    this.#collect(concerned, ANY_COMMIT, undefined);
    for (const { stream, kinds } of changes) {
      for (const family of [stream.family, undefined]) {
        for (const tenantId of [stream.tenantId, undefined]) this.#collect(concerned, placeOf(family, tenantId), kinds);
      }
    }
    for (const entry of concerned) callLater(entry);
  }

  /** Calls everybody: what was committed is not known. */
  notifyAll(): void {
    for (const entry of this.#everybody()) callLater(entry);
  }

  clear(): void {
    for (const entry of this.#everybody()) entry.listens = false;
    this.#places.clear();
  }

  /** Without `kinds` it is not known which they are, so all of the place are concerned. */
  #collect(concerned: Set<Entry>, name: string, kinds: StreamChange['kinds']): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    for (const slot of kinds === undefined ? place.keys() : [ANY_KIND, ...kinds]) {
      for (const entry of place.get(slot) ?? []) concerned.add(entry);
    }
  }

  #everybody(): ReadonlySet<Entry> {
    return new Set([...this.#places.values()].flatMap((place) => [...place.values()].flatMap((slot) => [...slot])));
  }
}

/** Those who listen in one place, by kind. */
type Place = Map<string, Set<Entry>>;

/** No kind is empty. */
const ANY_KIND = '';
const ANY_COMMIT = 'any';

/** Whoever has gone meanwhile is not called. */
function callLater(entry: Entry): void {
  queueMicrotask(() => entry.listens && entry.call());
}

function placeOf(family: StreamFamily | undefined, tenantId: string | undefined): string {
  return `${family ?? '*'}|${tenantId ?? ''}`;
}
