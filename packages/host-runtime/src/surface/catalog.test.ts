import { portableDigest, type CapabilityId, type JsonObject } from '@reborn/host-api';
import { buildDescriptor, createFakePlatform, createInMemoryFileSystem } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildMounts } from '../../test/first-party/tool-bench.ts';
import { createBuiltinTools } from '../first-party/builtin-tools.ts';
import { defineTool } from '../lane/define-tool.ts';
import { createCatalog, type CatalogSource } from './catalog.ts';

type Overrides = Parameters<typeof buildDescriptor>[0];

/** What a package in a folder offers; `file` is its document. */
function offer(overrides: Overrides = {}, file: string | Uint8Array = 'Use it well.'): CatalogSource {
  const descriptor = buildDescriptor(overrides);
  return { descriptor, provider: { packageId: descriptor.provider, source: 'local_manifest' }, prompt: file };
}

const withoutFile = (overrides: Overrides = {}): CatalogSource => {
  const { prompt: _, ...rest } = offer(overrides);
  return rest;
};
const composed = (source: CatalogSource): CatalogSource => ({
  ...source,
  provider: { ...source.provider, source: 'composed' },
});
const ids = (...names: string[]) => new Set(names as CapabilityId[]);
const publish = (...sources: readonly CatalogSource[]) => createCatalog(sources, portableDigest);

describe('the catalog', () => {
  it('holds schemas and a document for each capability, by id', () => {
    const outputSchema = { type: 'object' };
    expect(publish(offer({ id: 'notes.write', outputSchema }), offer({ id: 'notes.list' }, 'Lists.')).entries).toEqual([
      { id: 'notes.list', description: 'Writes a note.', inputSchema: { type: 'object' }, document: 'Lists.' },
      {
        id: 'notes.write',
        description: 'Writes a note.',
        inputSchema: { type: 'object' },
        outputSchema: { type: 'object' },
        document: 'Use it well.',
      },
    ]);
  });

  it('is the same for the same capabilities in any order, and cannot be changed', () => {
    const sources = ['notes.a', 'notes.b', 'notes.c', 'notes.d'].map((id) => offer({ id }));
    const catalog = publish(...sources);
    fc.assert(
      fc.property(fc.shuffledSubarray(sources, { minLength: 4 }), (shuffled) => {
        expect(publish(...shuffled)).toEqual(catalog);
      }),
      { numRuns: 20 },
    );
    expect(Object.isFrozen(catalog.entries[0]?.inputSchema)).toBe(true);
  });

  it('has another digest for anything else that is published', () => {
    const digests = [
      publish(),
      publish(offer()),
      publish(offer({ id: 'notes.read' })),
      publish(offer({ description: 'Other.' })),
      publish(offer({ inputSchema: { type: 'object', title: 'x' } })),
      publish(offer({ outputSchema: {} })),
      publish(offer({}, 'Other.')),
    ].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(digests.length);
    expect(publish(offer({ deadlineMs: 1 })).digest).toBe(publish(offer()).digest);
  });

  it('publishes the description of what was composed in code and brings no document', () => {
    expect(publish(composed(withoutFile())).entries[0]?.document).toBe('Writes a note.');
    expect(publish(composed(offer({}, 'A manual.'))).entries[0]?.document).toBe('A manual.');
  });

  const deep = (levels: number): JsonObject => (levels === 0 ? {} : { not: deep(levels - 1) });
  it.each<[string, CatalogSource, string, string]>([
    ['an input schema that does not compile', offer({ inputSchema: { type: 'text' } }), 'inputSchema', 'known type'],
    [
      'an output schema that does not compile',
      offer({ outputSchema: { $ref: 'http://a.b' } }),
      'outputSchema',
      'place',
    ],
    ['a schema that is a knot', offer({ inputSchema: deep(40) }), 'inputSchema', 'too far'],
    ['a schema of more than 64 KiB', offer({ inputSchema: { a: 'x'.repeat(65_530) } }), 'inputSchema', '65536 bytes'],
    ['no document', withoutFile(), 'prompt', 'is missing'],
    ['an empty document', offer({}, ' \n'), 'prompt', 'must not be empty'],
    ['a document of more than 16 KiB', offer({}, 'ä'.repeat(8193)), 'prompt', 'must be at most 16384 bytes'],
    ['a file of more than 16 KiB', offer({}, new Uint8Array(16_385).fill(97)), 'prompt', 'must be at most 16384 bytes'],
    ['a file that is not UTF-8', offer({}, Uint8Array.of(97, 0xff)), 'prompt', 'must be UTF-8'],
    ['a document with half a character', offer({}, '\uD800'), 'prompt', 'must be UTF-8'],
  ])('is not published with %s', (_what, source, field, rule) => {
    expect(() => publish(offer({ id: 'notes.read' }), source)).toThrow(
      expect.objectContaining({
        code: 'host-runtime/invalid_composition',
        detail: { capability: 'notes.write', field, rule: expect.stringContaining(rule) },
      }),
    );
  });

  it('takes schemas and documents up to their bounds', () => {
    const inputSchema = { title: 'x'.repeat(65_536 - JSON.stringify({ title: '' }).length) };
    const document = new TextEncoder().encode('ä'.repeat(8192));
    expect(publish(offer({ inputSchema }, document)).entries[0]?.document).toBe('ä'.repeat(8192));
  });

  it('does not look at what no model sees', () => {
    const broken = withoutFile({ id: 'notes.broken', inputSchema: { type: 'text' } });
    const off = withoutFile({ id: 'notes.off', permission: 'deny' });
    expect(createCatalog([offer(), broken], portableDigest, ids('notes.write')).entries.map(({ id }) => id)).toEqual([
      'notes.write',
    ]);
    expect(publish(offer(), off).entries).toHaveLength(1);
    expect(() => createCatalog([offer(), broken], portableDigest, ids('notes.broken'))).toThrow('notes.broken');
  });

  it('refuses one capability that is offered twice', () => {
    expect(() => publish(offer(), offer())).toThrow('is offered twice');
  });

  it('publishes what a library made of the schema of a tool', () => {
    const tool = defineTool({
      id: 'notes.mail',
      description: 'Mails a note.',
      prompt: 'Mails.',
      input: z.strictObject({ to: z.email(), name: z.string().regex(/^(?!x)/) }),
      output: z.strictObject({ sent: z.boolean() }),
      effects: ['external_write'],
      run: () => ({ sent: true }),
    });
    expect(publish(tool).entries[0]).toMatchObject({ document: 'Mails.', outputSchema: { type: 'object' } });
  });
});

describe('the catalog of the built-in tools', () => {
  const workspace = { files: createInMemoryFileSystem(), mounts: buildMounts() };
  const tools = createBuiltinTools({ clock: createFakePlatform().clock, workspace });

  it('has both schemas and a document of its own for each of them', () => {
    const { entries } = publish(...tools);
    expect(entries.map(({ id }) => id)).toEqual(
      ['apply_patch', 'echo', 'glob', 'grep', 'json', 'list_dir', 'read_file', 'time', 'write_file'].map(
        (name) => `builtin.${name}`,
      ),
    );
    for (const { description, document, inputSchema, outputSchema } of entries) {
      expect([inputSchema['type'], outputSchema?.['type']]).toEqual(['object', 'object']);
      expect(document.length).toBeGreaterThan(100);
      expect(document).not.toBe(description);
    }
  });
});
