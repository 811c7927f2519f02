/** Input that no store takes. Not here: refusals of machines, which are outcomes. */
import type { StreamRequest } from '../../durable/stream.ts';
import type { ListRequest, Write } from '../../durable/unit-of-work.ts';
import { equals, holds, rejects } from '../contract-case.ts';
import { createSentinel, findLeaks } from '../sentinel.ts';
import { append, draft, putTicket, storeCase, streamOf } from './ticket.ts';

const INVALID = ['host-api/invalid_value', 'host-api/invalid_json'];
const command = { trigger: 'put', owner: 'owner', rank: 0, note: null };
const good = { kind: 'transition', machine: 'ticket', key: 'good', command };
const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

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
  ['a time before 1970', append(streamOf(), draft(1, { atMs: -1 }))],
  ['a time between milliseconds', append(streamOf(), draft(1, { atMs: 1.5 }))],
  ['an unknown label', append(streamOf(), draft(1, { labels: { colour: 'red' } as never }))],
  ['an empty label', append(streamOf(), draft(1, { labels: { userId: '' } }))],
  ['a body that is no object', append(streamOf(), draft(1, { body: [] as never }))],
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
  ['no stream', { ...page, stream: undefined }],
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

  storeCase('refuses malformed requests', async ({ store }) => {
    for (const [name, bad] of badPages) {
      await rejects(store.readStream(bad as StreamRequest), INVALID, `refuses a page with ${name}`);
    }
    for (const [name, bad] of badLists) {
      await rejects(store.list('ticket', bad as ListRequest), INVALID, `refuses a list with ${name}`);
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
