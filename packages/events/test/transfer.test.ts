import {
  chainLink,
  createInMemoryStore,
  parseCapabilityId,
  parseEventId,
  parseTenantId,
  portableDigest,
  STREAM_RECORD_BYTES_MAX,
  type DurableStore,
  type RawPage,
  type RecordDraft,
  type StreamKey,
  type Write,
} from '@reborn/host-api';
import {
  buildGrant,
  buildScope,
  createFakePlatform,
  createSentinel,
  FAKE_START_MS,
  findLeaks,
  fixedUuid,
} from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EventsError,
  exportStream,
  importStream,
  LOG_READ_CAPABILITY,
  readScopeByGrant,
  readScopeFor,
  type ImportReport,
} from '../src/index.ts';

const sha256Hex = (text: string): string => portableDigest.sha256Hex(new TextEncoder().encode(text));
const tenantId = parseTenantId('acme');
const stream: StreamKey = { family: 'transcript', tenantId };
const grant = buildGrant({
  capability: parseCapabilityId(LOG_READ_CAPABILITY),
  grantee: { kind: 'tenant', id: tenantId },
});
const scope = readScopeByGrant(tenantId, grant, FAKE_START_MS);

test('an export put back elsewhere is the same stream, cuts and removals included', async () => {
  const body = fc
    .dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ stringUnit: 'grapheme' }))
    .filter((object) => !JSON.stringify(object).includes('__proto__'));
  const streams = fc.record({
    bodies: fc.array(body, { maxLength: 20 }),
    cut: fc.nat(25),
    removed: fc.array(fc.nat(20)),
  });
  await fc.assert(
    fc.asyncProperty(streams, fc.integer({ min: 1, max: 70 }), async ({ bodies, cut, removed }, pieceLength) => {
      const source = newStore();
      await commit(source, append(bodies.map(toDraft)));
      const cursors = removed.filter((cursor) => cursor > 0 && cursor <= bodies.length);
      if (bodies.length > 0) {
        await commit(
          source,
          { kind: 'remove', stream, cursors },
          { kind: 'truncate', stream, through: Math.min(cut, bodies.length) },
        );
      }
      const target = newStore();
      const text = await exported(source);
      const report = await importText(target, text, pieceLength);
      const left = await raw(source);
      expect(await raw(target)).toEqual(left);
      expect(report).toEqual({ records: left.records.length, added: left.records.length, head: left.head });
      expect(await exported(target)).toBe(text);
      expect((await importText(target, text, pieceLength)).added).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('an export keeps bodies that another hand has written, byte for byte', async () => {
  const texts = [
    '{ "b" : 1.0,\n\t"a":"\\u00e9", "b":2 }',
    '{}',
    '{"plain":1}',
    '{"1":1e3,\r\n"0":"\u2028"}',
    `{"a":"${'\\n'.repeat(STREAM_RECORD_BYTES_MAX / 2 - 10)}"\n}`,
  ];
  const source = newStore();
  for (const [at, bodyText] of texts.entries()) {
    const { head: cursor, headChain: chain } = await raw(source);
    const content = { kind: 'said', atMs: 1, labels: {}, bodyText };
    const eventId = fixedUuid(at + 1);
    const link = chainLink(sha256Hex, chain, { cursor: cursor + 1, eventId, ...content });
    const records = [{ cursor: cursor + 1, eventId, chain: link, content }];
    await commit(source, { kind: 'import', stream, base: { cursor, chain }, records });
  }
  const text = await exported(source);
  expect(text.split('\n').length).toBe(texts.length + 3);
  const target = newStore();
  await importText(target, text, 100_000);
  expect(await raw(target)).toEqual(await raw(source));
});

test('a text that arrives letter by letter costs no more than its length', async () => {
  const source = newStore();
  await commit(source, append([toDraft({ text: 'x'.repeat(600_000) }, 0)]));
  const target = newStore();
  expect(await importText(target, await exported(source), 1)).toEqual({ records: 1, added: 1, head: 1 });
});

test('a header that begins where no stream can go on is refused at its line', async () => {
  const text = await exported(newStore());
  const far = text.replaceAll('"cursor":0', `"cursor":${2 ** 53 - 1}`);
  await expect(importText(newStore(), far)).rejects.toMatchObject({
    code: 'events/invalid_stream_file',
    detail: { line: 1 },
  });
});

test('an import that was cut short goes on where it stopped', async () => {
  const source = newStore();
  await commit(source, append(numbered(1, 600)));
  const text = await exported(source);
  const target = newStore();
  const half = text.split('\n').slice(0, 400).join('\n');
  await expect(importText(target, half)).rejects.toMatchObject({ code: 'events/invalid_stream_file' });
  const before = (await raw(target)).head;
  expect(before).toBeGreaterThan(0);
  expect(await importText(target, text)).toEqual({ records: 600, added: 600 - before, head: 600 });
});

test('an export shows one moment, whatever is appended meanwhile', async () => {
  const store = newStore();
  await commit(store, append(numbered(1, 3)));
  const lines: string[] = [];
  for await (const line of exportStream(store, { family: 'transcript', scope })) {
    lines.push(line);
    await commit(store, append(numbered(100 + lines.length, 100 + lines.length)));
  }
  expect(lines.map((line) => (JSON.parse(line) as { cursor?: number }).cursor)).toEqual([
    undefined,
    1,
    2,
    3,
    undefined,
  ]);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ kind: 'end', records: 3, head: 3 });
});

test('an export says when retention overtakes it', async () => {
  const store = newStore();
  for (const from of [1, 1001]) await commit(store, append(numbered(from, from + 999)));
  const exporting = (async () => {
    for await (const line of exportStream(store, { family: 'transcript', scope })) {
      if (line.includes('"cursor":1000,')) await commit(store, { kind: 'truncate', stream, through: 1500 });
    }
  })();
  await expect(exporting).rejects.toMatchObject({ code: 'events/stream_cut', detail: { earliest: 1501 } });
});

test('only whole-stream authority exports and imports', async () => {
  const store = newStore();
  const owner = readScopeFor(buildScope());
  const narrowed = readScopeByGrant(tenantId, grant, FAKE_START_MS, { runId: fixedUuid(1) as never });
  for (const insufficient of [owner, narrowed, {} as never]) {
    const exporting = exportStream(store, { family: 'transcript', scope: insufficient }).next();
    await expect(exporting).rejects.toMatchObject({ code: 'events/not_granted' });
    const importing = importStream(store, { family: 'transcript', scope: insufficient, text: pieces('', 1) });
    await expect(importing).rejects.toMatchObject({ code: 'events/not_granted' });
  }
});

test('a damaged text is refused at its line, and shows nothing of what stands there', async () => {
  const sentinel = createSentinel('record');
  const source = newStore();
  await commit(source, append([toDraft({ text: sentinel }, 0), ...numbered(2, 3)]));
  const [header = '', first = '', second = '', third = '', trailer = ''] = (await exported(source)).split('\n');
  const text = (...lines: readonly string[]): string => lines.join('\n');
  const table: readonly (readonly [string, string, object])[] = [
    ['nothing', '', { line: 1 }],
    ['no header', text(first, second, third, trailer), { line: 1 }],
    ['another version', text(header.replace('"v":1', '"v":2'), first), { line: 1 }],
    ['no JSON', text(header, first.slice(0, -3), second), { line: 2 }],
    ['a record left out', text(header, first, third, trailer), { line: 3, rule: 'must hold cursor 2' }],
    ['a record twice', text(header, first, first, second, third, trailer), { line: 3 }],
    ['an unknown field', text(header, first.replace('{', '{"extra":1,')), { line: 2 }],
    ['no trailer', text(header, first, second, third), { line: 5 }],
    ['a trailer of another file', text(header, first, second, trailer), { line: 4 }],
    ['more behind the trailer', text(header, first, second, third, trailer, first), { line: 6 }],
  ];
  for (const [name, damaged, detail] of table) {
    const store = newStore();
    const error = await importText(store, damaged).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error, name).toMatchObject({ code: 'events/invalid_stream_file', detail });
    expect(findLeaks(error, [sentinel]), name).toEqual([]);
  }
  const endless = importStream(newStore(), { family: 'transcript', scope, text: endlessText() });
  await expect(endless).rejects.toMatchObject({ code: 'events/invalid_stream_file', detail: { line: 1 } });
});

test('records that were changed, moved or taken from elsewhere are refused', async () => {
  const source = newStore();
  await commit(source, append(numbered(1, 3)));
  const text = await exported(source);
  const other = text.replaceAll('"tenantId":"acme"', '"tenantId":"other"');
  const table: readonly (readonly [string, string, string])[] = [
    ['another tenant’s', other, 'other_stream'],
    ['a changed body', text.replace('{"number":2}', '{"number":9}'), 'chain_broken'],
    ['a changed time', text.replace('"atMs":2', '"atMs":3'), 'chain_broken'],
    ['a changed id', text.replace(fixedUuid(2), fixedUuid(9)), 'chain_broken'],
  ];
  for (const [name, changed, reason] of table) {
    const store = newStore();
    await expect(importText(store, changed), name).rejects.toMatchObject({
      code: 'events/import_refused',
      detail: { reason },
    });
    expect((await raw(store)).head, name).toBe(0);
  }
  const occupied = newStore();
  await commit(occupied, append(numbered(7, 7)));
  const refused = await importText(occupied, text).catch((error: unknown) => error);
  expect(EventsError.is(refused) && refused.detail).toEqual({ reason: 'differs' });
});

function newStore(): DurableStore {
  return createInMemoryStore({ machines: [], ...createFakePlatform() });
}

function toDraft(body: object, at: number): RecordDraft {
  const labels = at % 2 === 0 ? { threadId: `thread-${at}` } : {};
  return { eventId: parseEventId(fixedUuid(at + 1)), kind: 'said', atMs: at + 1, labels, body: { ...body } as never };
}

function numbered(from: number, to: number): readonly RecordDraft[] {
  return Array.from({ length: to - from + 1 }, (_, at) => toDraft({ number: from + at }, from + at - 1));
}

function append(records: readonly RecordDraft[]): Write {
  return { kind: 'append', stream, records };
}

async function commit(store: DurableStore, ...writes: readonly Write[]): Promise<void> {
  expect((await store.commit(writes)).kind).toBe('committed');
}

function raw(store: DurableStore): Promise<RawPage> {
  return store.readRaw({ stream, after: 0, limit: 1000 });
}

async function exported(store: DurableStore): Promise<string> {
  let text = '';
  for await (const line of exportStream(store, { family: 'transcript', scope })) text += line;
  return text;
}

function importText(store: DurableStore, text: string, pieceLength = 1000): Promise<ImportReport> {
  return importStream(store, { family: 'transcript', scope, text: pieces(text, pieceLength) });
}

async function* pieces(text: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}

async function* endlessText(): AsyncGenerator<string> {
  for (;;) yield 'x'.repeat(1024 * 1024);
}
