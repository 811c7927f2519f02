/**
 * What a caller may see. Visibility is never authority: every call is judged again.
 *
 * Not here: what is published about each capability besides (`catalog.ts`).
 * Source: specification 2, b.11 and f.2-7, f.2-8.
 */
import {
  composeMostRestrictive,
  digestOf,
  toCanonicalJson,
  type Digest,
  type JsonValue,
  type ResourceScope,
} from '@reborn/host-api';
import type { z } from 'zod';
import type { visibleCapabilitiesSchema, VisibleCapability, VisibleSurface } from '../host-runtime.ts';
import { authorize, type Allowance } from '../invoke/authorize.ts';
import type { RuntimeDependencies } from '../invoke/dependencies.ts';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';

type Request = z.output<typeof visibleCapabilitiesSchema>;

/** One visible capability, with everything that its version depends on. */
interface Seen {
  readonly capability: VisibleCapability;
  readonly basis: JsonValue;
}

/** In the order of ids, until there are as many as were asked for; the authoriser is not asked about more. */
export async function visibleSurface(dependencies: RuntimeDependencies, request: Request): Promise<VisibleSurface> {
  const { scope, allowedEffects, includeRequiresApproval, maxCapabilities } = request;
  const seen: Seen[] = [];
  for (const handler of dependencies.handlers.values()) {
    if (seen.length >= maxCapabilities) break;
    const { effects } = handler.descriptor;
    if (allowedEffects !== undefined && !effects.every((effect) => allowedEffects.includes(effect))) continue;
    const found = await look(dependencies, handler, scope);
    if (found === undefined) continue;
    if (found.capability.access === 'requires_approval' && !includeRequiresApproval) continue;
    seen.push(found);
  }
  return { version: versionOf(dependencies, request, seen), capabilities: seen.map(({ capability }) => capability) };
}

async function look(
  dependencies: RuntimeDependencies,
  handler: AdoptedHandler,
  scope: ResourceScope,
): Promise<Seen | undefined> {
  const { descriptor, mounts, provider } = handler;
  const trust = dependencies.trust.evaluate(provider);
  const { verdicts, allowance } = authorize({
    descriptor,
    scope,
    trust,
    mounts,
    grants: await dependencies.grants.grantsFor(scope, descriptor.id),
    profile: dependencies.profile,
    estimate: descriptor.estimate ?? {},
    nowMs: dependencies.clock.nowMs(),
  });
  const verdict = composeMostRestrictive(verdicts);
  if (verdict.kind === 'deny' || verdict.kind === 'auth') return undefined;
  const access = verdict.kind === 'allow' ? 'available' : 'requires_approval';
  return { capability: { descriptor, access }, basis: basisOf(handler, access, trust.class, allowance) };
}

/** Everything that what is seen rests on. Nothing in it says when, how often, or in which order. */
function basisOf(
  { digest }: AdoptedHandler,
  access: VisibleCapability['access'],
  trustClass: string,
  allowance: Allowance | undefined,
): JsonValue {
  const { mounts, targets, secrets, ceiling, grant } = allowance ?? {};
  const { allowedEffects, grantee, issuedBy, expiresAtMs, maxInvocations } = grant ?? {};
  const granted = { allowedEffects, grantee, issuedBy, expiresAtMs, maxInvocations };
  const reach = { mounts: inOrder(mounts?.mounts), targets: inOrder(targets), secrets: inOrder(secrets) };
  return toJson({ digest, access, trustClass, ...reach, ceiling, granted });
}

/** The same for the same parts, in whatever order they were granted. */
function inOrder(parts: readonly (object | string)[] | undefined): readonly string[] | undefined {
  return parts?.map((part) => toCanonicalJson(typeof part === 'string' ? part : toJson(part))).toSorted();
}

function versionOf(dependencies: RuntimeDependencies, request: Request, seen: readonly Seen[]): Digest {
  const { policy, profile, digest } = dependencies;
  return digestOf(
    toJson({
      v: 1,
      asked: request,
      profile: profile.name,
      hooks: policy.digest(),
      seen: seen.map(({ basis }) => basis),
    }),
    digest,
  );
}

function toJson(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
