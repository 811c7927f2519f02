/**
 * The authority of a composed host: what its operator decided by composing it.
 *
 * Not here: judging calls with it (`@reborn/host-runtime`).
 */
import {
  createHostTrustPolicy,
  extensionIdSchema,
  grantIdSchema,
  parseCapabilityGrant,
  type CapabilityGrant,
  type CredentialRequirement,
  type EffectKind,
  type HostTrustPolicy,
  type Ids,
  type NetworkTarget,
  type PackageIdentity,
  type TenantId,
  type TrustEntry,
} from '@reborn/host-api';
import { LOG_READ_CAPABILITY } from '@reborn/events';
import type { CapabilityHandler } from '@reborn/host-runtime';
import type { HostExtension } from '../extension/host-extension.ts';

/** The package that the hooks of an extension belong to. */
export function packageOf(extension: HostExtension): PackageIdentity {
  return { packageId: extensionIdSchema.parse(extension.id), source: extension.source ?? 'composed' };
}

/**
 * Everything that was composed is trusted by its source, up to the effects that its tools declare; packages that were
 * found are trusted as their operator decided, and no further. `own`: all tools; those of the host itself are first party.
 */
export function trustComposed(
  extensions: readonly HostExtension[],
  packages: readonly TrustEntry[] = [],
  own: readonly CapabilityHandler[] = [],
): HostTrustPolicy {
  const entries = new Map<string, TrustEntry>();
  const add = (identity: PackageIdentity, effects: readonly EffectKind[]): void => {
    const key = `${identity.source}|${identity.packageId}`;
    const known = entries.get(key)?.allowedEffects ?? [];
    const allowedEffects = [...new Set([...known, ...effects])].sort();
    const trust = identity.source === 'bundled' ? 'first_party' : 'user_trusted';
    const { packageId, source } = identity;
    entries.set(key, { packageId, source, trust, allowedEffects });
  };
  for (const extension of extensions) {
    add(packageOf(extension), []);
    for (const tool of extension.tools ?? []) add(tool.provider, tool.descriptor.effects);
  }
  for (const { provider, descriptor } of own) if (provider.source === 'bundled') add(provider, descriptor.effects);
  return createHostTrustPolicy([...packages, ...entries.values()]);
}

/** `targets`: where tools with a network may talk to; absent, wherever they say. */
interface GrantTerms {
  readonly ids: Ids;
  readonly readLog: boolean;
  readonly targets: readonly NetworkTarget[] | undefined;
}

/** Grants every tool to every tenant, for exactly the effects that it declares, and the log where hooks follow it. */
export function grantComposed(
  tools: readonly CapabilityHandler[],
  tenants: readonly TenantId[],
  { ids, readLog, targets }: GrantTerms,
): readonly CapabilityGrant[] {
  return tenants.flatMap((tenantId) => {
    const issue = (
      capability: string,
      allowedEffects: readonly EffectKind[],
      credentials: readonly CredentialRequirement[] = [],
    ): CapabilityGrant =>
      parseCapabilityGrant({
        id: grantIdSchema.parse(ids.uuid()),
        capability,
        grantee: { kind: 'tenant', id: tenantId },
        issuedBy: { kind: 'host' },
        allowedEffects: [...allowedEffects],
        secrets: credentials.map(({ handle }) => handle),
        ...(targets === undefined || !allowedEffects.includes('network') ? {} : { targets: [...targets] }),
      });
    const forTools = tools.map(({ descriptor }) => issue(descriptor.id, descriptor.effects, descriptor.credentials));
    return readLog ? [...forTools, issue(LOG_READ_CAPABILITY, [])] : forTools;
  });
}
