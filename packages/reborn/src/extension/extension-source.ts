/**
 * Where a package is, before anybody has looked at it, and what its operator thinks of it. Structural: adapters satisfy it
 * without knowing this package.
 *
 * Not here: looking at it (`read-package.ts`), what comes of several (`extension-registry.ts`).
 * Source: specification 2, a.4; house, "Floors".
 */
import {
  digestSchema,
  effectsSchema,
  parseWith,
  type EffectKind,
  type FileSystem,
  type Processes,
  type VirtualPath,
} from '@reborn/host-api';
import { z } from 'zod';

/**
 * The operator's decision. Without `trust` the package is looked at and stays in quarantine. `allowedEffects`: the most
 * that its capabilities may do; none by default. `digest`: this content and no other.
 */
export interface ExtensionDecision {
  readonly trust?: 'user_trusted' | undefined;
  readonly allowedEffects?: readonly EffectKind[] | undefined;
  readonly digest?: string | undefined;
}

export const extensionDecisionSchema = z.strictObject({
  trust: z.literal('user_trusted').optional(),
  allowedEffects: effectsSchema.default([]),
  digest: digestSchema.optional(),
});

/**
 * One package. `name` is how its operator calls it, for people. `files` shows it below `folder`, and `processes` starts
 * programs there. `node` is the program that runs its scripts.
 */
export interface ExtensionSource {
  readonly kind: 'extension_source';
  readonly name: string;
  readonly origin: 'local_manifest';
  readonly files: FileSystem;
  readonly folder: VirtualPath;
  readonly processes: Processes;
  readonly node: string;
  readonly decision: ExtensionDecision;
}

export function isExtensionSource(value: unknown): value is ExtensionSource {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'extension_source';
}

/** Errors: `host-api/invalid_value` naming the field. */
export function parseExtensionDecision(source: ExtensionSource): z.output<typeof extensionDecisionSchema> {
  return parseWith(extensionDecisionSchema, source.decision, 'extensions.decision');
}
