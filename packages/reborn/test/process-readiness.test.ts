import { parseCapabilityGrant, type RuntimeProfileName, type SandboxReport } from '@reborn/host-api';
import { createFakePlatform, createFakeProcesses, fixedUuid } from '@reborn/host-api/testkit';
import { defineTool, type CapabilityHandler } from '@reborn/host-runtime';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createReborn, inMemory, inspectReborn, type RebornOptions } from '../src/index.ts';

const NONE: SandboxReport = { available: false, mechanism: 'none', detail: 'bubblewrap is not installed' };
const SOME: SandboxReport = { available: true, mechanism: 'bubblewrap 0.9.0', detail: 'no network' };

function program(sandboxed: boolean): CapabilityHandler {
  const tool = defineTool({
    id: 'words.count',
    description: 'Counts words.',
    input: z.strictObject({}),
    effects: ['execute_code'],
    lane: 'process',
    run: () => null,
  });
  return { ...tool, sandboxed };
}

interface Made {
  readonly profile?: RuntimeProfileName;
  readonly sandbox?: SandboxReport | undefined;
  readonly tools?: readonly CapabilityHandler[];
}

function optionsOf({ profile = 'production', sandbox, tools = [] }: Made): RebornOptions {
  const grant = parseCapabilityGrant({
    id: fixedUuid(1),
    capability: 'words.count',
    grantee: { kind: 'tenant', id: 'default' },
    issuedBy: { kind: 'host' },
    allowedEffects: ['execute_code'],
  });
  return {
    platform: createFakePlatform(),
    storage: {
      ...inMemory(),
      durability: { backend: 'file', survives: 'power_loss', shared: 'machine', anchored: true },
    },
    extensions: [{ id: 'words', version: '1', tools }],
    grants: [grant],
    profile,
    ...(sandbox === undefined ? {} : { processes: createFakeProcesses([], sandbox) }),
  };
}

async function standing(made: Made): Promise<readonly unknown[]> {
  const { status, components } = await inspectReborn(optionsOf(made));
  const part = components.find(({ name }) => name === 'processes');
  return [status, part?.implementation, part?.issue];
}

describe('What holds the programs of a host', () => {
  test('is told, with its version or why there is nothing', async () => {
    expect(await standing({ sandbox: SOME })).toEqual(['production_ready', 'bubblewrap 0.9.0 (no network)', undefined]);
    const group = 'process group only (bubblewrap is not installed)';
    expect(await standing({ sandbox: NONE })).toEqual(['production_ready', group, undefined]);
    expect(await standing({})).toEqual(['production_ready', 'none were composed', undefined]);
  });

  test('has to be a sandbox in production, as soon as a capability is a program', async () => {
    const tools = [program(true)];
    expect(await standing({ sandbox: SOME, tools })).toMatchObject(['production_ready', {}, undefined]);
    expect(await standing({ sandbox: NONE, tools })).toMatchObject(['refused', {}, 'no_sandbox']);
    expect(await standing({ tools })).toMatchObject(['refused', {}, 'no_sandbox']);
    await expect(createReborn(optionsOf({ sandbox: NONE, tools }))).rejects.toMatchObject({
      code: 'reborn/not_production_ready',
      detail: { rule: 'processes (no_sandbox)' },
    });
  });

  test('is not enough in production for a capability that would do without', async () => {
    expect(await standing({ sandbox: SOME, tools: [program(false)] })).toEqual([
      'refused',
      'bubblewrap 0.9.0 (no network); 1 would run without',
      'no_sandbox',
    ]);
  });

  test('may be a process group elsewhere, which is not fit for production', async () => {
    const tools = [program(false)];
    expect(await standing({ profile: 'local', sandbox: SOME, tools })).toMatchObject([
      'production_ready',
      {},
      undefined,
    ]);
    expect(await standing({ profile: 'local', sandbox: NONE, tools })).toMatchObject(['degraded', {}, 'no_sandbox']);
  });
});
