/**
 * A call to be judged and a hook to be registered, with sensible defaults: a test names only what it is about.
 *
 * Not here: scopes, contexts and trust (`@reborn/host-api/testkit`).
 */
import { digestOf, parseCapabilityId, parseExtensionId, portableDigest, type EffectiveTrust } from '@reborn/host-api';
import { buildContext, buildTrust } from '@reborn/host-api/testkit';
import type { JudgedCall } from '../dispatch/judged-call.ts';
import type { HookSpec } from '../registry/hook-spec.ts';
import type { HookInstallation } from '../registry/registry.ts';

/** `notes.write` by Alice of tenant `acme`, outside any run. */
export function buildJudgedCall(overrides: Partial<JudgedCall> & { readonly capability?: string } = {}): JudgedCall {
  const { capability = 'notes.write', ...given } = overrides;
  const input = given.input ?? { path: '/workspace/note.md', text: 'A note.' };
  return {
    context: buildContext(),
    capabilityId: parseCapabilityId(capability),
    provider: parseExtensionId(capability.slice(0, capability.lastIndexOf('.'))),
    effects: ['write_filesystem'],
    inputDigest: digestOf(input, portableDigest),
    signal: new AbortController().signal,
    ...given,
    input,
  };
}

/** A hook of version 1.0.0 of a package that the operator trusts. */
export function buildInstallation(hook: HookSpec, trust: EffectiveTrust = buildTrust('rules')): HookInstallation {
  return { trust, extensionVersion: '1.0.0', hook };
}
