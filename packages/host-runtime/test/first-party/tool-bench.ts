/**
 * The file tools on files in memory, with everything recorded that they touch.
 *
 * Not here: what the door does with the tools.
 */
import {
  parseInvocationId,
  parseMountView,
  type FileRefusal,
  type FileSystem,
  type JsonObject,
  type MountView,
  type VirtualPath,
} from '@reborn/host-api';
import { buildScope, createInMemoryFileSystem, fixedUuid, type InMemoryFileSystem } from '@reborn/host-api/testkit';
import { createFileTools } from '../../src/first-party/file-tools.ts';
import type { HandlerOutcome } from '../../src/lane/handler.ts';

export type ToolName = 'list_dir' | 'read_file' | 'grep' | 'write_file';
type Seeds = Parameters<typeof createInMemoryFileSystem>[0];

export interface BenchOptions {
  readonly mounts?: MountView;
  /** Refuses one operation on one path. */
  readonly refuse?: (operation: keyof FileSystem, path: string) => FileRefusal | undefined;
}

export interface ToolBench {
  readonly files: InMemoryFileSystem;
  readonly touched: string[];
  run(tool: ToolName, input: JsonObject, signal?: AbortSignal): Promise<HandlerOutcome>;
  /** The output of a call that completes. */
  output(tool: ToolName, input: JsonObject): Promise<Output>;
  /** The failed outcome of a call. */
  failure(tool: ToolName, input: JsonObject): Promise<Extract<HandlerOutcome, { kind: 'failed' }>>;
}

/** The fields of all four outputs; a test reads those of the tool it calls. */
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
  const parts = { files: recording(files, touched, options.refuse), mounts: options.mounts ?? buildMounts() };
  const tools = new Map(createFileTools(parts).map((tool) => [tool.descriptor.id as string, tool]));

  return { files, touched, run, output, failure };

  async function run(
    name: ToolName,
    input: JsonObject,
    signal = new AbortController().signal,
  ): Promise<HandlerOutcome> {
    const tool = tools.get(`builtin.${name}`);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    const check = tool.checkInput(input);
    if (check.kind === 'invalid') throw new Error(`invalid input: ${check.field} ${check.rule}`);
    return tool.run({ input: check.input, scope: buildScope(), invocationId: parseInvocationId(fixedUuid(1)), signal });
  }

  async function output(name: ToolName, input: JsonObject): Promise<Output> {
    const outcome = await run(name, input);
    if (outcome.kind !== 'completed') throw new Error(`failed: ${outcome.code}: ${outcome.message}`);
    return outcome.output as unknown as Output;
  }

  async function failure(name: ToolName, input: JsonObject): Promise<Extract<HandlerOutcome, { kind: 'failed' }>> {
    const outcome = await run(name, input);
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
