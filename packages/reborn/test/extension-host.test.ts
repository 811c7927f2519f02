import { parseCapabilityGrant, type JsonValue } from '@reborn/host-api';
import { createFakeNetwork, createFakePlatform, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { defineTool } from '@reborn/host-runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  createReborn,
  inspectReborn,
  type ExtensionDecision,
  type HostExtension,
  type HostStorage,
  type Reborn,
  type RebornOptions,
} from '../src/index.ts';
import { EXTENSIONS_MAX } from '../src/limits.ts';
import { keptInMemory } from '../src/testkit/index.ts';
import {
  CAPABILITY,
  packageBench,
  packageFiles,
  TRUSTED,
  withManifest,
  type PackageBench,
} from './extension-support.ts';
import { ada, scope } from './support.ts';

const secret = createSentinel('options');
const words: JsonValue = { words: 2 };
const ANYTHING: ExtensionDecision = { trust: 'user_trusted', allowedEffects: ['execute_code', 'network'] };

/** One host after another on one storage, each with what the package is by then. */
function desk(bench: PackageBench, more: Partial<RebornOptions> = {}) {
  const platform = createFakePlatform();
  const storage = keptInMemory();
  const options: RebornOptions = { platform, storage, extensions: [bench.source], profile: 'local', ...more };
  return { options, open: (changes: Partial<RebornOptions> = {}) => createReborn({ ...options, ...changes }) };
}

const composed = defineTool({
  id: 'words.count',
  description: 'The real one.',
  input: z.strictObject({ text: z.string() }),
  effects: [],
  run: () => 'composed',
});

describe('A package in a host', () => {
  test('is called through the door, in a process of its own, by whoever may', async () => {
    const bench = packageBench(packageFiles(), { answers: [{ output: words }] });
    const host = await desk(bench).open();
    const visible = await host.runtime.visibleCapabilities({ scope });
    expect(visible.capabilities.map(({ descriptor, access }) => [descriptor.id, access])).toEqual([
      ['words.count', 'requires_approval'],
    ]);
    const call = callOf(host);
    const asked = await host.runtime.invokeCapability(call);
    expect(asked).toMatchObject({ kind: 'approval_required', asked: ['effects_ask'] });
    expect(bench.processes.requests).toEqual([]);
    await approve(host, asked);
    expect(await host.runtime.invokeCapability(call)).toMatchObject({ kind: 'completed', output: words });
    expect(bench.processes.requests).toMatchObject([
      { command: '/programs/node', args: ['count.mjs', '--all'], workingFolder: '/artifacts/extension' },
    ]);
    expect(await host.runtime.health()).toMatchObject({ ready: true, missingLanes: [] });
    const { components } = host.readiness();
    expect(components.map(({ name, implementation }) => `${name}: ${implementation}`)).toEqual(
      expect.arrayContaining(['capabilities: 0 in process, 1 as programs', 'extensions: 1 found']),
    );
    await host.close();
  });

  test('is not there in quarantine: not to be seen, not to be called, listed for its operator', async () => {
    const bench = packageBench(withManifest({ hooks: [] }));
    const host = await desk(bench).open();
    expect((await host.runtime.visibleCapabilities({ scope })).capabilities).toEqual([]);
    expect(await host.runtime.invokeCapability(callOf(host))).toMatchObject({
      kind: 'failed',
      failureKind: 'unknown_capability',
      effect: 'none',
    });
    expect(bench.processes.requests).toEqual([]);
    const { status, extensions, components } = host.readiness();
    expect(extensions).toMatchObject([{ id: 'words', quarantine: { code: 'hooks_not_taken' } }]);
    expect(components.find(({ name }) => name === 'extensions')).toEqual({
      name: 'extensions',
      implementation: '0 found, 1 in quarantine',
      durability: 'none',
      issue: 'quarantined',
    });
    expect(status).toBe('degraded');
    await host.close();
  });

  test('does no more than its operator allows: it is not shown, and a call is denied before anything is started', async () => {
    const bench = packageBench(packageFiles(), { decision: { trust: 'user_trusted' } });
    const host = await desk(bench).open();
    expect(host.readiness().extensions).toMatchObject([{ trust: 'user_trusted', quarantine: undefined }]);
    expect((await host.runtime.visibleCapabilities({ scope })).capabilities).toEqual([]);
    expect(await host.runtime.invokeCapability(callOf(host))).toMatchObject({
      kind: 'failed',
      failureKind: 'denied',
      effect: 'none',
    });
    expect(bench.processes.requests).toEqual([]);
    await host.close();
  });

  test('gives nothing to anybody when what comes out is not what it declares', async () => {
    const files = withManifest({}, { outputSchema: { type: 'integer' } });
    const bench = packageBench(files, { answers: [{ output: words }, { output: 2 }] });
    const host = await desk(bench).open();
    const outcomes = [];
    for (const _answer of ['words', 2]) {
      const call = callOf(host);
      await approve(host, await host.runtime.invokeCapability(call));
      outcomes.push(await host.runtime.invokeCapability(call));
    }
    expect(outcomes).toMatchObject([
      { kind: 'failed', failureKind: 'capability_failed', effect: 'happened' },
      { kind: 'completed', output: 2 },
    ]);
    expect(outcomes[0]).not.toHaveProperty('output');
    await host.close();
  });

  test.each([
    ['an extension of its id', { id: 'words', tools: [] }],
    ['a tool of its id', { id: 'desk', tools: [composed] }],
  ])('cannot take the place of what was composed: %s', async (_what, parts) => {
    const extension: HostExtension = { ...parts, version: '1.0.0' };
    const bench = packageBench();
    const host = await desk(bench).open({ extensions: [bench.source, extension] });
    expect(host.readiness().extensions).toMatchObject([{ quarantine: { code: 'reserved_id' } }]);
    const outcome = await host.runtime.invokeCapability(callOf(host));
    expect(outcome).toMatchObject(parts.tools.length > 0 ? { output: 'composed' } : { kind: 'failed' });
    expect(bench.processes.requests).toEqual([]);
    await host.close();
  });
});

describe('An approval of a call of a package', () => {
  /** Asked and approved on one host; then the package changes, and another host goes on. */
  async function changedMeanwhile(bench: PackageBench, change: () => void, decision?: ExtensionDecision) {
    const { open } = desk(bench);
    const first = await open();
    const call = callOf(first);
    const asked = await first.runtime.invokeCapability(call);
    await approve(first, asked);
    await first.close();
    change();
    const source = { ...bench.source, ...(decision === undefined ? {} : { decision }) };
    const second = await open({ extensions: [source] });
    const outcome = await second.runtime.invokeCapability(call);
    const gate = asked.kind === 'approval_required' ? await second.getGate(scope, asked.gateId) : undefined;
    await second.close();
    return { asked, outcome, gate };
  }

  test('holds across a restart when nothing has changed', async () => {
    const bench = packageBench(packageFiles(), { answers: [{ output: words }] });
    const { outcome, gate } = await changedMeanwhile(bench, () => undefined);
    expect(outcome).toMatchObject({ kind: 'completed', output: words });
    expect(gate?.status).toBe('consumed');
  });

  test.each([
    ['its program', { 'count.mjs': 'process.exit(0);' }],
    ['a file that nobody names', { 'data/list.txt': 'x' }],
    ['its prompt', { 'prompt/count.md': 'Use it always.' }],
    ['its version', withManifest({ version: '1.0.1' })],
  ])('is void when the package was updated in %s: the question is asked again', async (_what, files) => {
    const bench = packageBench();
    const { asked, outcome, gate } = await changedMeanwhile(bench, () => bench.put(files));
    expect(gate?.status).toBe('superseded');
    expect(outcome.kind).toBe('approval_required');
    expect(outcome).not.toMatchObject({ gateId: asked.kind === 'approval_required' ? asked.gateId : '' });
    expect(bench.processes.requests).toEqual([]);
  });

  test('starts nothing of a package that is not the pinned one any more', async () => {
    const probe = await inspectReborn(desk(packageBench()).options);
    const bench = packageBench(packageFiles(), { decision: { ...TRUSTED, digest: probe.extensions[0]?.digest } });
    const { outcome } = await changedMeanwhile(bench, () => bench.put({ 'count.mjs': '' }));
    expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'unknown_capability', effect: 'none' });
    expect(bench.processes.requests).toEqual([]);
  });

  test('starts nothing when its operator has taken the trust back', async () => {
    const bench = packageBench();
    const { outcome } = await changedMeanwhile(bench, () => undefined, { trust: 'user_trusted', allowedEffects: [] });
    expect(outcome).toMatchObject({ kind: 'failed', failureKind: 'denied', effect: 'none' });
    expect(bench.processes.requests).toEqual([]);
  });

  test('starts nothing when the trust is taken back while the host runs', async () => {
    const bench = packageBench();
    const host = await desk(bench).open();
    const call = callOf(host);
    await approve(host, await host.runtime.invokeCapability(call));
    host.trust.change((entries) => entries.filter(({ packageId }) => packageId !== 'words'));
    expect(await host.runtime.invokeCapability(call)).toMatchObject({
      kind: 'failed',
      failureKind: 'denied',
      effect: 'none',
    });
    expect(bench.processes.requests).toEqual([]);
    await host.close();
  });

  test('starts nothing of files that changed while the host runs', async () => {
    const bench = packageBench();
    const host = await desk(bench).open();
    const call = callOf(host);
    await approve(host, await host.runtime.invokeCapability(call));
    bench.put({ 'count.mjs': 'process.exit(0);' });
    expect(await host.runtime.invokeCapability(call)).toMatchObject({
      kind: 'failed',
      failureKind: 'capability_failed',
      effect: 'none',
    });
    expect(bench.processes.requests).toEqual([]);
    await host.close();
  });
});

describe('In production', () => {
  const durable = (): HostStorage => {
    const storage = keptInMemory();
    return { ...storage, durability: { ...storage.durability, survives: 'power_loss' } };
  };
  const grant = (platform: RebornOptions['platform']) =>
    parseCapabilityGrant({
      id: platform.ids.uuid(),
      capability: 'words.count',
      grantee: { kind: 'user', id: scope.userId },
      issuedBy: { kind: 'host' },
      allowedEffects: ['execute_code'],
    });

  test('a package runs in a sandbox or not at all, and only where somebody granted it', async () => {
    const bench = packageBench(packageFiles(), { answers: [{ output: words }] });
    const { options, open } = desk(bench, { profile: 'production', storage: durable() });
    expect(await inspectReborn(options)).toMatchObject({ status: 'refused' });
    const host = await open({ grants: [grant(options.platform)] });
    expect(await host.runtime.invokeCapability(callOf(host))).toMatchObject({ kind: 'completed', output: words });
    expect(bench.processes.requests).toMatchObject([
      { sandbox: { mounts: [{ path: '/artifacts/extension', at: '/extension', access: 'read' }] } },
    ]);
    await host.close();
  });

  test('a host with a package is refused where there is no sandbox', async () => {
    const bench = packageBench(packageFiles(), { sandbox: false });
    const { options, open } = desk(bench, { profile: 'production', storage: durable() });
    await expect(open({ grants: [grant(options.platform)] })).rejects.toMatchObject({
      code: 'reborn/not_production_ready',
      detail: { rule: 'processes (no_sandbox)' },
    });
    expect(bench.processes.requests).toEqual([]);
  });

  test('a host with a package in quarantine is refused', async () => {
    const bench = packageBench(packageFiles({ 'count.mjs': undefined }));
    const { options, open } = desk(bench, { profile: 'production', storage: durable() });
    await expect(open({ grants: [grant(options.platform)] })).rejects.toMatchObject({
      code: 'reborn/not_production_ready',
      detail: { rule: 'extensions (quarantined)' },
    });
  });
});

describe('A sandbox', () => {
  const mounts = [{ path: '/artifacts/extension', at: '/extension', access: 'read' }];
  const network = { effects: ['execute_code', 'network'] };
  const boxed = { run: { ...CAPABILITY.run, sandbox: 'required' } };

  test.each<[string, object, boolean, object | undefined]>([
    ['holds a program where the machine has one', {}, true, { mounts }],
    ['is done without where it has none', {}, false, undefined],
    ['has no network, so what needs one runs outside', network, true, undefined],
    ['holds a program that requires one', boxed, true, { mounts }],
  ])('%s', async (_what, capability, sandbox, expected) => {
    const answers = [{ output: words }];
    const bench = packageBench(withManifest({}, capability), { sandbox, answers, decision: ANYTHING });
    expect(await callOnce(bench)).toMatchObject({ kind: 'completed', output: words });
    expect(bench.processes.requests.map((request) => request.sandbox)).toEqual([expected]);
  });

  test('that is required and not there keeps a program from being started', async () => {
    const bench = packageBench(withManifest({}, boxed), { sandbox: false });
    expect(await callOnce(bench)).toMatchObject({ kind: 'failed', effect: 'none' });
    expect(bench.processes.requests).toEqual([]);
  });

  async function callOnce(bench: PackageBench) {
    const host = await desk(bench).open({ network: createFakeNetwork() });
    const call = callOf(host);
    await approve(host, await host.runtime.invokeCapability(call));
    const outcome = await host.runtime.invokeCapability(call);
    await host.close();
    return outcome;
  }
});

test.each<[string, (source: PackageBench['source']) => RebornOptions['extensions']]>([
  ['options.extensions', (source) => Array.from({ length: EXTENSIONS_MAX + 1 }, () => source)],
  ['options.extensions.0.name', (source) => [{ ...source, name: `${secret}\n` }]],
  ['options.extensions.0.origin', (source) => [{ ...source, origin: 'bundled' as 'local_manifest' }]],
  ['options.extensions.0.decision', (source) => [{ ...source, decision: { [secret]: true } as ExtensionDecision }]],
  [
    'options.extensions.1.decision.trust',
    (source) => [source, { ...source, decision: { trust: 'system' as 'user_trusted' } }],
  ],
  ['options.extensions.0.decision.digest', (source) => [{ ...source, decision: { ...TRUSTED, digest: secret } }]],
])('A source that is wrong in %s is refused, and nothing of it is repeated', async (field, sources) => {
  const extensions = sources(packageBench().source) ?? [];
  const fault = await inspectReborn({ ...desk(packageBench()).options, extensions }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: 'reborn/invalid_configuration', detail: { field } });
  expect(findLeaks(fault, [secret])).toEqual([]);
});

function callOf(host: Reborn) {
  return { context: host.newContext(scope), capabilityId: 'words.count', input: { text: 'to be' } };
}

async function approve(host: Reborn, asked: Awaited<ReturnType<Reborn['runtime']['invokeCapability']>>): Promise<void> {
  if (asked.kind !== 'approval_required') throw new Error(`not asked: ${asked.kind}`);
  const { gateId } = asked;
  await host.runtime.resolveGate({ tenantId: scope.tenantId, gateId, approver: ada, decision: 'approve' });
}
