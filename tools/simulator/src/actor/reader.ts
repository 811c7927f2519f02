/**
 * Looks at streams: what was acknowledged is visible to everybody, chains hold, and whoever listens hears of everything in
 * the end.
 *
 * Not here: followers (`follower.ts`).
 */
import { isFault, linkHolds, streamName, type RawPage, type StreamKey } from '@reborn/host-api';
import { violation, type Violation } from '../invariant/violation.ts';
import { sha256Hex } from '../store/simulated-tables.ts';
import type { SimulatedProcess, World } from '../world/world.ts';
import { pauseFor, type Actor, type Operation } from './actor.ts';
import { OPEN_STREAMS } from './streams.ts';

const PAGE = 5;
const [LISTENED] = OPEN_STREAMS;

export function createReader(world: World): Actor {
  const heard = new Map<SimulatedProcess, number>();

  const start = (process: SimulatedProcess): void => {
    if (LISTENED === undefined) return;
    const look = (): void => {
      process.store.readStream({ stream: LISTENED, after: 0, limit: 1 }).then(
        ({ head }) => void heard.set(process, Math.max(heard.get(process) ?? 0, head)),
        (error: unknown) => {
          if (!isFault(error)) throw error;
        },
      );
    };
    process.store.onCommit(look, { family: LISTENED.family, tenantId: LISTENED.tenantId });
    look();
  };

  const visible: Operation = {
    name: 'read.acknowledged',
    weight: 6,
    run: async ({ process }) => {
      const last = lastAcknowledged(world);
      if (last === undefined) return;
      const { head } = await process.store.readStream({ stream: last.stream, after: 0, limit: 1 });
      if (head >= last.cursor) return;
      world.fail(
        violation('I1', `${streamName(last.stream)}: ${last.cursor} was acknowledged, and a reader is shown ${head}`),
      );
    },
  };

  const walk: Operation = {
    name: 'read.walk',
    weight: 3,
    run: async ({ process, random }) => {
      const stream = random.pick(OPEN_STREAMS);
      let before: { readonly cursor: number; readonly chain: string } | undefined;
      for (;;) {
        const page = await process.store.readRaw({ stream, after: before?.cursor ?? 0, limit: PAGE });
        const base = page.earliest - 1;
        if (before !== undefined && before.cursor < base) {
          world.options.sometimes('a stream was cut while it was walked through');
        }
        if (before === undefined || before.cursor < base) before = { cursor: base, chain: page.baseChain };
        before = checkPage(world, stream, page, before);
        if (page.records.length < PAGE) return;
        await pauseFor(process, random.between(0, 200));
      }
    },
  };

  const checkSettled = (): readonly Violation[] => {
    const head = LISTENED === undefined ? 0 : newestCursor(world, LISTENED);
    return world
      .living()
      .filter((process) => (heard.get(process) ?? 0) < head)
      .map(({ owner }) => violation('I11', `${owner.name} listens and has not heard of the record at ${head}`));
  };
  return { operations: [visible, walk], start, checkSettled };
}

function checkPage(world: World, stream: StreamKey, { records }: RawPage, from: { cursor: number; chain: string }) {
  let before = from;
  for (const record of records) {
    const follows = record.cursor === before.cursor + 1 && linkHolds(sha256Hex, before.chain, record);
    if (!follows)
      world.fail(violation('I1', `${streamName(stream)}: a reader was shown a broken chain at ${record.cursor}`));
    before = record;
  }
  const last = records.at(-1);
  if (last !== undefined) world.history.see({ stream, cursor: last.cursor, eventId: last.eventId, chain: last.chain });
  return before;
}

function lastAcknowledged(world: World): { readonly stream: StreamKey; readonly cursor: number } | undefined {
  const unit = world.history.units.findLast(
    ({ writes, outcome }) => outcome.kind === 'committed' && writes.some(({ kind }) => kind === 'append'),
  );
  if (unit?.outcome.kind !== 'committed') return undefined;
  const at = unit.writes.findIndex(({ kind }) => kind === 'append');
  const [write, receipt] = [unit.writes[at], unit.outcome.receipts[at]];
  if (write?.kind !== 'append' || receipt?.kind !== 'appended') return undefined;
  return { stream: write.stream, cursor: Math.max(0, ...receipt.cursors) };
}

function newestCursor(world: World, stream: StreamKey): number {
  let newest = 0;
  for (const { writes, outcome } of world.history.units) {
    for (const [at, write] of writes.entries()) {
      const receipt = outcome.kind === 'committed' ? outcome.receipts[at] : undefined;
      if (write.kind !== 'append' || receipt?.kind !== 'appended') continue;
      if (streamName(write.stream) === streamName(stream)) newest = Math.max(newest, ...receipt.cursors);
    }
  }
  return newest;
}
