/** What the tests of packages share: a package in memory that can be changed, and the parts that it is made of. */
import {
  parseVirtualPath,
  portableDigest,
  type FileSystem,
  type JsonValue,
  type ProcessOutcome,
} from '@reborn/host-api';
import { createFakeProcesses, createInMemoryFileSystem, exited, type FakeProcesses } from '@reborn/host-api/testkit';
import type { ExtensionDecision, ExtensionSource } from '../src/index.ts';
import { createExtensionRegistry, type ExtensionRegistry } from '../src/extension/extension-registry.ts';

export const FOLDER = parseVirtualPath('/artifacts/extension');

export const CAPABILITY = {
  id: 'words.count',
  description: 'Counts the words of a text.',
  inputSchema: 'schema/input.json',
  prompt: 'prompt/count.md',
  effects: ['execute_code'],
  permission: 'allow',
  deadlineMs: 5_000,
  outputBytesMax: 4_096,
  run: { lane: 'process', command: ['node', 'count.mjs', '--all'] },
};
export const MANIFEST = {
  schemaVersion: 1,
  id: 'words',
  version: '1.0.0',
  requestedTrust: 'third_party',
  capabilities: [CAPABILITY],
};
export const INPUT_SCHEMA = {
  type: 'object',
  properties: { text: { type: 'string', maxLength: 100 } },
  required: ['text'],
  additionalProperties: false,
};
export const TRUSTED: ExtensionDecision = { trust: 'user_trusted', allowedEffects: ['execute_code'] };

export type PackageFiles = Readonly<Record<string, string | Uint8Array | { readonly link: string } | undefined>>;

/** A sound package; `changes` replaces files of it, or takes them away. */
export function packageFiles(changes: PackageFiles = {}): PackageFiles {
  return {
    'extension.json': JSON.stringify(MANIFEST),
    'schema/input.json': JSON.stringify(INPUT_SCHEMA),
    'prompt/count.md': 'Give it the text whose words you want to count.',
    'count.mjs': 'process.stdin.pipe(process.stdout);',
    ...changes,
  };
}

/** A sound package whose manifest, or whose one capability, is changed. */
export function withManifest(changes: object, capability?: object): PackageFiles {
  const capabilities = capability === undefined ? {} : { capabilities: [{ ...CAPABILITY, ...capability }] };
  return packageFiles({ 'extension.json': JSON.stringify({ ...MANIFEST, ...capabilities, ...changes }) });
}

export interface PackageBench {
  readonly source: ExtensionSource;
  readonly processes: FakeProcesses;
  /** Puts other files into the folder, as somebody would while the host runs. */
  put(changes: PackageFiles): void;
}

/** `answers`: what each start of its program comes to; an output, or how it ended. */
export function packageBench(
  files: PackageFiles = packageFiles(),
  parts: {
    readonly decision?: ExtensionDecision;
    readonly name?: string;
    readonly answers?: readonly ({ readonly output: JsonValue } | ProcessOutcome)[];
    readonly wrap?: (files: FileSystem) => FileSystem;
    readonly sandbox?: boolean;
  } = {},
): PackageBench {
  const { decision = TRUSTED, name = './words', answers = [], wrap = (plain) => plain, sandbox = true } = parts;
  let now = files;
  let held = fileSystemOf(now);
  const processes = createFakeProcesses(
    answers.map((answer) => ({
      outcome: 'output' in answer ? exited(JSON.stringify({ ...answer, kind: 'completed' })) : answer,
    })),
    { available: sandbox, mechanism: 'fake', detail: 'by script' },
  );
  const live: FileSystem = {
    stat: (path) => held.stat(path),
    list: (path, entriesMax) => held.list(path, entriesMax),
    read: (path, bytesMax) => held.read(path, bytesMax),
    write: (path, bytes) => held.write(path, bytes),
  };
  return {
    processes,
    source: {
      kind: 'extension_source',
      name,
      origin: 'local_manifest',
      files: wrap(live),
      folder: FOLDER,
      processes,
      node: '/programs/node',
      decision,
    },
    put(changes) {
      now = { ...now, ...changes };
      held = fileSystemOf(now);
    },
  };
}

/** The registry of these packages; `reserved`: what else the host holds. */
export function registryOf(
  benches: readonly PackageBench[],
  reserved: readonly string[] = [],
): Promise<ExtensionRegistry> {
  const sources = benches.map(({ source }) => source);
  return createExtensionRegistry({ sources, digest: portableDigest, reserved, sandboxOnly: false });
}

function fileSystemOf(files: PackageFiles): FileSystem {
  const there = Object.entries(files).filter(([, seed]) => seed !== undefined);
  return createInMemoryFileSystem(Object.fromEntries(there.map(([path, seed]) => [`${FOLDER}/${path}`, seed ?? ''])));
}
