import { InvariantError, portableDigest } from '@reborn/host-api';
import { buildScope, createSentinel, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import type { Cursor } from '../cursor.ts';
import { PROJECTION_FOLDED_MAX } from '../limits.ts';
import { readScopeFor } from '../read-scope.ts';
import type { LogEntry } from '../record/log-record.ts';
import type { RuntimeEvent } from '../record/runtime-event.ts';
import { happening, runOf, standings } from '../testkit/projection/happenings.ts';
import { bindRunCursors, createRunProjection } from './log-projection.ts';
import type { ProjectionLog } from './projection-source.ts';
import { Projector } from './projector.ts';

const scope = readScopeFor(buildScope());
const binding = bindRunCursors(scope, portableDigest);
const secret = createSentinel('/home/alice/.ssh/id');

/** A log that somebody else wrote: it hands out what it is given, whoever asks. */
function logOf(entries: readonly LogEntry[], head = entries.length): ProjectionLog {
  const from = (cursor: number) => (entries[cursor]?.cursor === cursor + 1 ? cursor : 0);
  const after = (cursor: number, limit: number) =>
    entries
      .slice(from(cursor), from(cursor) + limit + 1)
      .filter((entry) => entry.cursor > cursor)
      .slice(0, limit);
  return {
    bounds: async () => ({ kind: 'bounds', earliest: 1 as Cursor, head: head as Cursor }),
    read: async (request) => {
      const page = after(request.after ?? 0, request.limit);
      const full = page.length === request.limit;
      return { kind: 'page', entries: page, next: (full ? page.at(-1)?.cursor : head) as Cursor, head: head as Cursor };
    },
    query: async ({ limit, page }) => {
      const found = after(Number(page ?? 0), limit);
      const more = found.length === limit ? { page: String(found.at(-1)?.cursor) } : {};
      return { entries: found, earliest: 1 as Cursor, ...more };
    },
  };
}

function entryOf(cursor: number, record: unknown): LogEntry {
  return { known: true, family: 'runtime', cursor, record: record as RuntimeEvent };
}

const projectionOf = (log: ProjectionLog) => createRunProjection({ log, digest: portableDigest });

describe('What a log of somebody else returns', () => {
  test('is redacted again, and passed by when it has no form', async () => {
    const good = happening(1, { kind: 'run_failed', run: 1 });
    const { entries, runs } = await projectionOf(
      logOf([
        entryOf(1, { ...good, errorKind: secret }),
        entryOf(2, { ...good, prompt: secret }),
        entryOf(3, { ...good, scope: { ...good.scope, threadId: '/etc/passwd' } }),
        entryOf(4, { kind: 'effect_intended', inputDigest: secret }),
        entryOf(5, undefined),
        { known: false, family: 'runtime', cursor: 6, eventId: secret, kind: secret, atMs: 1 },
        { known: false, family: 'runtime', cursor: 7, eventId: fixedUuid(7), kind: secret, atMs: 1.5 },
        { known: false, family: 'runtime', cursor: 8, eventId: fixedUuid(8), kind: secret, atMs: 8 },
      ]),
    ).snapshot({ scope });
    expect(standings(runs)).toEqual(['run-1 failed unclassified']);
    expect(entries.map(({ eventId, kind, facts }) => [eventId, kind, facts])).toEqual([
      [fixedUuid(1), 'run_failed', { errorKind: 'unclassified' }],
      [fixedUuid(8), 'unclassified', {}],
    ]);
    expect(findLeaks([entries, runs], [secret])).toEqual([]);
  });

  test('is not shown when it belongs to somebody else, whatever the log says', async () => {
    const others = [{ userId: 'bob' }, { agentId: 'other' }, { agentId: undefined }, { threadId: 'thread-2' }];
    const strangers = [...others, { tenantId: 'globex' }, { threadId: undefined }];
    const entries = strangers.map((axes, at) =>
      entryOf(at + 1, happening(at + 1, { kind: 'run_submitted', run: at, scope: axes })),
    );
    const mine = entryOf(strangers.length + 1, happening(9, { kind: 'run_submitted', run: 9 }));
    const snapshot = await projectionOf(logOf([...entries, mine])).snapshot({ scope });
    expect([standings(snapshot.runs), snapshot.entries.map(({ runId }) => runId)]).toEqual([
      ['run-9 queued'],
      [runOf(9)],
    ]);
    const agentless = readScopeFor(buildScope({ agentId: undefined }));
    expect((await projectionOf(logOf([mine], 9)).snapshot({ scope: agentless })).runs).toEqual([]);
    const narrow = readScopeFor(buildScope(), { runId: runOf(1) });
    expect((await projectionOf(logOf([mine], 9)).snapshot({ scope: narrow })).runs).toEqual([]);
  });

  const events = [1, 2, 3].map((at) => entryOf(at, happening(at, { kind: 'run_submitted', run: at })));
  const good = logOf(events);
  const lies: readonly (readonly [string, ProjectionLog])[] = [
    [
      'stands still',
      { ...good, read: async () => ({ kind: 'page', entries: [], next: 0 as Cursor, head: 3 as Cursor }) },
    ],
    ['goes back', logOf(events.toReversed())],
    ['repeats', logOf([...events, ...events])],
    [
      'gives more than was asked for',
      {
        ...good,
        read: (request) =>
          good.read({ ...request, limit: 1000 }).then((page) => ({
            ...page,
            entries: [
              ...events,
              ...Array.from({ length: 300 }, (_, at) => ({ ...(events[2] as LogEntry), cursor: 4 + at })),
            ],
            next: 400 as Cursor,
          })),
      },
    ],
    ['has cursors that are none', logOf(events.map((entry) => ({ ...entry, cursor: entry.cursor / 2 })))],
    ['calls its own head too far', { ...good, read: async () => ({ kind: 'cursor_ahead', head: 3 as Cursor }) }],
    ['has no bounds', { ...good, bounds: async () => ({ kind: 'cursor_ahead', head: 3 as Cursor }) }],
    ['fails', { ...good, read: () => Promise.reject(new Error(secret)) }],
    [
      'throws',
      {
        ...good,
        bounds: () => {
          throw new TypeError(secret);
        },
      },
    ],
  ];
  test.each(lies)('is no answer when the log %s', async (_, log) => {
    const error = await projectionOf(log)
      .snapshot({ scope })
      .catch((reason: unknown) => reason);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'events/source_failed',
      message: 'The log could not be read for a projection (operation snapshot).',
      remedy: 'Try again; if it stays, look at `reborn doctor`.',
      retryable: true,
      detail: { operation: 'snapshot' },
    });
    expect(findLeaks(error, [secret])).toEqual([]);
  });

  test('names the operation, and is no answer either when a history does not move on', async () => {
    const { next } = await projectionOf(logOf(events)).snapshot({ scope });
    const more = [...events, entryOf(4, happening(4, { kind: 'run_claimed', run: 1 }))];
    const stuck = { ...logOf(more), query: async () => ({ entries: [], earliest: 1 as Cursor, page: 'on' }) };
    const failure = { code: 'events/source_failed', detail: { operation: 'updates' } };
    await expect(projectionOf(stuck).updates({ scope, after: next })).rejects.toMatchObject(failure);
    const back = { ...logOf(more), query: async () => ({ entries: more.toReversed(), earliest: 1 as Cursor }) };
    await expect(projectionOf(back).updates({ scope, after: next })).rejects.toMatchObject(failure);
  });

  test('does not hide a bug', async () => {
    const broken = { ...good, read: () => Promise.reject(new InvariantError('broken')) };
    await expect(projectionOf(broken).snapshot({ scope })).rejects.toBeInstanceOf(InvariantError);
  });
});

test('What is remembered holds for its own place only', async () => {
  const kinds = ['run_submitted', 'run_claimed', 'run_completed'] as const;
  const log = logOf(kinds.map((kind, at) => entryOf(at + 1, happening(at + 1, { kind, run: 1 }))));
  const projector = new Projector({ log, scope, binding });
  await projector.snapshot(10);
  const earlier = await projector.updates(1 as Cursor, 1);
  expect(earlier.kind === 'placed' && standings(earlier.answer.runs)).toEqual(['run-1 running']);
});

describe('The bound of a fold', () => {
  const size = PROJECTION_FOLDED_MAX + 10;
  const record = happening(1, { kind: 'model_started', run: 1 });
  const long: readonly LogEntry[] = Array.from({ length: size }, (_, at) => entryOf(at + 1, record));

  test('ends a snapshot, and updates give the rest', async () => {
    const projection = projectionOf(logOf(long));
    const { truncated, next, runs } = await projection.snapshot({ scope, limit: 1 });
    expect([truncated, standings(runs)]).toEqual([true, ['run-1 running']]);
    const first = await projection.updates({ scope, after: next, limit: 4 });
    expect(first).toMatchObject({ kind: 'update', runs: [{ status: 'running' }], more: true, truncated: false });
  });

  test('leaves a status out that it cannot tell, unless it is remembered', async () => {
    const log = logOf([...long, entryOf(size + 1, happening(2, { kind: 'run_parked', run: 1 }))]);
    const projector = new Projector({ log, scope, binding });
    const snapshot = await projector.snapshot(1);
    let position = snapshot.position;
    let update = await projector.updates(position, 1000);
    while (update.kind === 'placed' && update.answer.more) {
      position = update.position;
      update = await projector.updates(position, 1000);
    }
    expect(update).toMatchObject({ answer: { truncated: false } });
    const forgetful = await new Projector({ log, scope, binding }).updates(size as Cursor, 10);
    expect(forgetful).toMatchObject({ answer: { runs: [], truncated: true, more: false } });
  });
});
