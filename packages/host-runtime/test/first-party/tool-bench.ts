/**
 * The file tools on files in memory, with everything recorded that they touch.
 *
 * Not here: what the door does with the tools.
 */
import { createHash } from 'node:crypto';
import {
  parseMountView,
  parseVirtualPath,
  type FileRefusal,
  type FileSystem,
  type JsonObject,
  type MountView,
  type VirtualPath,
} from '@reborn/host-api';
import { createInMemoryFileSystem, type InMemoryFileSystem } from '@reborn/host-api/testkit';
import { createFileTools } from '../../src/first-party/file-tools.ts';
import type { HandlerCall, HandlerOutcome } from '../../src/lane/handler.ts';
import { callTool } from './call-tool.ts';

export const FILE_TOOLS = ['list_dir', 'glob', 'read_file', 'grep', 'write_file', 'apply_patch'] as const;
export type ToolName = (typeof FILE_TOOLS)[number];
type Seeds = Parameters<typeof createInMemoryFileSystem>[0];

export interface BenchOptions {
  readonly mounts?: MountView;
  /** Refuses one operation on one path. */
  readonly refuse?: (operation: keyof FileSystem, path: string) => FileRefusal | undefined;
  /** Stands between the tools and the files. */
  readonly through?: (files: FileSystem) => FileSystem;
}

/** What a test says of a call besides its input. */
export type CallOptions = Partial<Pick<HandlerCall, 'signal' | 'scope' | 'mounts'>>;

export interface ToolBench {
  readonly files: InMemoryFileSystem;
  readonly touched: string[];
  run(tool: ToolName, input: JsonObject, options?: CallOptions): Promise<HandlerOutcome>;
  /** The output of a call that completes. */
  output(tool: ToolName, input: JsonObject, options?: CallOptions): Promise<Output>;
  /** The failed outcome of a call. */
  failure(tool: ToolName, input: JsonObject, options?: CallOptions): Promise<Failure>;
  /** What a file of the workspace holds, as text. */
  text(path: string): string | undefined;
  /** Puts a file there as another program does. */
  put(path: string, content: string | Uint8Array): Promise<void>;
}
export type Failure = Extract<HandlerOutcome, { kind: 'failed' }>;

/** The fields of all outputs; a test reads those of the tool it calls. */
export interface Output {
  readonly path: string;
  readonly entries: readonly { name: string; path: string; kind: string; size: number | null; size_label: string }[];
  readonly content: string;
  readonly lines?: readonly string[];
  readonly first_line: number;
  readonly lines_shown: number;
  readonly total_lines: number;
  readonly truncated: boolean;
  readonly truncated_by: string | null;
  readonly truncated_by_default: boolean;
  readonly truncated_by_size: boolean;
  readonly version: string;
  readonly replacements: number;
  readonly match_method?: string;
  readonly files: readonly string[];
  readonly counts: readonly { path: string; count: number }[];
  readonly matches: readonly { path: string; line: number; text: string }[];
  readonly scan: {
    entries_visited: number;
    files_scanned: number;
    bytes_scanned: number;
    skipped: { binary: number; unreadable: number; too_large: number; links: number; too_complex: number };
  };
}

/** Files of megabytes are digested here, which takes JavaScript a while. */
export const nativeDigest = { sha256Hex: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') };
const ALL = { read: true, write: true, delete: true, list: true, execute: true };

/** `/workspace` is `/projects/notes`, with every permission but those named here. */
export function buildMounts(
  without: Partial<typeof ALL> = {},
  ...others: readonly { alias: string; target: string; permissions?: Partial<typeof ALL> }[]
): MountView {
  const workspace = { alias: '/workspace', target: '/projects/notes', permissions: without };
  const mounts = [workspace, ...others].map((mount) => ({ ...mount, permissions: { ...ALL, ...mount.permissions } }));
  return parseMountView({ mounts });
}

/** `seeds` are named relative to the workspace, or absolute. */
export function createToolBench(seeds: Seeds = {}, options: BenchOptions = {}): ToolBench {
  const placed = Object.entries(seeds).map(([path, seed]) => [toVirtual(path), seed] as const);
  const files = createInMemoryFileSystem({ '/projects/notes/.keep': '', ...Object.fromEntries(placed) });
  const touched: string[] = [];
  const recorded = recording(files, touched, options.refuse);
  const parts = {
    files: options.through?.(recorded) ?? recorded,
    mounts: options.mounts ?? buildMounts(),
    digest: nativeDigest,
  };
  const tools = new Map(createFileTools(parts).map((tool) => [tool.descriptor.id as string, tool]));

  return {
    files,
    touched,
    run,
    output,
    failure,
    text: (path) => files.texts()[toVirtual(path)],
    async put(path, content) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      await files.write(parseVirtualPath(toVirtual(path)), bytes);
    },
  };

  async function run(name: ToolName, input: JsonObject, options: CallOptions = {}): Promise<HandlerOutcome> {
    const tool = tools.get(`builtin.${name}`);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return callTool(tool, input, options);
  }

  async function output(name: ToolName, input: JsonObject, options?: CallOptions): Promise<Output> {
    const outcome = await run(name, input, options);
    if (outcome.kind !== 'completed') throw new Error(`did not complete: ${JSON.stringify(outcome)}`);
    return outcome.output as unknown as Output;
  }

  async function failure(name: ToolName, input: JsonObject, options?: CallOptions): Promise<Failure> {
    const outcome = await run(name, input, options);
    if (outcome.kind !== 'failed') throw new Error(`did not fail: ${JSON.stringify(outcome)}`);
    return outcome;
  }
}

function toVirtual(path: string): string {
  return path.startsWith('/') ? path : `/projects/notes/${path}`;
}

function recording(files: FileSystem, touched: string[], refuse: BenchOptions['refuse']): FileSystem {
  const refusal = (operation: keyof FileSystem, path: VirtualPath) => {
    touched.push(path);
    const reason = refuse?.(operation, path);
    return reason === undefined ? undefined : ({ kind: 'refused', reason } as const);
  };
  return {
    stat: async (path) => refusal('stat', path) ?? files.stat(path),
    list: async (path, entriesMax) => refusal('list', path) ?? files.list(path, entriesMax),
    read: async (path, bytesMax) => refusal('read', path) ?? files.read(path, bytesMax),
    write: async (path, bytes) => refusal('write', path) ?? files.write(path, bytes),
  };
}
