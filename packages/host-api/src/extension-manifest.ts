/**
 * What a package says about itself: the envelope of `extension.json`, found through the field `reborn` of the package's
 * `package.json`, or directly. A manifest asks and declares; it gives nothing to anybody.
 *
 * Not here: the parts, whose form belongs to the room that takes them (capabilities: `@reborn/host-runtime`), finding and
 * loading packages (`@reborn/reborn`), what a package is trusted with (`trust.ts`).
 * Source: rulings, section 4 ("Formats"); specification 2, a.4.
 */
import { z } from 'zod';
import { boundedLine, utf8Bytes } from './bounded-text.ts';
import { parseWith } from './errors.ts';
import { extensionIdSchema } from './ids.ts';
import { jsonValueSchema, parseJson } from './json.ts';
import { MANIFEST_BYTES_MAX, PACKAGE_PATH_BYTES_MAX, PACKAGE_VERSION_BYTES_MAX } from './limits.ts';
import { requestedTrustClassSchema } from './trust.ts';

const SEMANTIC_VERSION = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

/** A file of a package, from its top folder, with or without a leading `./`. Shape: relative, no `..`, 1–512 bytes. */
export const packagePathSchema = z
  .string()
  .regex(/^(?:\.\/)?[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, {
    message: 'must be a relative path inside the package, of letters, digits, ".", "_" and "-"',
  })
  .refine((path) => utf8Bytes(path) <= PACKAGE_PATH_BYTES_MAX, `must be at most ${PACKAGE_PATH_BYTES_MAX} bytes`)
  .transform((path) => (path.startsWith('./') ? path.slice(2) : path))
  .brand<'PackagePath'>();
export type PackagePath = z.infer<typeof packagePathSchema>;

/** `$schema` is for editors. `requestedTrust` is a wish. The parts are checked by the rooms that take them. */
export const extensionManifestSchema = z.strictObject({
  $schema: boundedLine(PACKAGE_PATH_BYTES_MAX).optional(),
  schemaVersion: z.literal(1),
  id: extensionIdSchema,
  version: boundedLine(PACKAGE_VERSION_BYTES_MAX).regex(SEMANTIC_VERSION, 'must be a version such as "1.0.0"'),
  requestedTrust: requestedTrustClassSchema,
  capabilities: jsonValueSchema.optional(),
  hooks: jsonValueSchema.optional(),
});
export type ExtensionManifest = z.infer<typeof extensionManifestSchema>;

/** Errors: `host-api/invalid_json`, `host-api/invalid_value`; both name a field and a rule and show nothing of the text. */
export function parseExtensionManifest(text: string): ExtensionManifest {
  return parseWith(extensionManifestSchema, parseJson(text, 'manifest', MANIFEST_BYTES_MAX), 'manifest');
}
