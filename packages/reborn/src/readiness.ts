/**
 * What the host is made of, how durable each part is, and what keeps it from production.
 *
 * Source: specification 3, d; rulings, section 4.
 */
import { runtimeProfile, type RuntimeProfileName, type SandboxReport, type StoreDurability } from '@reborn/host-api';
import type { ExtensionStanding } from './extension/extension-registry.ts';

/** `durability`: what the part survives; `none` for parts that keep nothing. */
export interface Component {
  readonly name: string;
  readonly implementation: string;
  readonly durability: StoreDurability['survives'] | 'none';
  readonly issue?: ReadinessIssue;
}

/** Closed: why a part may not run in production. */
export type ReadinessIssue =
  | 'non_durable'
  | 'recording'
  | 'nothing_granted'
  | 'quarantined'
  | 'no_secret_key'
  | 'plain_secrets'
  | 'no_sandbox'
  | 'no_network';

export interface ReadinessReport {
  readonly profile: RuntimeProfileName;
  readonly status: 'production_ready' | 'degraded' | 'refused';
  readonly components: readonly Component[];
  /** The packages that were found, in quarantine or not. */
  readonly extensions: readonly ExtensionStanding[];
}

export interface ReadinessInput {
  readonly profile: RuntimeProfileName;
  readonly storage: StoreDurability;
  readonly model: { readonly label: string; readonly recorded: boolean };
  /** Which loop decides what the agent does next. */
  readonly loop: string;
  readonly capabilities: number;
  readonly programs: Programs;
  readonly network: Network;
  readonly grants: number;
  readonly gateHooks: number;
  readonly eventHooks: number;
  readonly extensions: readonly ExtensionStanding[];
  readonly secrets: SecretKeeping;
}

/**
 * The capabilities that start programs. `loose`: those that would start them without a sandbox too. `sandbox`: what holds
 * them; absent, nobody knows.
 */
interface Programs {
  readonly count: number;
  readonly loose: number;
  readonly sandbox: SandboxReport | undefined;
}

/** `needed`: by some capability that runs in the host's own process. */
interface Network {
  readonly composed: boolean;
  readonly needed: boolean;
}

/** `keyed`: they can be sealed. `plain`: some stand in the environment. `needed`: by some capability. */
interface SecretKeeping {
  readonly keyed: boolean;
  readonly plain: boolean;
  readonly needed: boolean;
}

/**
 * `refused`: the profile is `production` and some part is unsuitable. `degraded`: the same parts under another profile.
 */
export function assessReadiness(input: ReadinessInput): ReadinessReport {
  const { storage, model } = input;
  const programs = input.programs.count === 0 ? '' : `, ${input.programs.count} as programs`;
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
    part('capabilities', `${input.capabilities - input.programs.count} in process${programs}`),
    {
      ...part('grants', String(input.grants)),
      ...(input.grants === 0 ? { issue: 'nothing_granted' as const } : {}),
    },
    part('gate hooks', String(input.gateHooks)),
    part('event hooks', String(input.eventHooks)),
    extensionsPart(input.extensions),
    secretsPart(input.secrets, storage),
    processesPart(input.programs, input.profile),
    networkPart(input.network, input.profile),
  ];
  const sound = components.every((component) => component.issue === undefined);
  const status = sound ? 'production_ready' : input.profile === 'production' ? 'refused' : 'degraded';
  return { profile: input.profile, status, components, extensions: input.extensions };
}

function extensionsPart(extensions: readonly ExtensionStanding[]): Component {
  const quarantined = extensions.filter(({ quarantine }) => quarantine !== undefined).length;
  const taken = part('extensions', `${extensions.length - quarantined} found`);
  if (quarantined === 0) return taken;
  return { ...taken, implementation: `${taken.implementation}, ${quarantined} in quarantine`, issue: 'quarantined' };
}

function secretsPart({ keyed, plain, needed }: SecretKeeping, { backend, survives }: StoreDurability): Component {
  const kept = keyed ? `sealed in ${backend}` : 'no key, so none are stored';
  const issue = plain ? 'plain_secrets' : needed && !keyed ? 'no_secret_key' : undefined;
  return {
    name: 'secrets',
    implementation: plain ? `${kept}; environment` : kept,
    durability: keyed ? survives : 'none',
    ...(issue === undefined ? {} : { issue }),
  };
}

/** A host that starts no programs needs nothing that holds them. */
function processesPart({ count, loose, sandbox }: Programs, profile: RuntimeProfileName): Component {
  const unheld = runtimeProfile(profile).processes === 'sandbox_only' ? loose : 0;
  const held = sandbox?.available === true ? `${sandbox.mechanism} (${sandbox.detail})` : undefined;
  const why = sandbox === undefined ? 'none were composed' : `process group only (${sandbox.detail})`;
  const beside = unheld === 0 ? '' : `; ${unheld} would run without`;
  return {
    ...part('processes', `${held ?? why}${beside}`),
    ...((count > 0 && held === undefined) || unheld > 0 ? { issue: 'no_sandbox' as const } : {}),
  };
}

/** A host whose capabilities talk to nobody needs no way out. */
function networkPart({ composed, needed }: Network, profile: RuntimeProfileName): Component {
  const posture = runtimeProfile(profile).network;
  return {
    ...part('network', composed ? posture : 'none was composed'),
    ...(needed && !composed ? { issue: 'no_network' as const } : {}),
  };
}

function part(name: string, implementation: string): Component {
  return { name, implementation, durability: 'none' };
}
