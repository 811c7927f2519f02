/**
 * The set of hooks of one host: checked once, in one order, immutable.
 *
 * Not here: calling hooks (`../dispatch/dispatcher.ts`, `../subscription/event-hook.ts`).
 * Source: specification 1, B4; rulings, section 6.
 */
import {
  digestOf,
  digestSchema,
  isEffectiveTrust,
  type Digest,
  type DigestPort,
  type EffectiveTrust,
  type ExtensionId,
  type JsonObject,
} from '@reborn/host-api';
import type { RuntimeEventKind } from '@reborn/events';
import { HooksError } from '../errors.ts';
import { toHookId, type HookId } from '../identity.ts';
import { GATES_MAX, HOOKS_PER_EXTENSION_MAX, HOOKS_PER_EXTENSION_POINT_MAX } from '../limits.ts';
import { compareHooks, type HookPhase } from '../ordering.ts';
import type { GatePoint, ObserverPoint } from '../point.ts';
import { mayRunInProcess, mayUsePhase, tierOf, type HookTier } from '../tier.ts';
import {
  parseHookSpec,
  type EventBody,
  type GateBody,
  type HookSpec,
  type ParsedEventSpec,
  type ParsedGateSpec,
} from './hook-spec.ts';

/**
 * One hook as the composer brings it. `trust` is what the host's own policy said about the package; `bodyDigest` stands
 * for the hook's code in its identity.
 */
export interface HookInstallation {
  readonly trust: EffectiveTrust;
  readonly extensionVersion: string;
  readonly bodyDigest?: Digest;
  readonly hook: HookSpec;
}

interface AnyRegisteredHook {
  readonly id: HookId;
  readonly localId: string;
  readonly extensionId: ExtensionId;
  readonly tier: HookTier;
  readonly phase: HookPhase;
  readonly priority: number;
}

export interface RegisteredGate extends AnyRegisteredHook {
  readonly point: GatePoint;
  readonly capabilities: readonly string[] | undefined;
  readonly body: GateBody;
}

export interface RegisteredEventHook extends AnyRegisteredHook {
  readonly point: ObserverPoint;
  readonly kinds: readonly RuntimeEventKind[];
  readonly body: EventBody;
}

/** Order: by phase, priority and id, whatever the order of registration was. */
export interface HookRegistry {
  readonly gates: readonly RegisteredGate[];
  readonly eventHooks: readonly RegisteredEventHook[];
  /** Of the whole set: who is asked about what, and in which order. Bodies count through their ids. */
  digest(): Digest;
}

const registries = new WeakSet<object>();
const registered = new WeakSet<object>();

/**
 * Checks all hooks and makes the registry; one hook that cannot be taken refuses the whole set.
 * Errors: `hooks/unknown_point`, `hooks/invalid_hook`, `hooks/tier_not_supported`, `hooks/phase_not_permitted`,
 * `hooks/duplicate_hook`, `hooks/too_many_hooks`, `hooks/invalid_composition`.
 */
export function createHookRegistry(options: {
  readonly hooks: readonly HookInstallation[];
  readonly digest: DigestPort;
}): HookRegistry {
  const hooks = options.hooks.map((installation, at) => toHook(installation, `hooks.${at}`, options.digest));
  checkCounts(hooks);
  hooks.sort(compareHooks);
  const whole = digestOf({ hooks: hooks.map(describe) }, options.digest);
  const registry: HookRegistry = Object.freeze({
    gates: Object.freeze(hooks.filter((hook) => hook.point === 'before_capability')),
    eventHooks: Object.freeze(hooks.filter((hook) => hook.point === 'event_triggered')),
    digest: () => whole,
  });
  for (const hook of hooks) registered.add(hook);
  registries.add(registry);
  return registry;
}

/** True for a registry that passed the checks above. */
export function isHookRegistry(value: unknown): value is HookRegistry {
  return typeof value === 'object' && value !== null && registries.has(value);
}

/** True for a hook out of such a registry. */
export function isRegisteredHook(value: unknown): value is RegisteredGate | RegisteredEventHook {
  return typeof value === 'object' && value !== null && registered.has(value);
}

function toHook(
  installation: HookInstallation,
  field: string,
  digest: DigestPort,
): RegisteredGate | RegisteredEventHook {
  const { trust, extensionVersion, bodyDigest } = installation;
  if (!isEffectiveTrust(trust)) throw refused('invalid_composition', `${field}.trust`, 'must be evaluated by the host');
  checkVersion(extensionVersion, `${field}.extensionVersion`);
  if (bodyDigest !== undefined && !digestSchema.safeParse(bodyDigest).success) {
    throw refused('invalid_hook', `${field}.bodyDigest`, 'must be a digest');
  }
  const spec = parseHookSpec(installation.hook, `${field}.hook`);
  const tier = tierOf(trust);
  if (!mayRunInProcess(tier)) throw refused('tier_not_supported', field, `cannot be of tier ${tier}`);
  if (!mayUsePhase(tier, spec.phase))
    throw refused('phase_not_permitted', `${field}.hook.phase`, `is closed to ${tier}`);
  const identity = {
    extensionId: trust.packageId,
    extensionVersion,
    localId: spec.id,
    hookVersion: spec.version,
    bodyDigest,
  };
  return Object.freeze(toRegistered(spec, tier, toHookId(identity, digest), trust.packageId));
}

function toRegistered(
  spec: ParsedGateSpec | ParsedEventSpec,
  tier: HookTier,
  id: HookId,
  extensionId: ExtensionId,
): RegisteredGate | RegisteredEventHook {
  const { id: localId, phase, priority } = spec;
  const shared = { id, localId, extensionId, tier, phase, priority };
  switch (spec.point) {
    case 'before_capability':
      return { ...shared, point: spec.point, capabilities: spec.capabilities, body: spec.body };
    case 'event_triggered':
      return { ...shared, point: spec.point, kinds: spec.kinds, body: spec.body };
  }
}

/** Counts are of the whole set, so that many small registrations count like one large one. */
function checkCounts(hooks: readonly (RegisteredGate | RegisteredEventHook)[]): void {
  const names = new Set<string>();
  const counts = new Map<string, number>();
  const count = (key: string, max: number): void => {
    const next = (counts.get(key) ?? 0) + 1;
    if (next > max) throw new HooksError('hooks/too_many_hooks', { detail: { max } });
    counts.set(key, next);
  };
  for (const { extensionId, localId } of hooks) {
    const name = `${extensionId}/${localId}`;
    if (names.has(name)) throw new HooksError('hooks/duplicate_hook', { detail: { hook: name } });
    names.add(name);
    count(`extension ${extensionId}`, HOOKS_PER_EXTENSION_MAX);
  }
  for (const { extensionId, point } of hooks) {
    count(`extension ${extensionId} at ${point}`, HOOKS_PER_EXTENSION_POINT_MAX);
    if (point === 'before_capability') count(point, GATES_MAX);
  }
}

function checkVersion(version: unknown, field: string): void {
  if (typeof version === 'string' && /^[0-9A-Za-z][0-9A-Za-z.+_-]{0,127}$/.test(version)) return;
  throw refused('invalid_hook', field, 'must be a version');
}

function describe(hook: RegisteredGate | RegisteredEventHook): JsonObject {
  const { id, tier, point, phase, priority } = hook;
  const filter = hook.point === 'event_triggered' ? hook.kinds : (hook.capabilities ?? null);
  return { id, tier, point, phase, priority, filter };
}

type RegistrationCode = 'invalid_composition' | 'invalid_hook' | 'tier_not_supported' | 'phase_not_permitted';

function refused(code: RegistrationCode, field: string, rule: string): HooksError {
  return new HooksError(`hooks/${code}`, { detail: { field, rule } });
}
