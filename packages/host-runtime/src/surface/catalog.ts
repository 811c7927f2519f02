/**
 * What a host publishes about its capabilities, for models and for people: schemas and documents. It is a description,
 * apart from what anybody may see or do.
 *
 * Not here: who sees a capability (`visible-surface.ts`), where documents of packages are read (`@reborn/reborn`).
 * Source: specification 2, b.11 ("Hot catalog").
 */
import {
  digestOf,
  utf8Bytes,
  type CapabilityDescriptor,
  type CapabilityId,
  type Digest,
  type DigestPort,
  type JsonObject,
  type PackageIdentity,
} from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { deepFreeze, ownJson } from '../invoke/own-json.ts';
import { compileSchema } from '../lane/foreign-schema.ts';
import { DOCUMENT_BYTES_MAX } from '../limits.ts';

/** A capability with what its package says of it. `prompt`: text, or the bytes of the file that holds it. */
export interface CatalogSource {
  readonly descriptor: CapabilityDescriptor;
  readonly provider: PackageIdentity;
  readonly prompt?: string | Uint8Array;
}

export interface CatalogEntry {
  readonly id: CapabilityId;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly document: string;
}

/** Order: by id, code unit. The digest changes with anything that is published, and with nothing else. */
export interface Catalog {
  readonly digest: Digest;
  readonly entries: readonly CatalogEntry[];
}

/**
 * All or nothing, and the same for the same capabilities in any order. `visible`: those that some model sees; without it,
 * all that are not switched off. Whatever is wrong with another capability is not looked at.
 * Errors: `host-runtime/invalid_composition` naming capability and field, for the first defect of a visible one.
 */
export function createCatalog(
  sources: readonly CatalogSource[],
  digest: DigestPort,
  visible?: ReadonlySet<CapabilityId>,
): Catalog {
  const isVisible = ({ descriptor }: CatalogSource): boolean =>
    visible === undefined ? descriptor.permission !== 'deny' : visible.has(descriptor.id);
  const entries = sources
    .filter(isVisible)
    .toSorted((left, right) => (left.descriptor.id < right.descriptor.id ? -1 : 1))
    .map(toEntry);
  entries.forEach(({ id }, at) => {
    if (id === entries[at + 1]?.id) throw defect(id, 'id', 'is offered twice');
  });
  const published = entries.map((entry) => digestOf({ ...entry }, digest));
  return deepFreeze({ digest: digestOf(published, digest), entries });
}

function toEntry(source: CatalogSource): CatalogEntry {
  const { id, description, inputSchema, outputSchema } = source.descriptor;
  return {
    id,
    description,
    inputSchema: toSchema(id, 'inputSchema', inputSchema),
    ...(outputSchema === undefined ? {} : { outputSchema: toSchema(id, 'outputSchema', outputSchema) }),
    document: toDocument(source),
  };
}

function toSchema(id: CapabilityId, field: 'inputSchema' | 'outputSchema', schema: JsonObject): JsonObject {
  const compiled = compileSchema(schema, 'shown');
  if (compiled.kind === 'invalid') throw defect(id, field, compiled.rule);
  return ownJson(schema, field) as JsonObject;
}

/** The description serves for what was handed over in code; a package that consists of files brings a file for it. */
function toDocument({ descriptor, provider, prompt }: CatalogSource): string {
  const { id, description } = descriptor;
  if (prompt === undefined) {
    if (provider.source === 'composed' || provider.source === 'bundled') return description;
    throw defect(id, 'prompt', 'is missing');
  }
  const text = typeof prompt === 'string' ? prompt : decode(id, prompt);
  if (!text.isWellFormed()) throw defect(id, 'prompt', 'must be UTF-8');
  if (text.trim() === '') throw defect(id, 'prompt', 'must not be empty');
  if (utf8Bytes(text) > DOCUMENT_BYTES_MAX) throw defect(id, 'prompt', `must be at most ${DOCUMENT_BYTES_MAX} bytes`);
  return text;
}

function decode(id: CapabilityId, bytes: Uint8Array): string {
  if (bytes.length > DOCUMENT_BYTES_MAX) throw defect(id, 'prompt', `must be at most ${DOCUMENT_BYTES_MAX} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw defect(id, 'prompt', 'must be UTF-8');
  }
}

function defect(capability: CapabilityId, field: string, rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/invalid_composition', { detail: { field, rule, capability } });
}
