import { createInMemoryStore, portableDigest } from '@reborn/host-api';
import { buildScope, createFakePlatform } from '@reborn/host-api/testkit';
import { kindsOf } from '@reborn/events';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bindRunCursors } from '../src/projection/log-projection.ts';
import { applyUpdate } from '../src/projection/projection.ts';
import { Projector } from '../src/projection/projector.ts';
import { readScopeFor } from '../src/read-scope.ts';
import { createEventLog } from '../src/stored-event-log.ts';
import { EVENT_STREAM_ACCESS_CHECK_MS, EVENT_STREAM_STALL_MS } from '../src/limits.ts';
import type { RuntimeEventKind } from '../src/record/runtime-event.ts';
import type { EventStream, EventStreamRequest } from '../src/streaming/event-stream.ts';
import { ALICE, catchUp, happening, projectionOf, type Happening } from '../src/testkit/projection/happenings.ts';
import { REQUEST, streamsOf } from '../src/testkit/streaming/watching.ts';

const kinds = kindsOf('runtime').filter((kind) => kind !== 'subscription_terminated') as readonly RuntimeEventKind[];
const what = fc.record(
  {
    kind: fc.constantFrom(...kinds),
    run: fc.nat(4),
    call: fc.nat(3),
    scope: fc.constantFrom({}, { threadId: 'thread-2' }, { userId: 'bob' }, { agentId: undefined }),
  },
  { requiredKeys: ['kind'] },
) as fc.Arbitrary<Happening>;

test('whatever happens, and wherever it is split, a projection folded from replay equals the live one', async () => {
  const parts = fc.array(fc.tuple(fc.array(what, { maxLength: 25 }), fc.integer({ min: 1, max: 9 })), { maxLength: 6 });
  const scopes = fc.constantFrom(ALICE, readScopeFor(buildScope()));
  await fc.assert(
    fc.asyncProperty(parts, scopes, fc.integer({ min: 1, max: 20 }), async (split, scope, kept) => {
      const store = createInMemoryStore({ machines: [], ...createFakePlatform() });
      const log = createEventLog(store);
      const projection = projectionOf({ log });
      const following = new Projector({ log, scope, binding: bindRunCursors(scope, portableDigest) });
      const first = await following.snapshot(kept);
      let { position, answer: followed } = first;
      let asked = await projection.snapshot({ scope, limit: kept });
      let number = 0;
      for (const [happenings, page] of split) {
        if (happenings.length > 0) await log.append(happenings.map((one) => happening((number += 1), one)));
        asked = await catchUp(projection, scope, asked, { page, kept });
        for (let more = true; more;) {
          const update = await following.updates(position, page);
          if (update.kind === 'rebase_required') throw new Error('the cursor is its own');
          followed = applyUpdate(followed, update.answer, kept);
          ({ position } = update);
          ({ more } = update.answer);
        }
        const replayed = await projection.snapshot({ scope, limit: kept });
        expect({ asked, followed }).toEqual({ asked: replayed, followed: replayed });
      }
    }),
    { numRuns: 150 },
  );
});

type Deed =
  | 'open'
  | 'append'
  | 'pull'
  | 'return'
  | 'throw'
  | 'abort'
  | 'deny'
  | 'allow'
  | 'stall'
  | 'fail'
  | 'mend'
  | 'secret';
const deeds = fc.array(
  fc.record({
    deed: fc.constantFrom<Deed>(
      ...(['open', 'open', 'open', 'append', 'append', 'pull', 'pull', 'return', 'throw', 'abort', 'deny'] as const),
      ...(['allow', 'allow', 'stall', 'fail', 'mend', 'secret'] as const),
    ),
    which: fc.nat(5),
  }),
  { maxLength: 40 },
);

test('whatever is opened, left, revoked, stalled or failed, every place is given back exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(deeds, async (script) => {
      const platform = createFakePlatform();
      const store = createInMemoryStore({ machines: [], ...platform });
      const stored = createEventLog(store);
      const state = { access: 'allowed' as 'allowed' | 'denied', failing: false, number: 0 };
      const log: typeof stored = {
        ...stored,
        read: (request) => (state.failing ? Promise.reject(new Error('away')) : stored.read(request)),
      };
      const limit = 3;
      const streams = streamsOf({ store, log, platform }, { global: limit });
      const opened: { readonly stream: EventStream; readonly control: AbortController }[] = [];
      const append = (threadId: string) =>
        stored.append([happening((state.number += 1), { kind: 'run_submitted', scope: { threadId } })]);
      const open = async (more: Partial<EventStreamRequest> = {}): Promise<string> => {
        const control = new AbortController();
        const outcome = await streams.open({ ...REQUEST, signal: control.signal, access: () => state.access, ...more });
        if (outcome.kind === 'opened') opened.push({ stream: outcome.stream, control });
        return outcome.kind;
      };
      for (const { deed, which } of script) {
        const one = opened[which % Math.max(1, opened.length)];
        if (deed === 'open') await open();
        if (deed === 'append') await append('thread-1');
        if (deed === 'secret') await append('AKIAIOSFODNN7EXAMPLE');
        if (deed === 'pull') void one?.stream.next();
        if (deed === 'return') await one?.stream.return();
        if (deed === 'throw') await one?.stream.throw(new Error('enough')).catch(() => undefined);
        if (deed === 'abort') one?.control.abort();
        if (deed === 'deny' || deed === 'allow') state.access = deed === 'deny' ? 'denied' : 'allowed';
        if (deed === 'fail' || deed === 'mend') state.failing = deed === 'fail';
        if (deed === 'stall') platform.advance(Math.max(EVENT_STREAM_STALL_MS, EVENT_STREAM_ACCESS_CHECK_MS));
        await rest();
      }
      for (const { stream } of opened) await Promise.all([stream.return(), stream.return()]);
      await rest();
      expect(platform.pendingTimers()).toBe(0);
      Object.assign(state, { access: 'allowed', failing: false });
      const clean = { scope: readScopeFor(buildScope({ threadId: 'clean' })) };
      const again = [await open(clean), await open(clean), await open(clean), await open(clean)];
      expect(again).toEqual(['opened', 'opened', 'opened', 'full']);
    }),
    { numRuns: 150 },
  );
});

async function rest(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
