/** Input that no store takes. Not here: refusals of machines, which are outcomes. */
import type { RawRequest, RecordDraft, StreamListRequest, StreamRequest } from '../../durable/stream.ts';
import type { ListRequest, Write } from '../../durable/unit-of-work.ts';
import type { JsonObject } from '../../json.ts';
import { STREAM_RECORD_BYTES_MAX, UNIT_BYTES_MAX } from '../../limits.ts';
import { equals, holds, rejects } from '../contract-case.ts';
import { fixedUuid } from '../fake-platform.ts';
import { createSentinel, findLeaks } from '../sentinel.ts';
import { originOf, recordAfter } from './linked.ts';
import { append, draft, putTicket, storeCase, streamOf } from './ticket.ts';

const INVALID = ['host-api/invalid_value', 'host-api/invalid_json'];
const command = { trigger: 'put', owner: 'owner', rank: 0, note: null };
const good = { kind: 'transition', machine: 'ticket', key: 'good', command };
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

const first = recordAfter(originOf(streamOf()), fixedUuid(1));
const imported = { kind: 'import', stream: streamOf(), base: originOf(streamOf()), records: [first] };
const importedBody = (bodyText: string) => ({
  ...imported,
  records: [{ ...first, content: { ...first.content, bodyText } }],
});

/** A member that no loop shows. */
function hidden(draftOf: RecordDraft, name: keyof RecordDraft, value: unknown): RecordDraft {
  return Object.defineProperty({ ...draftOf }, name, { value, enumerable: false });
}

/** An object until it is written down. */
const turning: JsonObject = new Proxy(
  {},
  { get: (_, key) => (key === 'toJSON' && (looks += 1) % 2 === 0 ? () => 'text' : undefined), has: () => true },
);
let looks = 0;

/** Each is a second write after a good one. */
const badWrites: readonly (readonly [string, unknown])[] = [
  ['nothing', undefined],
  ['an unknown kind', { ...good, kind: 'delete' }],
  ['an unknown field', { ...good, force: true }],
  ['an unknown machine', { ...good, machine: 'unknown' }],
  ['a machine named like a member of objects', { ...good, machine: 'constructor' }],
  ['an empty key', { ...good, key: '' }],
  ['a key of 4097 bytes', { ...good, key: 'é'.repeat(2048) + 'a' }],
  ['a key with a control character', { ...good, key: 'a\u0085b' }],
  ['a key with a lone surrogate', { ...good, key: 'a\ud800' }],
  ['a command that is no object', { ...good, command: ['put'] }],
  ['a command without its fields', { ...good, command: { trigger: 'put' } }],
  ['a command with an unknown field', { ...good, command: { ...command, extra: 1 } }],
  ['a number that is none', { ...good, command: { ...command, note: Number.NaN } }],
  ['a cycle', { ...good, command: { ...command, note: cyclic } }],
  ['a function', { ...good, command: { ...command, note: () => 1 } }],
  ['a method toJSON', { ...good, command: { ...command, note: { toJSON: () => 1 } } }],
  ['a key named __proto__', { ...good, command: { ...command, note: JSON.parse('{"__proto__":1}') } }],
  ['a lone surrogate in a value', { ...good, command: { ...command, note: '\udc00' } }],
  ['an unknown family', { kind: 'append', stream: { family: 'gossip', tenantId: 'acme' }, records: [] }],
  ['a tenant that is no id', { kind: 'append', stream: { family: 'journal', tenantId: 'a/b' }, records: [] }],
  ['more than a page of records', append(streamOf(), ...Array.from({ length: 1001 }, (_none, at) => draft(at)))],
  ['an event without a UUID', append(streamOf(), draft(1, { eventId: 'event-1' as never }))],
  ['places without events', { ...append(streamOf()), records: Object.assign([], { length: 2 }) }],
  ['a hidden id that is none', append(streamOf(), hidden(draft(1), 'eventId', 'one\ntwo'))],
  ['a hidden label', append(streamOf(), hidden(draft(1), 'labels', { userId: 'one\ntwo' }))],
  ['a body that turns into something else', append(streamOf(), draft(1, { body: turning }))],
  ['a time before 1970', append(streamOf(), draft(1, { atMs: -1 }))],
  ['a time between milliseconds', append(streamOf(), draft(1, { atMs: 1.5 }))],
  ['an unknown label', append(streamOf(), draft(1, { labels: { colour: 'red' } as never }))],
  ['an empty label', append(streamOf(), draft(1, { labels: { userId: '' } }))],
  ['a body that is no object', append(streamOf(), draft(1, { body: [] as never }))],
  ['a command of more than 8 MiB', putTicket('a', 'é'.repeat(4 * 1024 * 1024))],
  ['a cut between two cursors', { kind: 'truncate', stream: streamOf(), through: 0.5 }],
  ['a cut before the origin', { kind: 'truncate', stream: streamOf(), through: -1 }],
  ['a removal of the origin', { kind: 'remove', stream: streamOf(), cursors: [0] }],
  [
    'a removal of more than a page',
    { kind: 'remove', stream: streamOf(), cursors: Array.from({ length: 1001 }, () => 1) },
  ],
  ['an import without a beginning', { ...imported, base: undefined }],
  ['an import of a body that is no object', importedBody('[]')],
  ['an import of a body that is no JSON', importedBody('{')],
  ['an import of a body with a key named __proto__', importedBody('{"__proto__":1}')],
  ['an import of a body that is too large', importedBody(`{"a":"${'a'.repeat(STREAM_RECORD_BYTES_MAX)}"}`)],
  ['an import of a link that is none', { ...imported, records: [{ ...first, chain: 'A'.repeat(64) }] }],
  ['an import at the origin', { ...imported, records: [{ ...first, cursor: 0 }] }],
];

const page = { stream: streamOf(), after: 0, limit: 1 };
const badPages: readonly (readonly [string, unknown])[] = [
  ['a limit of 0', { ...page, limit: 0 }],
  ['a limit of 1001', { ...page, limit: 1001 }],
  ['a limit of one and a half', { ...page, limit: 1.5 }],
  ['a cursor below 0', { ...page, after: -1 }],
  ['a cursor between two', { ...page, after: 0.5 }],
  ['a cursor that is none', { ...page, after: Number.NaN }],
  ['an unknown order', { ...page, order: 'random' }],
  ['a filter by no kinds', { ...page, filter: { kinds: [] } }],
  ['an unknown label', { ...page, filter: { labels: { colour: 'red' } } }],
  ['a time before 1970', { ...page, filter: { fromMs: -1 } }],
  ['a time between milliseconds', { ...page, filter: { toMs: 0.5 } }],
  ['more kinds than a filter names', { ...page, filter: { kinds: Array.from({ length: 257 }, (_, at) => `k${at}`) } }],
  ['no stream', { ...page, stream: undefined }],
];

const badRawPages: readonly (readonly [string, unknown])[] = [
  ['a limit of 0', { ...page, limit: 0 }],
  ['a limit of 1001', { ...page, limit: 1001 }],
  ['a cursor below 0', { ...page, after: -1 }],
  ['a filter', { ...page, filter: {} }],
  ['no stream', { ...page, stream: undefined }],
];

const badStreamLists: readonly (readonly [string, unknown])[] = [
  ['a limit of 0', { limit: 0 }],
  ['a limit of 1001', { limit: 1001 }],
  ['an unknown family', { limit: 1, family: 'gossip' }],
  ['a name for a stream', { limit: 1, after: 'journal|acme' }],
];

const badLists: readonly (readonly [string, unknown])[] = [
  ['a limit of 0', { limit: 0 }],
  ['a limit of 1001', { limit: 1001 }],
  ['no limit', {}],
  ['an unknown order', { limit: 1, order: 'random' }],
  ['an unknown field', { limit: 1, where: '1=1' }],
];

export const inputCases = [
  storeCase('refuses malformed units whole', async ({ store }) => {
    for (const [name, bad] of badWrites) {
      await rejects(store.commit([good, bad] as readonly Write[]), INVALID, `refuses ${name}`);
    }
    await rejects(store.commit([]), INVALID, 'refuses a unit of no writes');
    const many = Array.from({ length: 257 }, () => putTicket('good'));
    await rejects(store.commit(many), INVALID, 'refuses a unit of 257 writes');
    await rejects(store.commit('unit' as never), INVALID, 'refuses what is no unit');
    equals(await store.get('ticket', 'good'), undefined, 'nothing was written');
    equals((await store.readStream(page)).head, 0, 'nothing was appended');
  }),

  storeCase('refuses a unit of more bytes than one may hold', async ({ store }) => {
    const body = { text: 'é'.repeat(Math.floor(STREAM_RECORD_BYTES_MAX / 2) - 10) };
    const count = Math.floor(UNIT_BYTES_MAX / STREAM_RECORD_BYTES_MAX) + 1;
    const writes = Array.from({ length: count }, (_none, at) => append(streamOf(), draft(at, { body })));
    await rejects(store.commit(writes), INVALID, 'however small its writes are');
    equals((await store.readStream(page)).head, 0, 'nothing was appended');
  }),

  storeCase('refuses malformed requests', async ({ store }) => {
    for (const [name, bad] of badPages) {
      await rejects(store.readStream(bad as StreamRequest), INVALID, `refuses a page with ${name}`);
    }
    for (const [name, bad] of badLists) {
      await rejects(store.list('ticket', bad as ListRequest), INVALID, `refuses a list with ${name}`);
    }
    for (const [name, bad] of badRawPages) {
      await rejects(store.readRaw(bad as RawRequest), INVALID, `refuses a raw page with ${name}`);
    }
    for (const [name, bad] of badStreamLists) {
      await rejects(store.listStreams(bad as StreamListRequest), INVALID, `refuses a list of streams with ${name}`);
    }
    await rejects(store.list('unknown', { limit: 1 }), INVALID, 'refuses a list of an unknown machine');
    await rejects(store.get('unknown', 'a'), INVALID, 'refuses to read from an unknown machine');
    await rejects(store.get('ticket', ''), INVALID, 'refuses an empty key');
  }),

  storeCase('shows nothing of what it refuses', async ({ store }) => {
    const sentinel = createSentinel('refused');
    const secret = `${sentinel}\u0000`;
    const units: readonly unknown[] = [
      [{ ...good, key: secret }],
      [{ ...good, machine: sentinel }],
      [{ ...good, command: { ...command, [sentinel]: 1 } }],
      [{ ...good, command: { trigger: sentinel } }],
      [append(streamOf(), draft(1, { labels: { [sentinel]: 'x' } as never }))],
      [append(streamOf(), draft(1, { kind: secret }))],
    ];
    for (const unit of units) {
      const error = await store.commit(unit as readonly Write[]).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      holds(error !== undefined, 'the unit is refused');
      equals(findLeaks(error, [sentinel]), [], 'the fault names the field and the rule only');
    }
  }),
];
