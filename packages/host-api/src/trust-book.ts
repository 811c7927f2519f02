/**
 * The operator's decisions about packages while a host runs: they may change, and whoever relies on them hears of it
 * before anybody is judged by the new ones.
 *
 * Not here: what one decision says (`trust.ts`), writing changes down (`@reborn/reborn`).
 * Source: specification 2, a.4 (`HostTrustPolicy`).
 */
import { assert } from './assert.ts';
import {
  createHostTrustPolicy,
  evaluateTrust,
  type EffectiveTrust,
  type HostTrustPolicy,
  type PackageIdentity,
  type TrustEntry,
} from './trust.ts';

/** A package of another class than before, or with effects that it may no longer have. */
export interface TrustChange {
  readonly identity: PackageIdentity;
  readonly before: EffectiveTrust;
  readonly after: EffectiveTrust;
}

export interface TrustBook {
  /** By the decisions that hold now. */
  evaluate(identity: PackageIdentity): EffectiveTrust;
  /** The decisions that hold now. */
  current(): HostTrustPolicy;
  /**
   * Replaces the decisions as a whole, by what `decide` makes of them. Another class, and effects that were taken away, are
   * told to every listener before this returns; more effects of the same class are told to nobody. Nothing changes when `decide` throws or what it gives
   * is no policy, and nobody may change the book from within a change.
   * Errors: `host-api/invalid_value`, and whatever `decide` throws.
   */
  change(decide: (entries: readonly TrustEntry[]) => readonly TrustEntry[]): readonly TrustChange[];
  /** A listener that throws keeps nothing from happening and nobody from hearing. */
  onChange(listener: (changes: readonly TrustChange[]) => void): () => void;
}

export function createTrustBook(policy: HostTrustPolicy): TrustBook {
  const listeners = new Set<(changes: readonly TrustChange[]) => void>();
  let current = policy;
  let changing = false;
  return Object.freeze<TrustBook>({
    evaluate: (identity) => evaluateTrust(current, identity),
    current: () => current,
    change(decide) {
      assert(!changing, 'a trust book is not changed from within a change');
      changing = true;
      try {
        const next = createHostTrustPolicy(decide(current.entries));
        const changes = subjectsOf(current, next).flatMap((identity) => compare(identity, current, next));
        current = next;
        if (changes.length > 0) publish(listeners, changes);
        return changes;
      } finally {
        changing = false;
      }
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  });
}

function publish(
  listeners: ReadonlySet<(changes: readonly TrustChange[]) => void>,
  changes: readonly TrustChange[],
): void {
  for (const listener of listeners) {
    try {
      listener(changes);
    } catch {
      // The decision holds, whatever a listener makes of it.
    }
  }
}

function subjectsOf(before: HostTrustPolicy, after: HostTrustPolicy): readonly PackageIdentity[] {
  const subjects = new Map<string, PackageIdentity>();
  for (const { packageId, source, digest } of [...before.entries, ...after.entries]) {
    const identity = { packageId, source, ...(digest === undefined ? {} : { digest }) };
    subjects.set(JSON.stringify([packageId, source, digest ?? null]), identity);
  }
  return [...subjects.values()];
}

function compare(identity: PackageIdentity, from: HostTrustPolicy, to: HostTrustPolicy): readonly TrustChange[] {
  const [before, after] = [evaluateTrust(from, identity), evaluateTrust(to, identity)];
  const shrank = before.allowedEffects.some((effect) => !after.allowedEffects.includes(effect));
  return before.class !== after.class || shrank ? [{ identity, before, after }] : [];
}
