/**
 * Hooks at their places: gates behind the door's policy port, event hooks behind the log.
 *
 * Not here: hooks themselves (`@reborn/hooks`), when the door asks (`@reborn/host-runtime`).
 */
import {
  evaluateTrust,
  type CapabilityGrant,
  type DurableStore,
  type HostTrustPolicy,
  type Platform,
  type TenantId,
} from '@reborn/host-api';
import { LOG_READ_CAPABILITY, type Consumer } from '@reborn/events';
import {
  createEventHookFollower,
  createHookDispatcher,
  createHookRegistry,
  type RegisteredEventHook,
} from '@reborn/hooks';
import type { CallPolicy } from '@reborn/host-runtime';
import { RebornError } from '../errors.ts';
import type { HostExtension } from '../extension/host-extension.ts';
import { packageOf } from './authority.ts';

export interface BoundHooks {
  readonly policy: CallPolicy;
  readonly followers: readonly Consumer[];
}

export interface HookBinding extends Platform {
  readonly store: DurableStore;
  readonly jitter: () => number;
  readonly holder: string;
  /** Of followers. Units: milliseconds. */
  readonly leaseMs: number;
  readonly trust: HostTrustPolicy;
  readonly extensions: readonly HostExtension[];
  readonly tenants: readonly TenantId[];
  readonly grants: readonly CapabilityGrant[];
}

/** Errors: those of `createHookRegistry`; `reborn/invalid_configuration` for an event hook without a grant to read. */
export function bindHooks(binding: HookBinding): BoundHooks {
  const { store, clock, timers, ids, digest, diagnostics } = binding;
  const installations = binding.extensions.flatMap((extension) =>
    (extension.hooks ?? []).map((hook) => ({
      hook,
      extensionVersion: extension.version,
      trust: evaluateTrust(binding.trust, packageOf(extension)),
    })),
  );
  const registry = createHookRegistry({ hooks: installations, digest });
  const policy = createHookDispatcher({ registry, store, clock, timers, ids, digest, diagnostics });
  const followers = registry.eventHooks.flatMap((hook) =>
    binding.tenants.map((tenantId) => follow(binding, hook, tenantId)),
  );
  return { policy, followers };
}

/** A hook that was composed with the host sees a whole tenant, and only by an explicit grant. */
function follow(binding: HookBinding, hook: RegisteredEventHook, tenantId: TenantId): Consumer {
  const { store, clock, timers, digest, jitter, holder, diagnostics, leaseMs } = binding;
  const nowMs = clock.nowMs();
  // Of several, the one that lasts longest: the follower rests when its grant has run out.
  const [grant] = binding.grants
    .filter(
      ({ capability, grantee }) =>
        capability === LOG_READ_CAPABILITY && grantee.kind === 'tenant' && grantee.id === tenantId,
    )
    .filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)
    .toSorted((left, right) => (right.expiresAtMs ?? Infinity) - (left.expiresAtMs ?? Infinity) || 0);
  if (grant === undefined) {
    const rule = `must hold a live one of ${LOG_READ_CAPABILITY} to each tenant that an event hook follows`;
    throw new RebornError('reborn/invalid_configuration', { detail: { field: 'grants', rule } });
  }
  return createEventHookFollower({
    hook,
    pin: { kind: 'tenant', tenantId, grant },
    store,
    clock,
    timers,
    digest,
    jitter,
    holder,
    diagnostics,
    leaseMs,
  });
}
