/**
 * What the tools that come with the host have in common.
 *
 * Not here: how far they are trusted (the host's trust policy).
 */
import { parseExtensionId, PATH_BYTES_MAX, type PackageIdentity } from '@reborn/host-api';
import { z } from 'zod';

/** The package of these tools: part of the host itself. */
export const BUILTIN: PackageIdentity = { packageId: parseExtensionId('builtin'), source: 'bundled' };

/** A path as a model writes it; what it may name is decided where it is placed (`placed-path.ts`). */
export const toolPathSchema = z.string().max(PATH_BYTES_MAX);
