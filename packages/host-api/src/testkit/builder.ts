/**
 * Valid words with sensible defaults: a test names only what it is about.
 *
 * Not here: doubles of ports (beside this file).
 */
import type { z } from 'zod';
import {
  capabilityDescriptorSchema,
  capabilityGrantSchema,
  parseCapabilityDescriptor,
  parseCapabilityGrant,
  type CapabilityDescriptor,
  type CapabilityGrant,
} from '../capability.ts';
import { executionContextSchema, parseExecutionContext, type ExecutionContext } from '../execution-context.ts';
import { mountGrantSchema, parseMountView, type MountView } from '../mount.ts';
import { parseResourceScope, resourceScopeSchema, type ResourceScope } from '../scope.ts';
import { createHostTrustPolicy, evaluateTrust, type EffectiveTrust, type TrustEntry } from '../trust.ts';
import { parseExtensionId } from '../ids.ts';
import { fixedUuid } from './fake-platform.ts';

type Overrides<Schema extends z.ZodType> = {
  readonly [Key in keyof z.input<Schema>]?: z.input<Schema>[Key] | undefined;
};

/** Alice of tenant `acme`, her agent, one thread. An axis that is set to `undefined` is absent. */
export function buildScope(overrides: Overrides<typeof resourceScopeSchema> = {}): ResourceScope {
  const scope = { tenantId: 'acme', userId: 'alice', agentId: 'agent', threadId: 'thread-1', ...overrides };
  return parseResourceScope(withoutUndefined(scope));
}

/** A call in that scope, outside any run. */
export function buildContext(overrides: Overrides<typeof executionContextSchema> = {}): ExecutionContext {
  const base = { invocationId: fixedUuid(1), correlationId: fixedUuid(2), scope: buildScope() };
  return parseExecutionContext(withoutUndefined({ ...base, ...overrides }));
}

/** `notes.write`: writes files. Its provider is the part of `id` before the last dot, unless it is given. */
export function buildDescriptor(overrides: Overrides<typeof capabilityDescriptorSchema> = {}): CapabilityDescriptor {
  const id = overrides.id ?? 'notes.write';
  return parseCapabilityDescriptor({
    provider: id.slice(0, id.lastIndexOf('.')),
    description: 'Writes a note.',
    inputSchema: { type: 'object' },
    effects: ['write_filesystem'],
    permission: 'allow',
    deadlineMs: 5000,
    outputBytesMax: 65_536,
    ...withoutUndefined(overrides),
    id,
  });
}

/** Alice may use `notes.write`, without end. */
export function buildGrant(overrides: Overrides<typeof capabilityGrantSchema> = {}): CapabilityGrant {
  const base = {
    id: fixedUuid(3),
    capability: 'notes.write',
    grantee: { kind: 'user', id: 'alice' },
    issuedBy: { kind: 'host' },
    allowedEffects: ['read_filesystem', 'write_filesystem'],
  };
  return parseCapabilityGrant(withoutUndefined({ ...base, ...overrides }));
}

/** One mount: `/workspace` leads to `/projects/demo`, everything but execution permitted. */
export function buildMountView(...mounts: readonly z.input<typeof mountGrantSchema>[]): MountView {
  const permissions = { read: true, write: true, delete: true, list: true, execute: false };
  const usual = [{ alias: '/workspace', target: '/projects/demo', permissions }];
  return parseMountView({ mounts: mounts.length === 0 ? usual : mounts });
}

/** What a policy with one entry says about a package that its operator handed over. */
export function buildTrust(
  packageId = 'notes',
  trust: TrustEntry['trust'] = 'user_trusted',
  allowedEffects: TrustEntry['allowedEffects'] = ['read_filesystem', 'write_filesystem'],
): EffectiveTrust {
  const identity = { packageId: parseExtensionId(packageId), source: 'composed' } as const;
  return evaluateTrust(createHostTrustPolicy([{ ...identity, trust, allowedEffects }]), identity);
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
