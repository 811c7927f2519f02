/**
 * All packages of a host: looked at, taken whole or left whole, and listed for its operator either way.
 *
 * Not here: reading one (`read-package.ts`), judging calls (`@reborn/host-runtime`).
 * Source: specification 2, a.4, a.5 and b.11; rulings, sections 4 and 6.
 */
import {
  createHostTrustPolicy,
  evaluateTrust,
  type CapabilityId,
  type Digest,
  type EffectKind,
  type ExtensionId,
  type ExtensionManifest,
  type Processes,
  type RequestedTrustClass,
  type SecretHandle,
  type TrustClass,
  type TrustEntry,
} from '@reborn/host-api';
import { parseExtensionDecision, type ExtensionSource } from './extension-source.ts';
import { toPackageHandler, type PackageHandler, type PackageHandlerParts } from './package-handler.ts';
import { readPackageTree } from './package-tree.ts';
import { orQuarantine, Quarantined, type Quarantine } from './quarantine.ts';
import { readCapabilities, readManifest } from './read-package.ts';

/** Effects on the host itself: whoever has them can give themselves the others, so no package from a folder does. */
const PRIVILEGED: readonly EffectKind[] = ['modify_extension', 'modify_approval', 'modify_budget'];

/** Ids of the host itself: its tools, and the log that it keeps. */
const HOST_IDS: readonly string[] = ['builtin', 'log'];

/**
 * One package, for its operator. `name` is what they call it; `trust` is what their decision comes to. `capabilities`:
 * what it offers; nobody can see or call them while there is a `quarantine`. `effects`, `secrets`: of all of them
 * together. What could not be read is `undefined`.
 */
export interface ExtensionStanding {
  readonly name: string;
  readonly id: ExtensionId | undefined;
  readonly version: string | undefined;
  readonly digest: Digest | undefined;
  readonly requestedTrust: RequestedTrustClass | undefined;
  readonly trust: TrustClass;
  readonly capabilities: readonly CapabilityId[];
  readonly effects: readonly EffectKind[];
  readonly secrets: readonly SecretHandle[];
  readonly quarantine: Quarantine | undefined;
}

/**
 * What a host takes from its packages. `processes`: what starts their programs, if there are any.
 * Order: as the sources were given, capabilities as the manifests name them.
 */
export interface ExtensionRegistry {
  readonly standings: readonly ExtensionStanding[];
  readonly tools: readonly PackageHandler[];
  readonly trust: readonly TrustEntry[];
  readonly processes: Processes | undefined;
}

/** `reserved`: ids of whatever was composed with the host. */
export interface ExtensionRegistryOptions extends Omit<PackageHandlerParts, 'source' | 'identity'> {
  readonly sources: readonly ExtensionSource[];
  readonly reserved: readonly string[];
}

/** Errors: `host-api/invalid_value` for a decision that is none. Whatever is wrong with a package is its standing. */
export async function createExtensionRegistry(options: ExtensionRegistryOptions): Promise<ExtensionRegistry> {
  const judged: Judged[] = [];
  for (const source of options.sources) {
    const decision = parseExtensionDecision(source);
    judged.push(judge(await look(source, options), decision, [...HOST_IDS, ...options.reserved]));
  }
  const settled = judged.map((one) => ({ ...one, reason: one.reason ?? conflictOf(one, judged) }));
  const taken = settled.filter(({ reason }) => reason === undefined);
  return {
    standings: settled.map(standingOf),
    tools: taken.flatMap(({ tools }) => tools),
    trust: taken.flatMap(({ entry }) => entry ?? []),
    processes: taken[0]?.source.processes,
  };
}

/** What was found before anything went wrong. */
interface Look {
  readonly source: ExtensionSource;
  readonly digest: Digest | undefined;
  readonly manifest: ExtensionManifest | undefined;
  readonly tools: readonly PackageHandler[];
  readonly reason: Quarantine | undefined;
}

async function look(source: ExtensionSource, options: ExtensionRegistryOptions): Promise<Look> {
  let digest: Digest | undefined;
  let manifest: ExtensionManifest | undefined;
  try {
    const tree = await readPackageTree(source, options.digest);
    digest = tree.digest;
    manifest = readManifest(tree);
    const identity = { packageId: manifest.id, source: source.origin, digest };
    const tools = readCapabilities(tree, manifest).map((capability, at) => {
      const make = () => toPackageHandler(capability, { ...options, source, identity });
      return orQuarantine('invalid_capability', make, `capabilities.${at}.credentials`);
    });
    return { source, digest, manifest, tools, reason: undefined };
  } catch (error) {
    if (!(error instanceof Quarantined)) throw error;
    return { source, digest, manifest, tools: [], reason: error.reason };
  }
}

/** `entry`: the operator's decision; `trust`: what it comes to for exactly this content. */
interface Judged extends Look {
  readonly entry: TrustEntry | undefined;
  readonly trust: TrustClass;
}

/** A package's own wish plays no part in it. */
function judge(
  found: Look,
  { trust: wanted, allowedEffects, digest: pinned }: ReturnType<typeof parseExtensionDecision>,
  reserved: readonly string[],
): Judged {
  const { source, manifest, digest, tools } = found;
  if (manifest === undefined || digest === undefined) return { ...found, entry: undefined, trust: 'sandbox' };
  const subject = { packageId: manifest.id, source: source.origin };
  const entry = wanted === undefined ? undefined : { ...subject, digest: pinned, trust: wanted, allowedEffects };
  const policy = createHostTrustPolicy(entry === undefined ? [] : [entry]);
  const { class: trust } = evaluateTrust(policy, { ...subject, digest });
  const reason = (): Quarantine | undefined => {
    if (reserved.some((id) => overlaps(id, manifest.id))) return { code: 'reserved_id' };
    if (entry === undefined) return { code: 'not_trusted' };
    if (trust === 'sandbox') return { code: 'digest_mismatch' };
    const at = tools.findIndex(({ descriptor }) => descriptor.effects.some((effect) => PRIVILEGED.includes(effect)));
    return at < 0 ? undefined : { code: 'privileged_effect', at: `capabilities.${at}.effects` };
  };
  return { ...found, entry, trust, reason: found.reason ?? reason() };
}

/** Neither of two packages that claim the same names is taken: which one was meant, only their operator knows. */
function conflictOf(one: Judged, all: readonly Judged[]): Quarantine | undefined {
  const id = one.manifest?.id;
  if (id === undefined) return undefined;
  const others = all.filter((other) => other !== one && other.reason === undefined);
  const rivals = others.flatMap(({ manifest }) => manifest?.id ?? []).filter((other) => overlaps(other, id));
  if (rivals.length === 0) return undefined;
  return { code: rivals.includes(id) ? 'duplicate_id' : 'foreign_namespace' };
}

/** Two ids of which one begins with the other could both provide a capability of one name. */
function overlaps(left: string, right: string): boolean {
  return `${left}.`.startsWith(`${right}.`) || `${right}.`.startsWith(`${left}.`);
}

function standingOf({ source, digest, manifest, trust, tools, reason }: Judged): ExtensionStanding {
  const descriptors = tools.map(({ descriptor }) => descriptor);
  return Object.freeze({
    name: source.name,
    id: manifest?.id,
    version: manifest?.version,
    digest,
    requestedTrust: manifest?.requestedTrust,
    trust,
    capabilities: descriptors.map(({ id }) => id),
    effects: sorted(descriptors.flatMap(({ effects }) => effects)),
    secrets: sorted(descriptors.flatMap(({ credentials = [] }) => credentials.map(({ handle }) => handle))),
    quarantine: reason,
  });
}

function sorted<T extends string>(names: readonly T[]): readonly T[] {
  return [...new Set(names)].sort();
}
