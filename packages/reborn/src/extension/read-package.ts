/**
 * What a package declares, read from the bytes that its digest stands for.
 *
 * Not here: getting at the bytes (`package-tree.ts`), whether its operator trusts it (`extension-registry.ts`), making
 * handlers (`package-handler.ts`).
 * Source: specification 2, b.11; rulings, section 4 ("Formats").
 */
import {
  isJsonObject,
  packagePathSchema,
  parseCapabilityDescriptor,
  parseExtensionManifest,
  parseJson,
  type CapabilityDescriptor,
  type ExtensionManifest,
  type JsonObject,
  type JsonValue,
  type PackagePath,
} from '@reborn/host-api';
import {
  compileSchema,
  DOCUMENT_BYTES_MAX,
  parseCapabilityManifest,
  SCHEMA_BYTES_MAX,
  type InputCheck,
  type ManifestCapability,
} from '@reborn/host-runtime';
import { PACKAGE_JSON_BYTES_MAX } from '../limits.ts';
import type { PackageTree } from './package-tree.ts';
import { orQuarantine, Quarantined } from './quarantine.ts';

const MANIFEST_FILE = 'extension.json';

/** One capability with everything of it that stands in the package. `prompt`: what a model should know to use it. */
export interface PackageCapability {
  readonly descriptor: CapabilityDescriptor;
  readonly prompt: string;
  readonly checkInput: (input: JsonValue) => InputCheck;
  readonly checkOutput: ((output: JsonValue) => InputCheck) | undefined;
  readonly run: ManifestCapability['run'];
}

/** Errors: `Quarantined` with `no_manifest` or `invalid_manifest`. */
export function readManifest({ files }: PackageTree): ExtensionManifest {
  const bytes = files.get(manifestPath(files));
  if (bytes === undefined) throw new Quarantined('no_manifest');
  const text = textOf(bytes);
  if (text === undefined) throw new Quarantined('invalid_manifest', { field: 'manifest', rule: 'must be UTF-8 text' });
  return orQuarantine('invalid_manifest', () => parseExtensionManifest(text));
}

/**
 * Errors: `Quarantined` with `hooks_not_taken`, `invalid_capability`, `foreign_namespace`, `invalid_schema`,
 * `invalid_prompt` or `missing_program`: the first thing that is wrong, in the order of the manifest.
 */
export function readCapabilities(tree: PackageTree, manifest: ExtensionManifest): readonly PackageCapability[] {
  if (manifest.hooks !== undefined) throw new Quarantined('hooks_not_taken', { field: 'hooks' });
  const declared = orQuarantine('invalid_capability', () => parseCapabilityManifest(manifest.capabilities ?? null));
  return declared.map((capability, at) => readCapability(tree, manifest, capability, `capabilities.${at}`));
}

function manifestPath(files: PackageTree['files']): string {
  const bytes = files.get('package.json');
  if (bytes === undefined) return MANIFEST_FILE;
  const field = 'package.json';
  const value = orQuarantine('invalid_manifest', () => parseJson(textOf(bytes) ?? '', field, PACKAGE_JSON_BYTES_MAX));
  if (!isJsonObject(value) || value['reborn'] === undefined) return MANIFEST_FILE;
  const path = packagePathSchema.safeParse(value['reborn']);
  if (path.success) return path.data;
  throw new Quarantined('invalid_manifest', { field: `${field}.reborn`, rule: 'must be a path inside the package' });
}

function readCapability(
  { files }: PackageTree,
  manifest: ExtensionManifest,
  declared: ManifestCapability,
  at: string,
): PackageCapability {
  const { id, inputSchema: input, outputSchema: output, prompt, run, ...rest } = declared;
  if (!id.startsWith(`${manifest.id}.`)) throw new Quarantined('foreign_namespace', { field: `${at}.id` });
  const inputSchema = readSchema(files, input, `${at}.inputSchema`);
  const outputSchema = output === undefined ? undefined : readSchema(files, output, `${at}.outputSchema`);
  const described = { ...rest, id, provider: manifest.id, inputSchema, ...(outputSchema && { outputSchema }) };
  const descriptor = orQuarantine('invalid_capability', () => parseCapabilityDescriptor(described), at);
  return {
    descriptor,
    prompt: readPrompt(files, prompt, `${at}.prompt`),
    checkInput: compile(inputSchema, `${at}.inputSchema`),
    checkOutput: outputSchema === undefined ? undefined : compile(outputSchema, `${at}.outputSchema`),
    run: readRun(files, run, at),
  };
}

function readSchema(files: PackageTree['files'], part: PackagePath | JsonObject, field: string): JsonObject {
  if (typeof part !== 'string') return part;
  const text = textOf(files.get(part));
  if (text === undefined)
    throw new Quarantined('invalid_schema', { field, rule: 'must be a JSON file of the package' });
  const value = orQuarantine('invalid_schema', () => parseJson(text, field, SCHEMA_BYTES_MAX));
  if (isJsonObject(value)) return value;
  throw new Quarantined('invalid_schema', { field, rule: 'must be a JSON object' });
}

function compile(schema: JsonObject, field: string): PackageCapability['checkInput'] {
  const compiled = compileSchema(schema);
  if (compiled.kind === 'invalid') throw new Quarantined('invalid_schema', { field, rule: compiled.rule });
  return (input) => compiled.check(input);
}

function readPrompt(files: PackageTree['files'], path: PackagePath, field: string): string {
  const bytes = files.get(path);
  if (bytes === undefined) throw new Quarantined('invalid_prompt', { field, rule: 'must be a file of the package' });
  if (bytes.byteLength > DOCUMENT_BYTES_MAX) {
    throw new Quarantined('invalid_prompt', { field, rule: `must be at most ${DOCUMENT_BYTES_MAX} bytes` });
  }
  const text = textOf(bytes);
  if (text !== undefined && text.trim() !== '' && !text.includes('\0')) return text;
  throw new Quarantined('invalid_prompt', { field, rule: 'must be UTF-8 text that says something' });
}

function readRun(files: PackageTree['files'], run: ManifestCapability['run'], at: string): ManifestCapability['run'] {
  const [program, ...args] = run.command;
  const script = program === 'node' ? packagePathSchema.parse(args[0]) : program;
  if (!files.has(script)) throw new Quarantined('missing_program', { field: `${at}.run.command` });
  return run;
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes === undefined ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
