/** What other versions wrote, and what nobody should have written: bodies as they stand in stores. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInMemoryStore, eventIdSchema, type JsonObject, type StreamRecord } from '@reborn/host-api';
import { buildScope, createFakePlatform, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { createEventLog, FAMILY_OF_KIND, readScopeFor, toAppends, toLogEntry, type LogRecord } from '@reborn/events';
import { buildForeignAppend, LOG_RECORD_KINDS } from '@reborn/events/testkit';
import { describe, expect, test } from 'vitest';

const FOLDERS = ['v1', 'v1-first', 'newer', 'hostile'] as const;
type Folder = (typeof FOLDERS)[number];

const textOf = (folder: Folder, file: string): string =>
  readFileSync(join(import.meta.dirname, 'golden', folder, file), 'utf8');
const filesOf = (folder: Folder): readonly string[] =>
  readdirSync(join(import.meta.dirname, 'golden', folder)).toSorted();
const bodyOf = (folder: Folder, file: string): JsonObject => JSON.parse(textOf(folder, file)) as JsonObject;

/** The row that a body stood in. */
function storedWith(body: JsonObject, kind: unknown = body['kind']): StreamRecord {
  const eventId = eventIdSchema.catch(eventIdSchema.parse(fixedUuid(1))).parse(body['eventId']);
  const { tenantId: _, ...labels } = buildScope();
  return { cursor: 7, eventId, kind: typeof kind === 'string' ? kind : 'run_submitted', atMs: 5, labels, body };
}

function familyOf(body: JsonObject) {
  return FAMILY_OF_KIND.get(String(body['kind'])) ?? 'runtime';
}

describe('What this version writes', () => {
  test('has a golden body for each kind', () => {
    expect(filesOf('v1')).toEqual(LOG_RECORD_KINDS.map((kind) => `${kind}.json`).toSorted());
  });

  test('does not change under a reader: golden bodies are added and never made anew', () => {
    const found = FOLDERS.flatMap((folder) =>
      filesOf(folder).map((file) => {
        const digest = createHash('sha256')
          .update(JSON.stringify(bodyOf(folder, file)))
          .digest('hex');
        return `${digest} ${folder}/${file}`;
      }),
    );
    const pinned = readFileSync(join(import.meta.dirname, 'golden', 'digests.txt'), 'utf8')
      .trim()
      .split('\n');
    expect(found.toSorted()).toEqual(pinned.toSorted());
  });
});

describe.each(['v1', 'v1-first'] as const)('A record that was written as in %s', (folder) => {
  test.each(filesOf(folder).map((file) => [file]))('is read whole and would be written alike: %s', (file) => {
    const body = bodyOf(folder, file);
    const { v: _, ...record } = body;
    const family = familyOf(body);
    expect(toLogEntry(family, storedWith(body))).toEqual({ known: true, family, cursor: 7, record });
    const [append] = toAppends([record as unknown as LogRecord]);
    expect(JSON.stringify(append?.records[0]?.body)).toBe(JSON.stringify(body));
  });
});

describe('A record of a newer version', () => {
  test.each(filesOf('newer').map((file) => [file]))('passes through as what its row says: %s', (file) => {
    const body = bodyOf('newer', file);
    const stored = storedWith(body);
    const { eventId, kind, atMs } = stored;
    expect(toLogEntry('runtime', stored)).toEqual({ known: false, family: 'runtime', cursor: 7, eventId, kind, atMs });
  });

  test('stands among those that are known and stops no reader', async () => {
    const store = createInMemoryStore({ machines: [], ...createFakePlatform() });
    const bodies = [...filesOf('newer').map((file) => bodyOf('newer', file)), bodyOf('v1', 'run_submitted.json')];
    for (const [at, body] of bodies.entries()) {
      const kind = typeof body['kind'] === 'string' ? body['kind'] : 'run_rewound';
      await store.commit([
        buildForeignAppend('runtime', at + 1, { kind, body: { ...body, eventId: fixedUuid(at + 1) } }),
      ]);
    }
    const page = await createEventLog(store).read({ family: 'runtime', scope: readScopeFor(buildScope()), limit: 100 });
    expect(page.kind === 'page' && page.entries.map(({ known, cursor }) => [known, cursor])).toEqual(
      bodies.map((_, at) => [at === bodies.length - 1, at + 1]),
    );
  });
});

describe('A record that nobody should have written', () => {
  const secrets = ['sk-live-4242424242424242', '/home/alice/.ssh', 'Bearer', 'eyJhbGciOiJIUzI1NiJ9', '/etc/passwd'];
  const REDACTED: Readonly<Record<string, JsonObject>> = {
    'object_in_error_kind.json': { errorKind: 'unclassified' },
    'path_in_error_kind.json': { errorKind: 'unclassified' },
    'path_in_hook_id.json': { hookId: 'unclassified', category: 'unclassified' },
    'secret_in_error_kind.json': { errorKind: 'unclassified' },
    'sentence_in_author.json': { by: 'unclassified' },
    'token_in_code.json': { code: 'unclassified' },
  };

  test.each(filesOf('hostile').map((file) => [file]))('is read without what it hides: %s', (file) => {
    const body = bodyOf('hostile', file);
    const entry = toLogEntry(familyOf(body), storedWith(body));
    expect(findLeaks(entry, secrets)).toEqual([]);
    const clean = REDACTED[file];
    const { v: _, ...record } = body;
    const { eventId, kind, atMs } = storedWith(body);
    const family = familyOf(body);
    expect(entry).toEqual(
      clean === undefined
        ? { known: false, family, cursor: 7, eventId, kind, atMs }
        : { known: true, family, cursor: 7, record: { ...record, ...clean } },
    );
  });

  test.each([
    ['null', null],
    ['a text', 'a text'],
    ['a number', 1],
    ['nothing', undefined],
  ])('is unknown when its body is %s', (_, body) => {
    const stored = { ...storedWith({}), body: body as never };
    expect(toLogEntry('runtime', stored)).toMatchObject({ known: false, cursor: 7 });
  });
});
