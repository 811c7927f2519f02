/**
 * What a reader of an event stream gets, and that it gets it once.
 *
 * Not here: how streams end (`end-cases.ts`), who may open one (`opening-cases.ts`).
 */
import { equals, holds, wrapStore } from '@reborn/host-api/testkit';
import { EVENT_STREAM_KEEP_ALIVE_MS } from '../../limits.ts';
import type { ProjectionLog } from '../../projection/projection-source.ts';
import { applyUpdate, type ProjectionSnapshot } from '../../projection/projection.ts';
import { eventually, logCase, settle } from '../harness.ts';
import { ALICE, happen, kindsIn, projectionOf } from '../projection/happenings.ts';
import { openOne, pass, streamsOf, take, told } from './watching.ts';

export const deliveryCases = [
  logCase('gives what is there, and then what happens', async (opened) => {
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const stream = await openOne(streamsOf(opened));
    equals(told(await take(stream)), 'snapshot: run_submitted (run-1 queued)', 'what is there');
    const next = take(stream);
    await settle(opened);
    await happen(opened, 2, [{ kind: 'run_claimed', run: 1 }]);
    equals(told(await next), 'update: run_claimed (run-1 running)', 'a reader that waited is woken');
    await happen(opened, 3, [{ kind: 'run_completed', run: 1 }]);
    equals(told(await take(stream)), 'update: run_completed (run-1 completed)', 'what happened meanwhile waits');
    await stream.return();
  }),
  logCase('loses nothing and repeats nothing of what happens while it opens', async (opened) => {
    let number = 1;
    const append = (): Promise<void> => happen(opened, number++, [{ kind: 'run_submitted', run: number }]);
    const then = async <T>(work: Promise<T>): Promise<T> => {
      const result = await work;
      if (number < 20) await append();
      return result;
    };
    const busy: ProjectionLog = {
      bounds: (request) => then(opened.log.bounds(request)),
      read: (request) => then(opened.log.read(request)),
      query: (request) => then(opened.log.query(request)),
    };
    await append();
    const store = wrapStore(opened.store, {
      onCommit: (listener, interest) => {
        const off = opened.store.onCommit(listener, interest);
        void append();
        return off;
      },
    });
    const stream = await openOne(streamsOf({ ...opened, store, log: busy }));
    const seen: string[] = [];
    while (seen.length < 20) {
      const item = await take(stream);
      holds(item.kind === 'snapshot' || item.kind === 'update', 'nothing but what happened');
      seen.push(...item.entries.map(({ eventId }) => eventId));
      if (number < 21 && seen.length === number - 1) await append();
    }
    equals(new Set(seen).size, 20, 'each once');
    equals(seen, seen.toSorted(), 'in their order');
    await stream.return();
  }),
  logCase('goes on from a cursor without saying again what was said', async (opened) => {
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const { next } = await projectionOf(opened).snapshot({ scope: ALICE });
    await happen(opened, 2, [{ kind: 'run_claimed', run: 1 }]);
    const stream = await openOne(streamsOf(opened), { after: next });
    equals(told(await take(stream)), 'update: run_claimed (run-1 running)', 'what was before is folded, not told');
    await stream.return();
  }),
  logCase('says, put together, what a snapshot says', async (opened) => {
    await happen(opened, 1, [{ kind: 'run_submitted', run: 0 }]);
    const stream = await openOne(streamsOf(opened), { limit: 10, buffer: 2 });
    const first = await take(stream);
    holds(first.kind === 'snapshot', 'it begins with a snapshot');
    let state: ProjectionSnapshot = first;
    const kinds = ['run_submitted', 'run_claimed', 'run_parked', 'run_resumed', 'run_failed'] as const;
    for (let at = 0; at < 60; at += 6) {
      const some = Array.from({ length: 6 }, (_, more) => ({
        kind: kinds[Math.floor((at + more) / 9) % kinds.length] ?? 'run_claimed',
        run: (at + more) % 5,
      }));
      await happen(opened, 2 + at, some);
      const now = await projectionOf(opened).snapshot({ scope: ALICE, limit: 10 });
      while (state.next !== now.next) {
        const item = await take(stream);
        holds(item.kind === 'update', 'it goes on with updates');
        state = applyUpdate(state, item, 10);
      }
      equals(state, now, 'live and replayed agree');
    }
    await stream.return();
  }),
  logCase('shows the kinds that were asked for, and the statuses that all kinds make', async (opened) => {
    const stream = await openOne(streamsOf(opened), { kinds: ['run_parked'] });
    await take(stream);
    await happen(opened, 1, [
      { kind: 'run_submitted', run: 1 },
      { kind: 'run_claimed', run: 1 },
      { kind: 'run_parked', run: 1 },
    ]);
    equals(told(await take(stream)), 'update: run_parked (run-1 parked)', 'one entry');
    await stream.return();
  }),
  logCase('gives a sign of life when nothing happens, which moves no cursor', async (opened) => {
    const stream = await openOne(streamsOf(opened));
    const first = await take(stream);
    const silent = take(stream);
    await pass(opened, EVENT_STREAM_KEEP_ALIVE_MS);
    equals(await silent, { kind: 'keep_alive' }, 'it is alive, and that is all it says');
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1 }]);
    const item = await take(stream);
    equals(told(item), 'update: run_submitted (run-1 queued)', 'what happens comes as if nothing had been');
    holds(first.kind === 'snapshot' && item.kind === 'update', 'both have cursors');
    const again = await projectionOf(opened).updates({ scope: ALICE, after: first.next });
    equals(again, item, 'the cursor from before leads to the same');
    await stream.return();
  }),
  logCase('hears of its own tenant and of what its scope lets through', async (opened) => {
    const stream = await openOne(streamsOf(opened));
    await take(stream);
    await happen(opened, 1, [{ kind: 'run_submitted', run: 1, scope: { userId: 'bob' } }]);
    await happen(opened, 2, [{ kind: 'run_submitted', run: 2, scope: { tenantId: 'globex' } }]);
    await settle(opened);
    await happen(opened, 3, [{ kind: 'run_submitted', run: 3 }]);
    equals(told(await take(stream)), 'update: run_submitted (run-3 queued)', 'nothing of others');
    await stream.return();
  }),
  logCase('reads no further than it has room for, and loses nothing by it', async (opened) => {
    let reads = 0;
    let looks = 0;
    let looking = 0;
    const look = async <T>(answer: Promise<T>): Promise<T> => {
      looks += 1;
      looking += 1;
      return answer.finally(() => (looking -= 1));
    };
    const log: ProjectionLog = {
      bounds: (request) => look(opened.log.bounds(request)),
      query: (request) => look(opened.log.query(request)),
      read: (request) => {
        reads += 1;
        return opened.log.read(request);
      },
    };
    const stream = await openOne(streamsOf({ ...opened, log }), { buffer: 0, limit: 1 });
    // What happens below is not to come into the snapshot.
    await eventually(opened, () => looks > 0 && looking === 0, 'the snapshot is taken');
    await settle(opened);
    await happen(
      opened,
      1,
      Array.from({ length: 30 }, (_, run) => ({ kind: 'run_submitted', run })),
    );
    await settle(opened);
    equals(reads, 0, 'the snapshot fills a buffer of one');
    const seen: string[] = [];
    while (seen.length < 30) {
      const item = await take(stream);
      if (item.kind === 'update') seen.push(...kindsIn(item));
      await settle(opened);
      holds(reads <= seen.length + 2, 'one page at a time');
    }
    await stream.return();
  }),
];
