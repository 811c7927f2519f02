/**
 * What is to be assembled: the options, checked and completed before anything is opened.
 *
 * Not here: assembling it (`create-reborn.ts`), files with settings (`config.ts`).
 */
import {
  boundedText,
  describeIssues,
  extensionIdSchema,
  GATE_TTL_MS_MAX,
  LEASE_TTL_MS_MAX,
  LEASE_TTL_MS_MIN,
  runtimeProfileNameSchema,
  tenantIdSchema,
  type CapabilityGrant,
  type RuntimeProfileName,
  type TenantId,
} from '@reborn/host-api';
import type { ModelProvider } from '@reborn/turns/loop';
import { z } from 'zod';
import { plannedDriver } from './agent-loop/planned-driver.ts';
import { grantComposed } from './binding/authority.ts';
import { RebornError } from './errors.ts';
import type { HostExtension } from './extension.ts';
import { SYSTEM_TEXT_BYTES_MAX, TENANTS_MAX } from './limits.ts';
import { assessReadiness, type ReadinessReport } from './readiness.ts';
import type { RebornOptions } from './reborn.ts';

/** Composers without a compiler may hand over anything. Ports are only looked at where a mistake would show up late. */
const optionsSchema = z.object({
  profile: runtimeProfileNameSchema.default('local'),
  tenants: z
    .array(tenantIdSchema)
    .min(1)
    .max(TENANTS_MAX)
    .refine((tenants) => new Set(tenants).size === tenants.length, 'must name each tenant once')
    .default([tenantIdSchema.parse('default')]),
  extensions: z
    .array(
      z.looseObject({
        id: extensionIdSchema,
        tools: z.array(z.unknown()).optional(),
        hooks: z.array(z.unknown()).optional(),
      }),
    )
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'must have ids of their own')
    .optional(),
  grants: z.array(z.unknown()).optional(),
  model: hasMethod('complete').optional(),
  driver: hasMethod('run').optional(),
  system: boundedText(SYSTEM_TEXT_BYTES_MAX).optional(),
  leaseMs: z.int().min(LEASE_TTL_MS_MIN).max(LEASE_TTL_MS_MAX).optional(),
  gateTtlMs: z.int().min(1).max(GATE_TTL_MS_MAX).optional(),
});

export interface HostPlan {
  readonly profile: RuntimeProfileName;
  readonly tenants: readonly TenantId[];
  readonly extensions: readonly HostExtension[];
  readonly grants: readonly CapabilityGrant[];
  readonly readiness: ReadinessReport;
}

/** Errors: `reborn/invalid_configuration` naming the option. */
export function planHost(options: RebornOptions): HostPlan {
  const checked = optionsSchema.safeParse(options);
  if (!checked.success)
    throw new RebornError('reborn/invalid_configuration', { detail: describeIssues(checked.error, 'options') });
  const { profile, tenants } = checked.data;
  const extensions = options.extensions ?? [];
  const tools = extensions.flatMap((extension) => extension.tools ?? []);
  const hooks = extensions.flatMap((extension) => extension.hooks ?? []);
  const eventHooks = hooks.filter((hook) => hook.point === 'event_triggered').length;
  const granted = (): readonly CapabilityGrant[] =>
    profile === 'production'
      ? []
      : grantComposed(tools, tenants, { ids: options.platform.ids, readLog: eventHooks > 0 });
  const grants = options.grants ?? granted();
  const { descriptor } = options.driver ?? plannedDriver;
  const readiness = assessReadiness({
    profile,
    storage: options.storage.durability,
    model: describeModel(options.model),
    loop: `${descriptor.id} ${descriptor.version}`,
    capabilities: tools.length,
    grants: grants.length,
    gateHooks: hooks.length - eventHooks,
    eventHooks,
  });
  return { profile, tenants, extensions, grants, readiness };
}

function hasMethod(name: string) {
  return z.custom<object>(
    (value) =>
      typeof value === 'object' && value !== null && name in value && typeof Reflect.get(value, name) === 'function',
    `must have a method ${name}`,
  );
}

function describeModel(model: ModelProvider | undefined): { readonly label: string; readonly recorded: boolean } {
  return { label: model?.label ?? 'none', recorded: model?.recorded === true };
}
