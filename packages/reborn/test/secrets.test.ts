/** Secrets of a host: in the hands of its operator, and in those of a tool. */
import { parseResourceScope, type JsonValue } from '@reborn/host-api';
import { createFakeCipher, createFakePlatform, createSentinel, findLeaks } from '@reborn/host-api/testkit';
import { defineTool } from '@reborn/host-runtime';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createReborn, inMemory, inspectReborn, type Reborn, type RebornOptions } from '../src/index.ts';
import { ada, scope } from './support.ts';

const { tenantId, userId } = scope;
const target = { owner: { tenantId, userId }, handle: 'forge.token', by: ada };
const cipher = createFakeCipher();

/** Uses a secret as tools do, and gives it away as tools must not. */
const echo = defineTool({
  id: 'forge.echo',
  description: 'Says what it was lent.',
  input: z.strictObject({}),
  effects: ['read_filesystem', 'use_secret'],
  permission: 'allow',
  credentials: [{ handle: 'forge.token' as never, required: true }],
  run: (_, { secrets }): JsonValue => {
    const taken = secrets?.take('forge.token' as never)?.reveal() ?? null;
    return { taken, inUrl: `https://forge.example/?t=${encodeURIComponent(taken ?? '')}` };
  },
});

const options = (more: Partial<RebornOptions> = {}): RebornOptions => ({
  platform: createFakePlatform(),
  storage: inMemory(),
  profile: 'test',
  extensions: [{ id: 'forge', version: '1', tools: [echo] }],
  ...more,
});

async function openHost(more: Partial<RebornOptions> = { secrets: { cipher } }): Promise<Reborn> {
  const host = await createReborn(options(more));
  onTestFinished(() => host.close());
  return host;
}

describe('An operator', () => {
  test('puts, lists and removes secrets of a person and of everybody, and never sees a value', async () => {
    const host = await openHost();
    const sentinel = createSentinel('operator');
    await host.secrets.put(target, sentinel);
    await host.secrets.put({ ...target, owner: { tenantId } }, sentinel);
    const listed = await host.secrets.list({ tenantId, userId });
    expect(listed.map(({ handle, shared }) => [handle, shared])).toEqual([
      ['forge.token', false],
      ['forge.token', true],
    ]);
    expect(findLeaks([listed, host.secrets, host.readiness()], [sentinel])).toEqual([]);
    expect(await host.secrets.remove(target)).toBe(true);
    expect(await host.secrets.remove(target)).toBe(false);
    expect((await host.secrets.list({ tenantId, userId })).length).toBe(1);
  });

  test('is refused without a key, for other tenants, for what is no secret, and once the host is closed', async () => {
    const sentinel = createSentinel('refused');
    const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'done',
        (fault: unknown) => {
          expect(findLeaks(fault, [sentinel])).toEqual([]);
          return (fault as { code?: unknown }).code;
        },
      );
    const keyless = await openHost({});
    expect(await codeOf(keyless.secrets.put(target, sentinel))).toBe('host-runtime/secrets_unavailable');
    const host = await openHost();
    const foreign = { ...target, owner: { tenantId: 'other' } };
    expect(await codeOf(host.secrets.put(foreign, sentinel))).toBe('reborn/unknown_tenant');
    expect(await codeOf(host.secrets.list({ tenantId: 'other' }))).toBe('reborn/unknown_tenant');
    expect(await codeOf(host.secrets.put(target, 'abc'))).toBe('host-runtime/invalid_request');
    expect(await codeOf(host.secrets.put(target, { text: sentinel } as never))).toBe('host-api/invalid_value');
    expect(await codeOf(host.secrets.put({ ...target, handle: `a/${sentinel}` }, sentinel))).toBe(
      'host-api/invalid_value',
    );
    expect(await codeOf(host.secrets.put({ ...target, value: sentinel } as never, sentinel))).toBe(
      'host-api/invalid_value',
    );
    await host.close();
    expect(await codeOf(host.secrets.list({ tenantId }))).toBe('reborn/closed');
  });

  test('is told what keeps secrets from production', async () => {
    const part = async (more: Partial<RebornOptions>) => {
      const { components } = await inspectReborn(options(more));
      const { implementation, durability, issue } = components.find(({ name }) => name === 'secrets') ?? {};
      return [implementation, durability, issue];
    };
    const environment = { names: { chat: 'CHAT' }, values: {} };
    const keyless = 'no key, so none are stored';
    expect(await part({ extensions: [] })).toEqual([keyless, 'none', undefined]);
    expect(await part({})).toEqual([keyless, 'none', 'no_secret_key']);
    expect(await part({ secrets: { cipher } })).toEqual(['sealed in memory', 'nothing', undefined]);
    expect(await part({ secrets: { cipher, environment } })).toEqual([
      'sealed in memory; environment',
      'nothing',
      'plain_secrets',
    ]);
    const inProduction = options({ profile: 'production', secrets: { environment } });
    await expect(createReborn(inProduction)).rejects.toMatchObject({
      code: 'reborn/not_production_ready',
      detail: { rule: expect.stringContaining('secrets (plain_secrets)') },
    });
  });
});

describe('A tool', () => {
  const invoke = (host: Reborn, who = scope) =>
    host.runtime.invokeCapability({ context: host.newContext(who), capabilityId: 'forge.echo', input: {} });

  /** Whatever a posture may ask before. */
  async function settled(host: Reborn, who = scope): Promise<unknown> {
    const context = host.newContext(who);
    const call = { context, capabilityId: 'forge.echo', input: {} };
    const first = await host.runtime.invokeCapability(call);
    if (first.kind !== 'approval_required') return first;
    await host.runtime.resolveGate({ tenantId, gateId: first.gateId, approver: ada, decision: 'approve' });
    return host.runtime.invokeCapability(call);
  }

  test('uses a secret that was stored for its person, and gives none of it away', async () => {
    const host = await openHost();
    const sentinel = `${createSentinel('tool')} /&"`;
    await host.secrets.put(target, sentinel);
    const outcome = await settled(host);
    expect(outcome).toMatchObject({
      kind: 'completed',
      output: { taken: '[redacted]', inUrl: 'https://forge.example/?t=[redacted]' },
    });
    expect(findLeaks(outcome, [sentinel])).toEqual([]);
  });

  test('is lent what the environment holds, and nothing of another person', async () => {
    const environment = { names: { 'forge.token': 'FORGE' }, values: { FORGE: 'from the environment' } };
    const host = await openHost({ secrets: { environment } });
    expect(await settled(host)).toMatchObject({ kind: 'completed', output: { taken: '[redacted]' } });
    const other = await openHost();
    await other.secrets.put(target, 'of ada alone');
    const eve = parseResourceScope({ ...scope, userId: 'eve' }) as typeof scope;
    expect((await invoke(other, eve)).kind).toBe('auth_required');
  });
});
