/**
 * The identity of a hook: a digest over everything that makes it that hook and no other. Changed content is another hook.
 *
 * Not here: the digest of the whole set of hooks, with their filters and order (`registry/registry.ts`).
 * Source: specification 1, B3 with W-02, T-S3.
 */
import { digestOf, type Digest, type DigestPort, type ExtensionId } from '@reborn/host-api';
import { z } from 'zod';

/** `hook:` and 64 lower-case hex digits: a token that may stand in records. */
export const hookIdSchema = z
  .string()
  .regex(/^hook:[0-9a-f]{64}$/, 'must be "hook:" and 64 hex digits')
  .brand<'HookId'>();
export type HookId = z.infer<typeof hookIdSchema>;

/** `bodyDigest` stands for the code of the hook; without one, the versions stand for it. */
export interface HookIdentity {
  readonly extensionId: ExtensionId;
  readonly extensionVersion: string;
  readonly localId: string;
  readonly hookVersion: number;
  readonly bodyDigest?: Digest | undefined;
}

/** The id of a hook. Injective: canonical JSON keeps the parts apart, whatever they hold. */
export function toHookId(identity: HookIdentity, digest: DigestPort): HookId {
  const { extensionId, extensionVersion, localId, hookVersion } = identity;
  const bodyDigest = identity.bodyDigest ?? digestOf({ extensionVersion, hookVersion }, digest);
  const parts = { extensionId, extensionVersion, localId, hookVersion, bodyDigest };
  return hookIdSchema.parse(`hook:${digestOf(parts, digest).slice('sha256:'.length)}`);
}
