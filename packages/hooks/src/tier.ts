/**
 * The tier of a hook: a function of how far the host trusts its package. Nothing that a hook says about itself enters.
 *
 * Not here: the evaluation of trust (`@reborn/host-api`).
 * Source: rulings, section 6; specification 1, R-10.
 */
import type { EffectiveTrust } from '@reborn/host-api';
import type { HookPhase } from './ordering.ts';

/** `builtin`: comes with the host. `trusted`: chosen by the operator. `installed`: everything else. */
export type HookTier = 'builtin' | 'trusted' | 'installed';

export function tierOf(trust: EffectiveTrust): HookTier {
  switch (trust.class) {
    case 'first_party':
    case 'system':
      return 'builtin';
    case 'user_trusted':
      return 'trusted';
    case 'sandbox':
      return 'installed';
  }
}

/** Code of this tier may run inside the host's process, where nothing can stop it but its own good manners. */
export function mayRunInProcess(tier: HookTier): boolean {
  return tier !== 'installed';
}

/** The first two phases are the host's own. */
export function mayUsePhase(tier: HookTier, phase: HookPhase): boolean {
  return tier === 'builtin' || phase === 'policy' || phase === 'telemetry';
}
