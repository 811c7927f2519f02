/** Streams with many events, made quickly: a thousand a unit. */
import type { DurableStore, RecordDraft, StreamKey } from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';

const UNIT = 1000;
/** Units in flight, so that the store is never idle. */
const AT_ONCE = 4;

/** Appends `count` records of the log. */
export async function fillLog(store: DurableStore, count: number, make: () => LogRecord): Promise<void> {
  await inUnits(count, (size) => store.commit(toAppends(Array.from({ length: size }, make))));
}

/** Appends `count` drafts to one stream. */
export async function fillStream(
  store: DurableStore,
  stream: StreamKey,
  count: number,
  make: () => RecordDraft,
): Promise<void> {
  await inUnits(count, (size) =>
    store.commit([{ kind: 'append', stream, records: Array.from({ length: size }, make) }]),
  );
}

async function inUnits(count: number, write: (size: number) => Promise<unknown>): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      const size = Math.min(UNIT, left);
      left -= size;
      await write(size);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
