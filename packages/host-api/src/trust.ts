/**
 * How far a package is trusted. It is decided by the host's own policy from where the package came from, and by nothing
 * that the package or a caller says.
 *
 * Not here: what one call may do (`capability.ts`, `verdict.ts`), what follows for hooks (`@reborn/hooks`).
 * Source: specification 2, a.4 and f.2-6; rulings, section 6.
 */
import { z } from 'zod';
import { assert } from './assert.ts';
import { effectsSchema, type EffectKind } from './capability.ts';
import { parseWith } from './errors.ts';
import { digestSchema, extensionIdSchema } from './ids.ts';
import { TRUST_ENTRIES_MAX } from './limits.ts';

/** What may be read: the privileged classes go out, they never come in. */
export const wireTrustClassSchema = z.enum(['sandbox', 'user_trusted']);
/** What may be written. */
export const trustClassOutSchema = z.enum(['sandbox', 'user_trusted', 'first_party', 'system']);
export type TrustClass = z.infer<typeof trustClassOutSchema>;

/** A manifest's wish. It is worth nothing by itself. */
export const requestedTrustClassSchema = z.enum([
  'untrusted',
  'third_party',
  'first_party_requested',
  'system_requested',
]);
export type RequestedTrustClass = z.infer<typeof requestedTrustClassSchema>;

/**
 * Where a package came from. `bundled`: with the host; `local_manifest`: found in a folder; `registry`: downloaded;
 * `composed`: handed to the host in code by its operator.
 */
export const packageSourceSchema = z.enum(['bundled', 'local_manifest', 'registry', 'composed']);
export type PackageSource = z.infer<typeof packageSourceSchema>;

/** The subject of trust. The same id from two sources is two subjects. */
export const packageIdentitySchema = z.strictObject({
  packageId: extensionIdSchema,
  source: packageSourceSchema,
  digest: digestSchema.optional(),
});
export type PackageIdentity = z.infer<typeof packageIdentitySchema>;

/** `allowedEffects` is the ceiling: no grant reaches beyond it. An entry with a digest fits that content only. */
const trustEntrySchema = packageIdentitySchema.extend({ trust: trustClassOutSchema, allowedEffects: effectsSchema });
const trustEntriesSchema = z.array(trustEntrySchema).max(TRUST_ENTRIES_MAX).superRefine(refuseDuplicates);
export type TrustEntry = z.infer<typeof trustEntrySchema>;

/** The operator's decisions. Order: the first entry that fits wins. */
export interface HostTrustPolicy {
  readonly entries: readonly TrustEntry[];
}

/** What a policy said about one package. Nobody can make one but `evaluateTrust`, and it cannot be read from JSON. */
export type EffectiveTrust = SealedTrust;

const policies = new WeakSet<HostTrustPolicy>();
const mint = Symbol('mint');

class SealedTrust {
  readonly #sealed = true;
  readonly packageId: PackageIdentity['packageId'];
  readonly class: TrustClass;
  readonly allowedEffects: readonly EffectKind[];
  constructor(
    right: symbol,
    packageId: PackageIdentity['packageId'],
    trust: TrustClass,
    effects: readonly EffectKind[],
  ) {
    assert(right === mint, 'effective trust is minted by evaluateTrust only');
    this.packageId = packageId;
    this.class = trust;
    this.allowedEffects = Object.freeze([...effects]);
    Object.freeze(this);
  }
  static isSealed(value: object): value is SealedTrust {
    return #sealed in value && value.#sealed;
  }
  toJSON(): { packageId: string; class: TrustClass; allowedEffects: readonly EffectKind[] } {
    return { packageId: this.packageId, class: this.class, allowedEffects: this.allowedEffects };
  }
}

/** The policy's answer for one package. A package that no entry fits is in the sandbox and may do nothing. */
export function evaluateTrust(policy: HostTrustPolicy, identity: PackageIdentity): EffectiveTrust {
  assert(policies.has(policy), 'a trust policy is made by createHostTrustPolicy only');
  const { packageId, source, digest } = parseWith(packageIdentitySchema, identity, 'package');
  const entry = policy.entries.find(
    (each) =>
      each.packageId === packageId && each.source === source && (each.digest === undefined || each.digest === digest),
  );
  return new SealedTrust(mint, packageId, entry?.trust ?? 'sandbox', entry?.allowedEffects ?? []);
}

/** Errors: `host-api/invalid_value`, also when two entries stand for the same subject. */
export function createHostTrustPolicy(entries: readonly TrustEntry[]): HostTrustPolicy {
  const parsed = parseWith(trustEntriesSchema, entries, 'trustPolicy');
  for (const entry of parsed) Object.freeze(Object.freeze(entry).allowedEffects);
  const policy: HostTrustPolicy = Object.freeze({ entries: Object.freeze(parsed) });
  policies.add(policy);
  return policy;
}

export function isEffectiveTrust(value: unknown): value is EffectiveTrust {
  return typeof value === 'object' && value !== null && SealedTrust.isSealed(value);
}

function refuseDuplicates(entries: readonly z.infer<typeof trustEntrySchema>[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  entries.forEach((entry, at) => {
    const subject = JSON.stringify([entry.packageId, entry.source, entry.digest ?? null]);
    if (seen.has(subject))
      context.addIssue({ code: 'custom', path: [at], message: 'stands for a subject a second time' });
    seen.add(subject);
  });
}
