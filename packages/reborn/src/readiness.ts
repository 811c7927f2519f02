/**
 * What the host is made of, how durable each part is, and what keeps it from production.
 *
 * Source: specification 3, d; rulings, section 4.
 */
import type { RuntimeProfileName, StoreDurability } from '@reborn/host-api';

/** `durability`: what the part survives; `none` for parts that keep nothing. */
export interface Component {
  readonly name: string;
  readonly implementation: string;
  readonly durability: StoreDurability['survives'] | 'none';
  readonly issue?: ReadinessIssue;
}

/** Closed: why a part may not run in production. */
export type ReadinessIssue = 'non_durable' | 'recording' | 'nothing_granted';

export interface ReadinessReport {
  readonly profile: RuntimeProfileName;
  readonly status: 'production_ready' | 'degraded' | 'refused';
  readonly components: readonly Component[];
}

export interface ReadinessInput {
  readonly profile: RuntimeProfileName;
  readonly storage: StoreDurability;
  readonly model: { readonly label: string; readonly recorded: boolean };
  /** Which loop decides what the agent does next. */
  readonly loop: string;
  readonly capabilities: number;
  readonly grants: number;
  readonly gateHooks: number;
  readonly eventHooks: number;
}

/**
 * `refused`: the profile is `production` and some part is unsuitable. `degraded`: the same parts under another profile.
 */
export function assessReadiness(input: ReadinessInput): ReadinessReport {
  const { storage, model } = input;
  const durable = storage.survives === 'power_loss';
  const keep = (name: string): Component => ({
    name,
    implementation: storage.backend,
    durability: storage.survives,
    ...(durable ? {} : { issue: 'non_durable' as const }),
  });
  const components: readonly Component[] = [
    ...['event log', 'turn store', 'checkpoints', 'gates', 'idempotency', 'subscriptions', 'hook records'].map(keep),
    {
      name: 'model',
      implementation: model.label,
      durability: 'none',
      ...(model.recorded ? { issue: 'recording' as const } : {}),
    },
    part('loop', input.loop),
    part('capabilities', `${input.capabilities} in process`),
    {
      ...part('grants', String(input.grants)),
      ...(input.grants === 0 ? { issue: 'nothing_granted' as const } : {}),
    },
    part('gate hooks', String(input.gateHooks)),
    part('event hooks', String(input.eventHooks)),
  ];
  const sound = components.every((component) => component.issue === undefined);
  const status = sound ? 'production_ready' : input.profile === 'production' ? 'refused' : 'degraded';
  return { profile: input.profile, status, components };
}

function part(name: string, implementation: string): Component {
  return { name, implementation, durability: 'none' };
}
