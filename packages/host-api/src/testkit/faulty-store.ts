/**
 * A durable store that fails when it is told to, over one that works: what was committed stays in that one, for the next
 * process.
 *
 * Not here: what a real store does in trouble (the storage adapters' own tests), watching one (`recording-store.ts`).
 */
import { assert } from '../assert.ts';
import { HostApiError } from '../errors.ts';
import type { Timers } from '../platform.ts';
import type { DurableStore, Write } from '../durable/unit-of-work.ts';
import { wrapCalls, type StoreCall } from './wrap-store.ts';

/**
 * What happens to one call, or to several in a row. `call`: which one of its kind, from 1. `calls`: how many, 1 unless
 * told. `every`: again after so many. `on`: the kind of call, `commit` unless told. `unit`: of commits, those alone count
 * that hold such a transition.
 */
export type StoreFault = StoreTrouble & {
  readonly call: number;
  readonly calls?: number;
  readonly every?: number;
} & (
    | { readonly on?: StoreCall; readonly unit?: undefined }
    | { readonly on?: 'commit'; readonly unit: { readonly machine: string; readonly trigger?: string } }
  );

/**
 * `before`: nothing of the call happens; `after`: all of it happens, and its caller is not told.
 * `fails`: `store_unavailable`, and the store works again. `dies`: the same, and it stays dead for this process. `kills`:
 * as `dies`, and the callback of the options is called first. `is_busy`, `is_full`: refused by a locked or a full disk,
 * nothing happens. `waits`: the call, or its answer, takes `ms` milliseconds longer.
 */
export type StoreTrouble =
  | { readonly does: 'fails' | 'dies' | 'kills'; readonly when: 'before' | 'after' }
  | { readonly does: 'is_busy' | 'is_full' }
  | { readonly does: 'waits'; readonly when: 'before' | 'after'; readonly ms: number };

export interface FaultyStoreOptions {
  /** What `waits` waits on. */
  readonly timers?: Timers;
  /** What `kills` calls. If it comes back, the store is dead. */
  readonly kill?: () => void;
}

export interface FaultyStore extends DurableStore {
  /** How many commits were asked for. A store that is dead counts no more. */
  readonly commits: number;
  readonly isDead: boolean;
  /** Strikes the next call of its kind, besides what the script says. */
  strikeNext(trouble: StoreTrouble, on?: StoreCall): void;
}

/** Follows a script. Faults that meet the same call strike together, in order. */
export function createFaultyStore(
  store: DurableStore,
  faults: readonly StoreFault[] = [],
  { timers, kill }: FaultyStoreOptions = {},
): FaultyStore {
  const script = [...faults];
  const counts = new Map<StoreCall, number>();
  /** Commits that hold the transition of a fault. */
  const held = new Map<StoreFault, number>();
  let isDead = false;
  /** A process that will not hear of its commit does not hear of its echo either. */
  let isDeaf = false;

  return {
    ...wrapCalls(store, strike),
    onCommit: (listener, interest) => store.onCommit(() => void (isDeaf || listener()), interest),
    get commits() {
      return counts.get('commit') ?? 0;
    },
    get isDead() {
      return isDead;
    },
    strikeNext: (trouble, on = 'commit') => void script.push({ ...trouble, on, call: (counts.get(on) ?? 0) + 1 }),
  };

  async function strike<T>(on: StoreCall, args: readonly unknown[], work: () => Promise<T>): Promise<T> {
    if (isDead) throw unavailable();
    const number = (counts.get(on) ?? 0) + 1;
    counts.set(on, number);
    const troubles = script.filter((fault) =>
      meets(fault, on, numberFor(fault, number, on === 'commit' ? args[0] : undefined)),
    );
    isDeaf ||= troubles.some(({ does }) => does === 'dies' || does === 'kills');
    for (const trouble of troubles) await suffer(trouble, 'before');
    const answer = await work();
    for (const trouble of troubles) await suffer(trouble, 'after');
    return answer;
  }

  /** `undefined` for a commit that does not count. */
  function numberFor(fault: StoreFault, number: number, unit: unknown): number | undefined {
    if (fault.unit === undefined) return number;
    if (!Array.isArray(unit) || !holdsTransition(unit, fault.unit)) return undefined;
    const of = (held.get(fault) ?? 0) + 1;
    held.set(fault, of);
    return of;
  }

  async function suffer(trouble: StoreTrouble, when: 'before' | 'after'): Promise<void> {
    if (when !== ('when' in trouble ? trouble.when : 'before')) return;
    switch (trouble.does) {
      case 'waits':
        assert(timers !== undefined, 'a faulty store that waits has timers');
        await new Promise<void>((resolve) => void timers.schedule(trouble.ms, resolve));
        return;
      case 'is_busy':
        throw unavailable('busy');
      case 'is_full':
        throw unavailable('full');
      case 'kills':
        isDead = true;
        kill?.();
        throw unavailable();
      case 'dies':
        isDead = true;
        throw unavailable();
      case 'fails':
        throw unavailable();
    }
  }
}

function meets(
  { on = 'commit', call, calls = 1, every }: StoreFault,
  asked: StoreCall,
  number: number | undefined,
): boolean {
  if (on !== asked || number === undefined || number < call) return false;
  return (every === undefined ? number - call : (number - call) % every) < calls;
}

function holdsTransition(unit: readonly Write[], { machine, trigger }: NonNullable<StoreFault['unit']>): boolean {
  return unit.some(
    (write) =>
      write.kind === 'transition' &&
      write.machine === machine &&
      (trigger === undefined || write.command['trigger'] === trigger),
  );
}

function unavailable(engine?: string): HostApiError {
  return new HostApiError('host-api/store_unavailable', engine === undefined ? {} : { detail: { engine } });
}
