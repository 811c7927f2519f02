import {
  createHostTrustPolicy,
  effectKindSchema,
  evaluateTrust,
  HostApiError,
  type EffectKind,
} from '@reborn/host-api';
import { createSentinel, findLeaks } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QUARANTINE } from '../src/extension/quarantine.ts';
import { DOCUMENT_BYTES_MAX, SCHEMA_BYTES_MAX } from '@reborn/host-runtime';
import { PACKAGE_JSON_BYTES_MAX } from '../src/limits.ts';
import {
  CAPABILITY,
  INPUT_SCHEMA,
  MANIFEST,
  packageBench,
  packageFiles,
  registryOf,
  TRUSTED,
  withManifest,
  type PackageFiles,
} from './extension-support.ts';

const secret = createSentinel('package');
const second = { ...CAPABILITY, id: 'words.list' };

describe('A package that its operator trusts', () => {
  test('is taken whole: its capabilities, and the trust that its operator gave', async () => {
    const bench = packageBench(withManifest({ capabilities: [CAPABILITY, second] }));
    const { standings, tools, trust } = await registryOf([bench]);
    const digest = standings[0]?.digest;
    expect(standings).toEqual([
      {
        name: './words',
        id: 'words',
        version: '1.0.0',
        digest: expect.stringMatching(/^sha256:/),
        requestedTrust: 'third_party',
        trust: 'user_trusted',
        capabilities: ['words.count', 'words.list'],
        effects: ['execute_code'],
        secrets: [],
        quarantine: undefined,
      },
    ]);
    expect(tools.map(({ descriptor, provider, lane }) => ({ descriptor, provider, lane }))).toEqual(
      ['words.count', 'words.list'].map((id) => ({
        descriptor: {
          id,
          provider: 'words',
          description: 'Counts the words of a text.',
          inputSchema: INPUT_SCHEMA,
          effects: ['execute_code'],
          permission: 'allow',
          deadlineMs: 5_000,
          outputBytesMax: 4_096,
        },
        provider: { packageId: 'words', source: 'local_manifest', digest },
        lane: 'process',
      })),
    );
    expect(trust).toEqual([
      { packageId: 'words', source: 'local_manifest', trust: 'user_trusted', allowedEffects: ['execute_code'] },
    ]);
  });

  test('may hold its manifest where its package.json says', async () => {
    const files = packageFiles({
      'extension.json': undefined,
      'package.json': JSON.stringify({ name: '@acme/words', reborn: './meta/words.json', dependencies: { a: '1' } }),
      'meta/words.json': JSON.stringify(MANIFEST),
    });
    expect((await registryOf([packageBench(files)])).standings).toMatchObject([{ id: 'words', quarantine: undefined }]);
  });

  test('may have a package.json that says nothing about it', async () => {
    const files = packageFiles({ 'package.json': '{"name":"words"}' });
    expect((await registryOf([packageBench(files)])).standings).toMatchObject([{ id: 'words', quarantine: undefined }]);
  });

  test('may have its schemas in the manifest, and a schema of what comes out', async () => {
    const files = withManifest({}, { inputSchema: INPUT_SCHEMA, outputSchema: { type: 'integer' } });
    const { tools } = await registryOf([packageBench(files)]);
    expect(tools[0]?.descriptor).toMatchObject({ inputSchema: INPUT_SCHEMA, outputSchema: { type: 'integer' } });
  });

  test('checks inputs by its schema', async () => {
    const { tools } = await registryOf([packageBench()]);
    expect(tools[0]?.checkInput({ text: 'a b' })).toEqual({ kind: 'valid', input: { text: 'a b' } });
    expect(tools[0]?.checkInput({ text: 1 })).toMatchObject({ kind: 'invalid' });
    expect(tools[0]?.checkInput({ text: 'a', more: true })).toMatchObject({ kind: 'invalid' });
  });
});

test('What a package does and which secrets it needs is told to its operator before anything is decided', async () => {
  const list = {
    ...second,
    effects: ['execute_code', 'network', 'use_secret'],
    credentials: [{ handle: 'words_key' }, { handle: 'a_key', required: false }],
  };
  const files = withManifest({ capabilities: [CAPABILITY, list] });
  const { standings } = await registryOf([packageBench(files, { decision: {} })]);
  expect(standings).toMatchObject([
    { effects: ['execute_code', 'network', 'use_secret'], secrets: ['a_key', 'words_key'], trust: 'sandbox' },
  ]);
});

describe('Trust in a package', () => {
  test.each(['untrusted', 'third_party', 'first_party_requested', 'system_requested'])(
    'is never what its manifest wishes: %s',
    async (requestedTrust) => {
      const files = withManifest({ requestedTrust });
      const trusted = await registryOf([packageBench(files)]);
      expect(trusted.standings).toMatchObject([{ requestedTrust, trust: 'user_trusted' }]);
      const alone = await registryOf([packageBench(files, { decision: { allowedEffects: ['execute_code'] } })]);
      expect(alone).toMatchObject({
        standings: [{ requestedTrust, trust: 'sandbox', quarantine: { code: 'not_trusted' } }],
        tools: [],
        trust: [],
      });
    },
  );

  test.each(['first_party', 'system', 'sandbox'])('cannot be given as %s, in code or in a file', async (trust) => {
    const bench = packageBench(packageFiles(), { decision: { ...TRUSTED, trust: trust as 'user_trusted' } });
    await expect(registryOf([bench])).rejects.toMatchObject({
      code: 'host-api/invalid_value',
      detail: { field: 'extensions.decision.trust' },
    });
  });

  test('that is pinned holds for that content and no other', async () => {
    const bench = packageBench();
    const digest = (await registryOf([bench])).standings[0]?.digest;
    const pinned = packageBench(packageFiles(), { decision: { ...TRUSTED, digest } });
    const before = await registryOf([pinned]);
    expect(before.standings).toMatchObject([{ trust: 'user_trusted', quarantine: undefined }]);
    const policy = createHostTrustPolicy(before.trust);

    pinned.put({ 'count.mjs': 'process.stdin.pipe(process.stdout); ' });
    const after = await registryOf([pinned]);
    expect(after).toMatchObject({
      standings: [{ trust: 'sandbox', quarantine: { code: 'digest_mismatch' } }],
      tools: [],
      trust: [],
    });
    const changed = { packageId: 'words', source: 'local_manifest', digest: after.standings[0]?.digest } as never;
    expect(evaluateTrust(policy, changed)).toMatchObject({ class: 'sandbox', allowedEffects: [] });
  });

  test('is never enough for an effect on the host itself', async () => {
    for (const effect of ['modify_extension', 'modify_approval', 'modify_budget'] as const) {
      const effects: EffectKind[] = ['execute_code', effect];
      const bench = packageBench(withManifest({ requestedTrust: 'system_requested' }, { effects }), {
        decision: { trust: 'user_trusted', allowedEffects: effectKindSchema.options },
      });
      const { standings, tools } = await registryOf([bench]);
      expect(standings).toMatchObject([{ quarantine: { code: 'privileged_effect', at: 'capabilities.0.effects' } }]);
      expect(tools).toEqual([]);
    }
  });
});

/** Two secrets that a program could not tell apart. */
const TWINS = { effects: ['execute_code', 'use_secret'], credentials: [{ handle: 'a-b' }, { handle: 'a_b' }] };

describe('A package stays whole in quarantine', () => {
  const bad = (capability: object): PackageFiles =>
    withManifest({ capabilities: [CAPABILITY, { ...second, ...capability }] });
  const node = (...args: string[]) => ({ run: { lane: 'process', command: ['node', ...args] } });

  test.each<[keyof typeof QUARANTINE, string | undefined, PackageFiles]>([
    ['no_manifest', undefined, packageFiles({ 'extension.json': undefined })],
    ['no_manifest', undefined, packageFiles({ 'package.json': '{"reborn":"gone.json"}' })],
    ['invalid_manifest', 'package.json', packageFiles({ 'package.json': `{"reborn": ${secret}` })],
    ['invalid_manifest', 'package.json', packageFiles({ 'package.json': ' '.repeat(PACKAGE_JSON_BYTES_MAX + 1) })],
    ['invalid_manifest', 'package.json.reborn', packageFiles({ 'package.json': `{"reborn":"../${secret}.json"}` })],
    ['invalid_manifest', 'package.json.reborn', packageFiles({ 'package.json': '{"reborn":{"main":"a.json"}}' })],
    ['invalid_manifest', 'manifest', packageFiles({ 'extension.json': `{${secret}` })],
    ['invalid_manifest', 'manifest', packageFiles({ 'extension.json': Uint8Array.of(0x7b, 0xff, 0x7d) })],
    ['invalid_manifest', 'manifest', packageFiles({ 'extension.json': ' '.repeat(256 * 1024 + 1) })],
    ['invalid_manifest', 'manifest', withManifest({ [secret]: true })],
    ['invalid_manifest', 'manifest.id', withManifest({ id: `../${secret}` })],
    ['hooks_not_taken', 'hooks', withManifest({ hooks: [] })],
    ['hooks_not_taken', 'hooks', withManifest({ hooks: null })],
    ['invalid_capability', 'capabilities', withManifest({ capabilities: undefined })],
    ['invalid_capability', 'capabilities', withManifest({ capabilities: [] })],
    ['invalid_capability', 'capabilities', withManifest({ capabilities: [CAPABILITY, CAPABILITY] })],
    ['invalid_capability', 'capabilities.1', bad({ [secret]: 1 })],
    ['invalid_capability', 'capabilities.1.run.lane', bad({ run: { lane: 'in_process', command: ['node', 'a.mjs'] } })],
    ['invalid_capability', 'capabilities.1.credentials', bad({ credentials: [{ handle: 'key' }] })],
    ['invalid_capability', 'capabilities.1.targets', bad({ targets: [{ host: 'words.example' }] })],
    ['invalid_capability', 'capabilities.1.credentials', bad(TWINS)],
    ['foreign_namespace', 'capabilities.1.id', bad({ id: 'builtin.list' })],
    ['foreign_namespace', 'capabilities.1.id', bad({ id: 'wordsmith.list' })],
    ['invalid_schema', 'capabilities.1.inputSchema', bad({ inputSchema: 'gone.json' })],
    ['invalid_schema', 'capabilities.1.inputSchema', bad({ inputSchema: 'count.mjs' })],
    ['invalid_schema', 'capabilities.1.inputSchema', bad({ inputSchema: { type: secret } })],
    ['invalid_schema', 'capabilities.1.outputSchema', bad({ outputSchema: { type: secret } })],
    [
      'invalid_schema',
      'capabilities.1.inputSchema',
      { ...bad({ inputSchema: 'list.json' }), 'list.json': `{"title":"${'x'.repeat(SCHEMA_BYTES_MAX)}"}` },
    ],
    ['invalid_schema', 'capabilities.1.inputSchema', { ...bad({ inputSchema: 'list.json' }), 'list.json': '[]' }],
    ['invalid_schema', 'capabilities.1.inputSchema', bad({ inputSchema: { title: 'x'.repeat(SCHEMA_BYTES_MAX) } })],
    ['invalid_prompt', 'capabilities.1.prompt', bad({ prompt: 'gone.md' })],
    ['invalid_prompt', 'capabilities.1.prompt', { ...bad({ prompt: 'p.md' }), 'p.md': ' \n' }],
    ['invalid_prompt', 'capabilities.1.prompt', { ...bad({ prompt: 'p.md' }), 'p.md': Uint8Array.of(0xff) }],
    ['invalid_prompt', 'capabilities.1.prompt', { ...bad({ prompt: 'p.md' }), 'p.md': `${secret}\0` }],
    [
      'invalid_prompt',
      'capabilities.1.prompt',
      { ...bad({ prompt: 'p.md' }), 'p.md': 'x'.repeat(DOCUMENT_BYTES_MAX + 1) },
    ],
    ['missing_program', 'capabilities.1.run.command', bad(node('gone.mjs'))],
    ['missing_program', 'capabilities.1.run.command', bad({ run: { lane: 'process', command: ['bin/gone'] } })],
    ['link', undefined, packageFiles({ 'notes.md': { link: '' } })],
    ['unreadable', undefined, {}],
  ])('for %s in %s: %#', async (code, at, files) => {
    const { standings, tools, trust } = await registryOf([packageBench(files)]);
    expect(standings).toMatchObject([{ quarantine: { code, ...(at === undefined ? {} : { at }) } }]);
    expect({ tools, trust }).toEqual({ tools: [], trust: [] });
    expect(findLeaks(standings, [secret])).toEqual([]);
  });

  test.each([
    ['the id of the tools of the host', 'builtin', []],
    ['a name below it', 'builtin.more', []],
    ['the id of the log', 'log', []],
    ['the id of what was composed', 'notes', ['notes']],
    ['a name below that', 'notes.sub', ['notes']],
    ['a name above that', 'acme', ['acme.notes']],
  ])('for %s', async (_what, id, reserved) => {
    const files = withManifest({ id }, { id: `${id}.count` });
    const { standings, tools, trust } = await registryOf([packageBench(files)], reserved);
    expect(standings).toMatchObject([{ id, quarantine: { code: 'reserved_id' } }]);
    expect({ tools, trust }).toEqual({ tools: [], trust: [] });
  });

  test('together with every other that claims the same id, and keeps nobody else out', async () => {
    const other = packageBench(withManifest({ id: 'letters' }, { id: 'letters.count' }));
    const two = packageBench(withManifest({ version: '2.0.0' }));
    const { standings, tools } = await registryOf([packageBench(), other, two]);
    expect(standings.map(({ quarantine }) => quarantine?.code)).toEqual(['duplicate_id', undefined, 'duplicate_id']);
    expect(tools.map(({ descriptor }) => descriptor.id)).toEqual(['letters.count']);
  });

  test('together with one whose id reaches into its own', async () => {
    const inner = packageBench(withManifest({ id: 'words.count' }, { id: 'words.count.all' }));
    const { standings, tools } = await registryOf([packageBench(), inner]);
    expect(standings.map(({ quarantine }) => quarantine?.code)).toEqual(['foreign_namespace', 'foreign_namespace']);
    expect(tools).toEqual([]);
  });

  test('but one that nobody trusts cannot push another out by claiming its id', async () => {
    const rival = packageBench(packageFiles(), { decision: {} });
    const broken = packageBench(packageFiles({ 'prompt/count.md': '' }));
    const { standings, tools } = await registryOf([rival, packageBench(), broken]);
    expect(standings.map(({ quarantine }) => quarantine?.code)).toEqual(['not_trusted', undefined, 'invalid_prompt']);
    expect(tools).toHaveLength(1);
  });

  test('whatever its manifest is made of', async () => {
    const part = (good: unknown): fc.Arbitrary<unknown> =>
      fc.oneof({ weight: 6, arbitrary: fc.constant(good) }, fc.jsonValue());
    const partsOf = (good: object, more: object = {}): fc.Arbitrary<object> =>
      fc.record(
        { ...Object.fromEntries(Object.entries(good).map(([name, value]) => [name, part(value)])), ...more },
        { noNullPrototype: true },
      );
    const manifest = partsOf(MANIFEST, { capabilities: fc.array(partsOf(CAPABILITY), { maxLength: 3 }) });
    const text = fc.oneof(
      manifest.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.option(text), async (extension, pack) => {
        const files = packageFiles({ 'extension.json': extension, 'package.json': pack ?? undefined });
        const { standings, tools } = await registryOf([packageBench(files)]);
        expect(tools.length > 0).toBe(standings[0]?.quarantine === undefined);
      }),
    );
  });
});

test('What is no package source is no decision either', async () => {
  const bench = packageBench(packageFiles(), { decision: { ...TRUSTED, digest: secret } });
  const fault = await registryOf([bench]).catch((error: unknown) => error);
  expect(HostApiError.is(fault)).toBe(true);
  expect(findLeaks(fault, [secret])).toEqual([]);
});
