/**
 * The three postures a host can be run in, as data.
 *
 * Not here: choosing one (the surfaces), enforcing one (`@reborn/host-runtime`, `@reborn/reborn`).
 * Source: rulings, section 4.
 */
import { z } from 'zod';
import { isReadOnly, type EffectKind } from './capability.ts';

export const runtimeProfileNameSchema = z.enum(['local', 'production', 'test']);
export type RuntimeProfileName = z.infer<typeof runtimeProfileNameSchema>;

/**
 * `requiresDurable`: a store that forgets with its process is refused. `ask_writes`: whatever does more than read is
 * asked about; `as_granted`: grants and descriptors alone decide; `scripted`: asked about as `ask_writes`, answered by
 * a script.
 */
export interface RuntimeProfile {
  readonly name: RuntimeProfileName;
  readonly requiresDurable: boolean;
  readonly approvalPolicy: 'ask_writes' | 'as_granted' | 'scripted';
  readonly processes: 'in_workspace' | 'sandbox_only' | 'none';
  readonly network: 'brokered' | 'allow_list' | 'none';
  readonly secrets: 'store_or_environment' | 'store' | 'fake';
}

const PROFILES: Readonly<Record<RuntimeProfileName, RuntimeProfile>> = Object.freeze({
  local: Object.freeze({
    name: 'local',
    requiresDurable: true,
    approvalPolicy: 'ask_writes',
    processes: 'in_workspace',
    network: 'brokered',
    secrets: 'store_or_environment',
  }),
  production: Object.freeze({
    name: 'production',
    requiresDurable: true,
    approvalPolicy: 'as_granted',
    processes: 'sandbox_only',
    network: 'allow_list',
    secrets: 'store',
  }),
  test: Object.freeze({
    name: 'test',
    requiresDurable: false,
    approvalPolicy: 'scripted',
    processes: 'none',
    network: 'none',
    secrets: 'fake',
  }),
});

export function runtimeProfile(name: RuntimeProfileName): RuntimeProfile {
  return PROFILES[name];
}

/** True when the posture itself wants somebody asked before these effects happen. It only ever adds a question. */
export function approvalByPolicy(profile: RuntimeProfile, effects: readonly EffectKind[]): boolean {
  switch (profile.approvalPolicy) {
    case 'ask_writes':
    case 'scripted':
      return !isReadOnly(effects);
    case 'as_granted':
      return false;
  }
}
