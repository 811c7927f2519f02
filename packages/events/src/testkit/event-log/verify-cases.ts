/**
 * What the log promises to those who verify it: that it is whole, or where it is broken.
 *
 * Not here: the chain itself (the store's contract of `@reborn/host-api`).
 */
import { chainLink, portableDigest, type DurableStore, type RawPage, type RawRecord } from '@reborn/host-api';
import { buildGrant, buildScope, equals, FAKE_START_MS, holds, rejects, wrapStore } from '@reborn/host-api/testkit';
import type { Cursor } from '../../cursor.ts';
import type { EventLog, VerifyRequest } from '../../event-log.ts';
import { VERIFY_PAGE } from '../../limits.ts';
import { LOG_READ_CAPABILITY, readScopeByGrant, readScopeFor } from '../../read-scope.ts';
import { createEventLog } from '../../stored-event-log.ts';
import { buildLogRecord } from '../builder.ts';
import { cutOff, logCase } from '../harness.ts';

const { tenantId } = buildScope();
const stream = { family: 'runtime', tenantId } as const;
const scope = readScopeByGrant(
  tenantId,
  buildGrant({ capability: LOG_READ_CAPABILITY, grantee: { kind: 'tenant', id: tenantId } }),
  FAKE_START_MS,
);

export const verifyCases = [
  logCase('finds an untouched stream intact, from its beginning or from a cursor on', async ({ log }) => {
    equals(await verify(log), { kind: 'intact', first: 1, head: 0, records: 0, removed: 0 }, 'an empty one');
    const count = VERIFY_PAGE * 2 + 3;
    await append(log, 1, count);
    equals(await verify(log), intact(1, count, count), 'every page of it');
    equals(await verify(log, { after: 300 as Cursor }), intact(301, count, count - 300), 'from a cursor on');
    equals(await verify(log, { after: count as Cursor }), intact(count + 1, count, 0), 'nothing behind the head');
    const ahead = await verify(log, { after: (count + 1) as Cursor });
    equals(ahead, { kind: 'cursor_ahead', head: count }, 'and nobody was given that cursor');
  }),
  logCase('finds a stream intact from which retention took records', async ({ log, store }) => {
    await append(log, 1, 9);
    await cutOff(store, 3);
    await store.commit([{ kind: 'remove', stream, cursors: [5, 6, 9] }]);
    equals(await verify(log), { ...intact(4, 9, 6), removed: 3 }, 'from what is left on');
    equals(await verify(log, { after: 3 as Cursor }), { ...intact(4, 9, 6), removed: 3 }, 'the base is believed');
    equals(await verify(log, { after: 5 as Cursor }), { ...intact(6, 9, 4), removed: 2 }, 'and so is a removed record');
    const tooOld = await verify(log, { after: 2 as Cursor });
    equals(tooOld, { kind: 'cursor_too_old', earliest: 4 }, 'from what is gone nothing can be checked');
    await cutOff(store, 9);
    equals(await verify(log), intact(10, 9, 0), 'all of it is gone');
  }),
  logCase('goes on when records are appended and cut off meanwhile', async ({ log, store }) => {
    await append(log, 1, VERIFY_PAGE + 50);
    let looks = 0;
    const moving = createEventLog(
      wrapStore(store, {
        readRaw: async (request) => {
          const page = await store.readRaw(request);
          looks += 1;
          if (looks === 1) await append(log, 5_000, 10);
          if (looks === 1) await cutOff(store, VERIFY_PAGE + 20);
          return page;
        },
      }),
    );
    const found = await verify(moving);
    equals(found, intact(1, VERIFY_PAGE + 60, VERIFY_PAGE + 40), 'what was cut off unseen is not missed');
  }),
  logCase('tells where a record was changed, dropped, swapped, repeated or added', async ({ log, store }) => {
    await append(log, 1, 8);
    const changes: readonly (readonly [string, (page: RawPage) => RawPage, object])[] = [
      ['a body', onRecord(4, (raw) => bend(raw, { bodyText: '{}' })), broken(4, 'chain_broken')],
      ['a kind', onRecord(4, (raw) => bend(raw, { kind: 'run_failed' })), broken(4, 'chain_broken')],
      ['a time', onRecord(4, (raw) => bend(raw, { atMs: 1 })), broken(4, 'chain_broken')],
      ['a label', onRecord(4, (raw) => bend(raw, { labels: { userId: 'bob' } })), broken(4, 'chain_broken')],
      ['an id', onRecord(4, (raw) => ({ ...raw, eventId: `${raw.eventId.slice(0, -1)}f` })), broken(4, 'chain_broken')],
      ['a link', onRecord(4, (raw) => ({ ...raw, chain: 'ab'.repeat(32) })), broken(4, 'chain_broken')],
      ['the link of the newest', onRecord(8, relinked), broken(8, 'head_mismatch')],
      ['a missing record', onRecords((raws) => raws.toSpliced(3, 1)), broken(4, 'cursor_missing')],
      ['a missing tail', onRecords((raws) => raws.filter(({ cursor }) => cursor <= 5)), broken(6, 'cursor_missing')],
      [
        'a repeated record',
        onRecords((raws) => raws.toSpliced(3, 0, ...raws.slice(2, 3))),
        broken(4, 'cursor_missing'),
      ],
      ['a head that is too low', (page) => ({ ...page, head: 7 }), broken(7, 'head_mismatch')],
      ['a head with another link', (page) => ({ ...page, headChain: 'ab'.repeat(32) }), broken(8, 'head_mismatch')],
      ['another base', (page) => ({ ...page, baseChain: 'ab'.repeat(32) }), broken(1, 'chain_broken')],
      [
        'content taken without its link',
        onRecord(8, (raw) => ({ ...emptied(raw), chain: 'cd'.repeat(32) })),
        broken(8, 'head_mismatch'),
      ],
    ];
    for (const [what, change, expected] of changes) equals(await verify(tampered(store, change)), expected, what);
    equals(await verify(log), intact(1, 8, 8), 'and the stream itself is whole');
  }),
  logCase('tells that acknowledged records are gone, or are others, by the anchor', async ({ log, store }) => {
    await append(log, 1, 6);
    const { records } = await store.readRaw({ stream, after: 0, limit: 10 });
    const chainAt = (cursor: number): string => records[cursor - 1]?.chain ?? '';
    const anchored = (cursor: number, chain: string, about = stream) =>
      createEventLog(wrapStore(store, { anchor: async () => ({ stream: about, cursor, chain }) }));
    equals(await verify(anchored(6, chainAt(6))), intact(1, 6, 6), 'the newest was acknowledged');
    equals(await verify(anchored(4, chainAt(4))), intact(1, 6, 6), 'records came after it');
    equals(await verify(anchored(7, chainAt(6))), broken(6, 'below_anchor'), 'an acknowledged record is gone');
    equals(await verify(anchored(4, chainAt(3))), broken(4, 'anchor_differs'), 'an acknowledged record is another one');
    const other = { family: 'runtime', tenantId: buildScope({ tenantId: 'globex' }).tenantId } as const;
    equals(await verify(anchored(9, chainAt(1), other)), intact(1, 6, 6), 'the anchor of another stream says nothing');
    await cutOff(store, 4);
    equals(await verify(anchored(4, chainAt(4))), intact(5, 6, 2), 'a cut does not make it wrong');
    equals(await verify(anchored(4, chainAt(3))), broken(5, 'anchor_differs'), 'nor a wrong one right');
  }),
  logCase('stops when it is told to, and goes on from there', async ({ log, store }) => {
    await append(log, 1, VERIFY_PAGE + 10);
    const control = new AbortController();
    const stopping = wrapStore(store, {
      readRaw: (request) => {
        control.abort();
        return store.readRaw(request);
      },
    });
    const stopped = await verify(createEventLog(stopping), { signal: control.signal });
    equals(stopped, { kind: 'stopped', through: VERIFY_PAGE }, 'after the page at hand');
    holds(stopped.kind === 'stopped', 'it stopped');
    equals(await verify(log, { after: stopped.through }), intact(VERIFY_PAGE + 1, VERIFY_PAGE + 10, 10), 'the rest');
  }),
  logCase('verifies any family, for nobody but whoever may see a whole tenant', async ({ log, store }) => {
    await log.append([buildLogRecord('call_denied', 1)]);
    equals(await verify(log, { family: 'audit' }), intact(1, 1, 1), 'the audit');
    equals(await verify(log, { family: 'transcript' }), intact(1, 0, 0), 'what was said');
    for (const owner of [readScopeFor(buildScope()), {} as never, undefined as never]) {
      await rejects(log.verify({ family: 'runtime', scope: owner }), ['events/not_granted'], 'an owner may not');
    }
    for (const part of [{ family: 'nothing' }, { after: -1 }, { after: 0.5 }]) {
      await rejects(verify(log, part as never), ['events/invalid_request'], 'a request without form');
    }
    equals((await store.readStream({ stream, after: 0, limit: 1 })).head, 0, 'looking changes nothing');
  }),
];

function verify(log: EventLog, part: Partial<VerifyRequest> = {}) {
  return log.verify({ family: 'runtime', scope, ...part });
}

function intact(first: number, head: number, records: number) {
  return { kind: 'intact', first, head, records, removed: 0 };
}

function broken(at: number, rule: string) {
  return { kind: 'broken', at, rule };
}

/** A log whose store hands out other pages than it keeps. */
function tampered(store: DurableStore, change: (page: RawPage) => RawPage): EventLog {
  return createEventLog(wrapStore(store, { readRaw: async (request) => change(await store.readRaw(request)) }));
}

function onRecords(change: (records: readonly RawRecord[]) => readonly RawRecord[]) {
  return (page: RawPage): RawPage => ({ ...page, records: change(page.records) });
}

function onRecord(cursor: number, change: (record: RawRecord, before: RawRecord | undefined) => RawRecord) {
  return onRecords((records) => records.map((raw, at) => (raw.cursor === cursor ? change(raw, records[at - 1]) : raw)));
}

function bend(raw: RawRecord, part: Partial<NonNullable<RawRecord['content']>>): RawRecord {
  holds(raw.content !== undefined, 'the record has content');
  return { ...raw, content: { ...raw.content, ...part } };
}

/** Another body, and the link that goes with it: only what comes behind can tell. */
function relinked(raw: RawRecord, previous: RawRecord | undefined): RawRecord {
  const bent = bend(raw, { bodyText: '{}' });
  holds(bent.content !== undefined && previous !== undefined, 'there is a record before it');
  const sha256Hex = (text: string): string => portableDigest.sha256Hex(new TextEncoder().encode(text));
  const { cursor, eventId, content } = bent;
  return { ...bent, chain: chainLink(sha256Hex, previous.chain, { cursor, eventId, ...content }) };
}

function emptied({ cursor, eventId, chain }: RawRecord): RawRecord {
  return { cursor, eventId, chain };
}

async function append(log: EventLog, first: number, count: number): Promise<void> {
  await log.appendBatch(Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at)));
}
