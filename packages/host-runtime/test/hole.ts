/**
 * A host without one of its defences: so that a test of that defence can be seen to fail.
 *
 * Not here: which holes there are (`hostile-holes.ts`, `guarantee-holes.ts`).
 */
import { createInMemoryStore, type DurableStore, type StoredMachine } from '@reborn/host-api';
import { createFakePlatform, wrapStore } from '@reborn/host-api/testkit';
import type {
  Budgets,
  CallPolicy,
  CapabilityHandler,
  HostRuntime,
  HostRuntimeOptions,
  SecretStore,
} from '@reborn/host-runtime';
import { createWorld, HOST_DOOR_MACHINES, type World } from './support.ts';

/** Each part stands around, or in the place of, the one that a test has put there. */
export interface Hole {
  /** In the places of those of the same name. */
  readonly machines?: readonly StoredMachine[];
  readonly store?: (store: DurableStore) => DurableStore;
  readonly options?: Partial<HostRuntimeOptions>;
  readonly handler?: (handler: CapabilityHandler) => CapabilityHandler;
  readonly policy?: (policy: CallPolicy) => CallPolicy;
  readonly budgets?: (budgets: Budgets) => Budgets;
  readonly secrets?: (secrets: SecretStore) => SecretStore;
  readonly door?: (door: HostRuntime, store: DurableStore) => HostRuntime;
}

/** A world in memory whose doors have the hole. */
export function createOpenWorld(hole: Hole = {}): World {
  const platform = createFakePlatform();
  const { machines = [] } = hole;
  const replaced = new Set(machines.map(({ name }) => name));
  const kept = HOST_DOOR_MACHINES.filter(({ name }) => !replaced.has(name));
  const world = createWorld(platform, createInMemoryStore({ ...platform, machines: [...kept, ...machines] }));
  return {
    ...world,
    open: (capabilities, given = {}) => {
      const { handler = same, policy = same, budgets = same, secrets = same, store = same, door = same } = hole;
      const runtime = world.open(capabilities.map(handler), {
        ...given,
        ...(given.policy === undefined ? {} : { policy: policy(given.policy) }),
        ...(given.budgets === undefined ? {} : { budgets: budgets(given.budgets) }),
        ...(given.secrets === undefined ? {} : { secrets: secrets(given.secrets) }),
        ...hole.options,
        store: store(given.store ?? world.store),
      });
      return door(runtime, world.store) as ReturnType<World['open']>;
    },
  };
}

/** A store that shows the rows of one machine as something else than they are, or not at all. */
export const showing =
  (of: StoredMachine, change: (row: Shown) => Shown | undefined) =>
  (store: DurableStore): DurableStore =>
    wrapStore(store, {
      get: async (machine, key) => {
        const row = await store.get(machine, key);
        return machine === of.name && row !== undefined ? change(row) : row;
      },
    });
type Shown = NonNullable<Awaited<ReturnType<DurableStore['get']>>>;

/** A port with some of its methods in other hands. */
export function replacing<T extends object>(port: T, methods: Partial<T>): T {
  return new Proxy({} as T, {
    get: (_target, name) => {
      const own: unknown = Reflect.get(Object.hasOwn(methods, name) ? methods : port, name);
      return typeof own === 'function' ? own.bind(port) : own;
    },
  });
}

function same<T>(it: T): T {
  return it;
}
