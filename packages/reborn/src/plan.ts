/**
 * What is to be assembled: the options, checked and completed before anything is opened.
 *
 * Not here: assembling it (`create-reborn.ts`), files with settings (`config.ts`).
 */
import {
  boundedLine,
  boundedText,
  describeIssues,
  extensionIdSchema,
  GATE_TTL_MS_MAX,
  LEASE_TTL_MS_MAX,
  LEASE_TTL_MS_MIN,
  networkTargetsSchema,
  runtimeProfile,
  runtimeProfileNameSchema,
  secretHandleSchema,
  tenantIdSchema,
  type CapabilityGrant,
  type RuntimeProfileName,
  type TenantId,
} from '@reborn/host-api';
import {
  budgetLimitsSchema,
  createLaneProbe,
  createProcessTools,
  type CapabilityHandler,
  type LaneProbe,
} from '@reborn/host-runtime';
import type { ModelProvider } from '@reborn/turns/loop';
import { z } from 'zod';
import { plannedDriver } from './agent-loop/planned-driver.ts';
import { grantComposed } from './binding/authority.ts';
import { createLateProcesses, type LateProcesses } from './binding/late-processes.ts';
import { RebornError } from './errors.ts';
import { createExtensionRegistry, type ExtensionRegistry } from './extension/extension-registry.ts';
import { extensionDecisionSchema, isExtensionSource, type ExtensionSource } from './extension/extension-source.ts';
import type { PackageHandler } from './extension/package-handler.ts';
import type { HostExtension } from './extension/host-extension.ts';
import { EXTENSION_NAME_BYTES_MAX, EXTENSIONS_MAX, SYSTEM_TEXT_BYTES_MAX, TENANTS_MAX } from './limits.ts';
import { assessReadiness, type ReadinessReport } from './readiness.ts';
import type { RebornOptions } from './reborn.ts';

/** Composers without a compiler may hand over anything. Ports are only looked at where a mistake would show up late. */
const composedSchema = z.looseObject({
  id: extensionIdSchema,
  tools: z.array(z.unknown()).optional(),
  hooks: z.array(z.unknown()).optional(),
});
const sourceSchema = z.looseObject({
  name: boundedLine(EXTENSION_NAME_BYTES_MAX),
  origin: z.literal('local_manifest'),
  decision: extensionDecisionSchema,
});
const optionsSchema = z.object({
  profile: runtimeProfileNameSchema.default('local'),
  tenants: z
    .array(tenantIdSchema)
    .min(1)
    .max(TENANTS_MAX)
    .refine((tenants) => new Set(tenants).size === tenants.length, 'must name each tenant once')
    .default([tenantIdSchema.parse('default')]),
  extensions: z
    .array(z.unknown().superRefine(checkExtension))
    .refine((all) => idsOf(all).size === all.filter(isComposed).length, 'must have ids of their own')
    .refine(
      (all) => all.filter(isExtensionSource).length <= EXTENSIONS_MAX,
      `must be at most ${EXTENSIONS_MAX} packages`,
    )
    .optional(),
  grants: z.array(z.unknown()).optional(),
  model: hasMethod('complete').optional(),
  driver: hasMethod('run').optional(),
  processes: hasMethod('sandbox').optional(),
  system: boundedText(SYSTEM_TEXT_BYTES_MAX).optional(),
  targets: networkTargetsSchema.optional(),
  leaseMs: z.int().min(LEASE_TTL_MS_MIN).max(LEASE_TTL_MS_MAX).optional(),
  gateTtlMs: z.int().min(1).max(GATE_TTL_MS_MAX).optional(),
  budgets: budgetLimitsSchema.optional(),
  secrets: z
    .strictObject({
      cipher: hasMethod('seal').optional(),
      environment: z
        .strictObject({
          names: z.record(secretHandleSchema, z.string()),
          values: z.record(z.string(), z.string().optional()),
        })
        .optional(),
    })
    .optional(),
});

export interface HostPlan {
  readonly profile: RuntimeProfileName;
  readonly tenants: readonly TenantId[];
  /** Those that were handed over in code. */
  readonly extensions: readonly HostExtension[];
  /** Those that were found. */
  readonly packages: ExtensionRegistry;
  readonly tools: readonly (CapabilityHandler | PackageHandler)[];
  /** Whether the programs of packages can be started here. */
  readonly lanes: LaneProbe | undefined;
  /** For tools that ask about processes; to be bound to those of the host. */
  readonly processes: LateProcesses;
  readonly grants: readonly CapabilityGrant[];
  readonly readiness: ReadinessReport;
}

/** Errors: `reborn/invalid_configuration` naming the option. */
export async function planHost(options: RebornOptions): Promise<HostPlan> {
  const checked = optionsSchema.safeParse(options);
  if (!checked.success)
    throw new RebornError('reborn/invalid_configuration', { detail: describeIssues(checked.error, 'options') });
  const { profile, tenants, targets } = checked.data;
  const posture = runtimeProfile(profile);
  const handed = options.extensions ?? [];
  const extensions = handed.filter(isComposed);
  const composed = extensions.flatMap((extension) => extension.tools ?? []);
  const packages = await createExtensionRegistry({
    sources: handed.filter(isExtensionSource),
    digest: options.platform.digest,
    reserved: [...extensions.map(({ id }) => id), ...composed.map(({ provider }) => provider.packageId)],
    sandboxOnly: posture.processes === 'sandbox_only',
    diagnostics: options.platform.diagnostics,
  });
  const processes = createLateProcesses();
  const background = options.backgroundTools === true ? createProcessTools(processes) : [];
  const tools = [...composed, ...background, ...packages.tools];
  const hooks = extensions.flatMap((extension) => extension.hooks ?? []);
  const eventHooks = hooks.filter((hook) => hook.point === 'event_triggered').length;
  const granted = (): readonly CapabilityGrant[] =>
    profile === 'production'
      ? []
      : grantComposed(tools, tenants, { ids: options.platform.ids, readLog: eventHooks > 0, targets });
  const grants = options.grants ?? granted();
  const { descriptor } = options.driver ?? plannedDriver;
  const starter = options.processes ?? packages.processes;
  const programs = tools.filter(({ lane }) => lane === 'process');
  const readiness = assessReadiness({
    profile,
    storage: options.storage.durability,
    model: describeModel(options.model),
    loop: `${descriptor.id} ${descriptor.version}`,
    capabilities: tools.length,
    programs: {
      count: programs.length,
      loose: programs.filter(({ sandboxed }) => sandboxed !== true).length,
      sandbox: await starter?.sandbox(),
    },
    network: {
      composed: options.network !== undefined,
      needed: tools.some(({ descriptor, lane }) => lane !== 'process' && descriptor.effects.includes('network')),
    },
    grants: grants.length,
    gateHooks: hooks.length - eventHooks,
    eventHooks,
    extensions: packages.standings,
    secrets: {
      keyed: options.secrets?.cipher !== undefined,
      plain: options.secrets?.environment !== undefined,
      needed: tools.some(({ descriptor }) => descriptor.effects.includes('use_secret')),
    },
  });
  const lanes = starter && createLaneProbe(starter, posture.processes);
  return { profile, tenants, extensions, packages, tools, lanes, processes, grants, readiness };
}

function checkExtension(value: unknown, context: z.RefinementCtx): void {
  const { error } = (isExtensionSource(value) ? sourceSchema : composedSchema).safeParse(value);
  if (error === undefined) return;
  const path = [...(error.issues[0]?.path ?? [])];
  context.addIssue({ code: 'custom', path, message: String(describeIssues(error, 'extension')['rule']) });
}

function isComposed<T>(extension: T): extension is Exclude<T, ExtensionSource> {
  return !isExtensionSource(extension);
}

/** The ids of what was composed. */
function idsOf(extensions: readonly unknown[]): ReadonlySet<unknown> {
  return new Set(extensions.flatMap((each) => composedSchema.safeParse(each).data?.id ?? []));
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
