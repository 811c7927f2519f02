/**
 * What can be called, what it does to the world, and who was granted it. A declaration grants nothing.
 *
 * Not here: how far its provider is trusted (`trust.ts`), what is decided about one call (`verdict.ts`), how it is
 * carried out (`@reborn/host-runtime`).
 * Source: specification 2, a.5 and f.2-4.
 */
import { z } from 'zod';
import { boundedText } from './bounded-text.ts';
import { parseWith } from './errors.ts';
import { networkTargetsSchema } from './http-egress.ts';
import { capabilityIdSchema, extensionIdSchema, grantIdSchema, secretHandleSchema } from './ids.ts';
import { jsonObjectSchema } from './json.ts';
import {
  CREDENTIALS_MAX,
  DEADLINE_MS_MAX,
  DESCRIPTION_BYTES_MAX,
  INVOCATIONS_MAX,
  OUTPUT_BYTES_MAX,
} from './limits.ts';
import { mountViewSchema } from './mount.ts';
import { principalSchema } from './principal.ts';
import { resourceAmountsSchema } from './resource.ts';

export const effectKindSchema = z.enum([
  'read_filesystem',
  'write_filesystem',
  'delete_filesystem',
  'network',
  'use_secret',
  'execute_code',
  'spawn_process',
  'dispatch_capability',
  'modify_extension',
  'modify_approval',
  'modify_budget',
  'external_write',
  'financial',
]);
export type EffectKind = z.infer<typeof effectKindSchema>;

/** A set of effects. Order: held sorted by code unit; one that stands twice is refused. */
export const effectsSchema = z
  .array(effectKindSchema)
  .refine((effects) => new Set(effects).size === effects.length, 'must name each effect once')
  .transform((effects) => effects.toSorted());

/** What the provider asks for: to go through, to ask somebody each time, or to be switched off. */
export const permissionModeSchema = z.enum(['allow', 'ask', 'deny']);
export type PermissionMode = z.infer<typeof permissionModeSchema>;

/** A secret that a capability uses, by name. */
export const credentialRequirementSchema = z.strictObject({
  handle: secretHandleSchema,
  required: z.boolean().default(true),
});
export type CredentialRequirement = z.infer<typeof credentialRequirementSchema>;

/**
 * One capability as its provider declares it. `inputSchema` is a JSON Schema, for the model and for the door.
 * Shape: `id` is `provider` and at least one more part. Units: milliseconds; bytes of the serialised output.
 */
export const capabilityDescriptorSchema = z
  .strictObject({
    id: capabilityIdSchema,
    provider: extensionIdSchema,
    description: boundedText(DESCRIPTION_BYTES_MAX).min(1),
    inputSchema: jsonObjectSchema,
    effects: effectsSchema,
    permission: permissionModeSchema,
    deadlineMs: z.int().min(1).max(DEADLINE_MS_MAX),
    outputBytesMax: z.int().min(1).max(OUTPUT_BYTES_MAX),
    outputSchema: jsonObjectSchema.optional(),
    /** Needs `use_secret`. Nobody is asked for one that is not required. */
    credentials: z.array(credentialRequirementSchema).max(CREDENTIALS_MAX).optional(),
    /** Where it talks to; needs `network`. Without one it may talk wherever its grant leads. */
    targets: networkTargetsSchema.optional(),
    /** What one call is expected to use up. A limited dimension without an estimate is refused. */
    estimate: resourceAmountsSchema.optional(),
  })
  .refine((descriptor) => descriptor.credentials === undefined || descriptor.effects.includes('use_secret'), {
    path: ['credentials'],
    message: 'need the effect use_secret',
  })
  .refine((descriptor) => descriptor.targets === undefined || descriptor.effects.includes('network'), {
    path: ['targets'],
    message: 'need the effect network',
  })
  .refine((descriptor) => descriptor.id.startsWith(`${descriptor.provider}.`), {
    path: ['id'],
    message: 'must begin with its provider',
  });
export type CapabilityDescriptor = z.infer<typeof capabilityDescriptorSchema>;

/** The limits of one call that the host can hold it to: by its estimate, its deadline, and what it measures itself. */
const grantCeilingSchema = resourceAmountsSchema.pick({
  usd: true,
  inputTokens: true,
  outputTokens: true,
  wallClockMs: true,
  outputBytes: true,
  egressBytes: true,
});

/**
 * Somebody's right to a capability. Only limits that the host enforces have a field; any other is refused when the grant
 * is made, instead of failing every call later. Units: milliseconds since 1970.
 */
export const capabilityGrantSchema = z.strictObject({
  id: grantIdSchema,
  capability: capabilityIdSchema,
  grantee: principalSchema,
  issuedBy: principalSchema,
  allowedEffects: effectsSchema,
  expiresAtMs: z.int().positive().optional(),
  /** Narrower than what the host mounted for the capability; absent, it sees all of that. */
  mounts: mountViewSchema.optional(),
  /** Hosts that it may talk to; absent, those that the capability declares, or else those that the posture leaves open. */
  targets: networkTargetsSchema.optional(),
  /** Secrets that it may use; absent, none. */
  secrets: z.array(secretHandleSchema).max(CREDENTIALS_MAX).optional(),
  /** The most that the estimate of one call may be. */
  ceiling: grantCeilingSchema.optional(),
  /** How many effects may be announced under it, by anybody. */
  maxInvocations: z.int().min(1).max(INVOCATIONS_MAX).optional(),
});
export type CapabilityGrant = z.infer<typeof capabilityGrantSchema>;

/** Errors: `host-api/invalid_value` naming the field. */
export function parseCapabilityDescriptor(value: unknown): CapabilityDescriptor {
  return parseWith(capabilityDescriptorSchema, value, 'descriptor');
}

/** Errors: `host-api/invalid_value` naming the field. */
export function parseCapabilityGrant(value: unknown): CapabilityGrant {
  return parseWith(capabilityGrantSchema, value, 'grant');
}

/** True when none of the effects changes anything or reaches anybody outside. */
export function isReadOnly(effects: readonly EffectKind[]): boolean {
  return effects.every((effect) => effect === 'read_filesystem' || effect === 'use_secret');
}
