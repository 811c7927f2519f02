/** Stores that break one promise each: over tables that lie, or with a function in other hands. */
import {
  applyUnit,
  CommitListeners,
  createInMemoryStore,
  HostApiError,
  IN_MEMORY_DURABILITY,
  indexMachines,
  InMemoryTables,
  parseUnit,
  portableDigest,
  type AppliedUnit,
  type DurableStore,
  type MachineIndex,
  type ParsedWrite,
  type RawContent,
  type Sha256Hex,
  type StoreOpening,
  type TableChange,
} from '@reborn/host-api';
import { wrapStore } from '@reborn/host-api/testkit';

export const sha256Hex: Sha256Hex = (text) => portableDigest.sha256Hex(new TextEncoder().encode(text));

/** Tables in which single reads and changes are in other hands. */
export abstract class LyingTables extends InMemoryTables {
  protected readonly machines: MachineIndex;

  constructor(machines: MachineIndex) {
    super(machines, sha256Hex);
    this.machines = machines;
  }

  /** Truthful tables apply units with this, and take back what is refused. */
  protected applied(unit: readonly ParsedWrite[], nowMs: number): AppliedUnit {
    return applyUnit(unit, { machines: this.machines, sha256Hex, nowMs }, this);
  }
}

/** Tables that change what is written to them. */
export function rewriting(
  rewrite: (change: TableChange, tables: InMemoryTables) => readonly TableChange[],
): new (machines: MachineIndex) => InMemoryTables {
  return class extends LyingTables {
    override write(change: TableChange): void {
      for (const each of rewrite(change, this)) super.write(each);
    }
  };
}

/** The in-memory store over other tables. */
export function storeOver(
  Tables: new (machines: MachineIndex) => InMemoryTables,
  { machines, clock }: StoreOpening,
): DurableStore {
  const known = indexMachines(machines);
  const [tables, listeners] = [new Tables(known), new CommitListeners()];
  let isClosed = false;
  const open = (): InMemoryTables => {
    if (isClosed) throw new HostApiError('host-api/store_closed');
    return tables;
  };
  return {
    durability: IN_MEMORY_DURABILITY,
    commit: async (writes) => {
      const { outcome, streams } = open().apply(parseUnit(writes, known), clock.nowMs());
      if (outcome.kind === 'committed') listeners.notify(streams);
      return outcome;
    },
    get: async (machine, key) => open().get(machine, key),
    list: async (machine, request) => open().list(machine, request),
    readStream: async (request) => open().readStream(request),
    readRaw: async (request) => open().readRaw(request),
    listStreams: async (request) => open().listStreams(request),
    onCommit: (listener, interest) => {
      open();
      return listeners.add(listener, interest);
    },
    anchor: async () => {
      open();
      return undefined;
    },
    close: async () => {
      isClosed = true;
      listeners.clear();
    },
  };
}

type Change<Kind extends TableChange['kind']> = Extract<TableChange, { kind: Kind }>;
export type Liar = (opening: StoreOpening) => DurableStore;

/** A store that answers some questions differently. */
export const answering =
  (lie: (store: DurableStore) => Partial<DurableStore>): Liar =>
  (opening) => {
    const store = createInMemoryStore(opening);
    return wrapStore(store, lie(store));
  };
export const keeping =
  (Tables: Parameters<typeof storeOver>[0]): Liar =>
  (opening) =>
    storeOver(Tables, opening);
/** A store that changes a stream's own row before it is kept. */
export const standing = (
  lie: (change: Change<'stream'>, tables: InMemoryTables) => Partial<Change<'stream'>['state']>,
): Liar =>
  keeping(
    rewriting((change, tables) =>
      change.kind === 'stream' ? [{ ...change, state: { ...change.state, ...lie(change, tables) } }] : [change],
    ),
  );
/** A store that changes what records hold before they are kept. */
export const storing = (lie: (content: RawContent) => RawContent): Liar =>
  keeping(
    rewriting((change) => [
      change.kind === 'records'
        ? {
            ...change,
            records: change.records.map(({ content, ...record }) =>
              content === undefined ? record : { ...record, content: lie(content) },
            ),
          }
        : change,
    ]),
  );
