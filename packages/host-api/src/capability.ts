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
import { capabilityIdSchema, extensionIdSchema, grantIdSchema } from './ids.ts';
import { jsonObjectSchema } from './json.ts';
import { DEADLINE_MS_MAX, DESCRIPTION_BYTES_MAX, OUTPUT_BYTES_MAX } from './limits.ts';
import { principalSchema } from './principal.ts';

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
  })
  .refine((descriptor) => descriptor.id.startsWith(`${descriptor.provider}.`), {
    path: ['id'],
    message: 'must begin with its provider',
  });
export type CapabilityDescriptor = z.infer<typeof capabilityDescriptorSchema>;

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
