/**
 * What a caller may see. Visibility is never authority: every call is judged again.
 *
 * Source: specification 2, b.11.
 */
import { composeMostRestrictive, digestOf, evaluateTrust, type Digest, type ResourceScope } from '@reborn/host-api';
import type { VisibleCapability, VisibleSurface } from '../host-runtime.ts';
import { authorize } from '../invoke/authorize.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import { VISIBLE_CAPABILITIES_MAX } from '../limits.ts';

export async function visibleSurface(dependencies: RuntimeDependencies, scope: ResourceScope): Promise<VisibleSurface> {
  const grants = await dependencies.grants.grantsFor(scope);
  const found: VisibleCapability[] = [];
  for (const handler of dependencies.handlers.values()) {
    if (found.length === VISIBLE_CAPABILITIES_MAX) break;
    const { descriptor, provider } = handler;
    const trust = evaluateTrust(dependencies.trust, provider);
    const nowMs = dependencies.clock.nowMs();
    const verdict = composeMostRestrictive(
      authorize({ descriptor, scope, trust, grants, profile: dependencies.profile, nowMs }),
    );
    if (verdict.kind === 'allow') found.push({ descriptor, access: 'available' });
    if (verdict.kind === 'approval') found.push({ descriptor, access: 'requires_approval' });
  }
  return { version: versionOf(dependencies, found), capabilities: found };
}

function versionOf(dependencies: RuntimeDependencies, capabilities: readonly VisibleCapability[]): Digest {
  const surface = structuredClone(capabilities) as never;
  return digestOf(
    { surface, profile: dependencies.profile.name, hooks: dependencies.policy.digest() },
    dependencies.digest,
  );
}
