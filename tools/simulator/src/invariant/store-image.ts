/**
 * Everything that a store holds, as it says itself: the other side of every invariant.
 *
 * Not here: what should be there (`history.ts`).
 */
import {
  streamName,
  type DurableStore,
  type HeadAnchor,
  type JsonObject,
  type RawPage,
  type RawRecord,
  type StreamInfo,
  type StreamKey,
} from '@reborn/host-api';

export interface StreamImage extends RawPage {
  readonly stream: StreamKey;
}

export interface StoreImage {
  readonly streams: ReadonlyMap<string, StreamImage>;
  /** By machine and key. */
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, JsonObject>>;
  readonly anchor: HeadAnchor | undefined;
}

/** Reads by pages of this many: the most that the port allows. */
const PAGE = 1_000;

/** Reads a store that nobody writes to meanwhile. Of each machine named, the first thousand records. */
export async function readStoreImage(store: DurableStore, machines: readonly string[]): Promise<StoreImage> {
  const streams = new Map<string, StreamImage>();
  for (const { stream } of await listAllStreams(store)) {
    streams.set(streamName(stream), await readWhole(store, stream));
  }
  const rows = new Map<string, ReadonlyMap<string, JsonObject>>();
  for (const machine of machines) {
    const listed = await store.list(machine, { limit: PAGE });
    rows.set(machine, new Map(listed.map(({ key, row }) => [key, row])));
  }
  return { streams, rows, anchor: await store.anchor() };
}

async function listAllStreams(store: DurableStore): Promise<readonly StreamInfo[]> {
  const found: StreamInfo[] = [];
  for (;;) {
    const after = found.at(-1)?.stream;
    const page = await store.listStreams({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

async function readWhole(store: DurableStore, stream: StreamKey): Promise<StreamImage> {
  const records: RawRecord[] = [];
  for (;;) {
    const page = await store.readRaw({ stream, after: records.at(-1)?.cursor ?? 0, limit: PAGE });
    records.push(...page.records);
    if (page.records.length < PAGE) return { ...page, stream, records };
  }
}
