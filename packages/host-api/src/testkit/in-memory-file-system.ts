/**
 * Files in memory, with the semantics of the port: links are named and never followed.
 *
 * Not here: files on a disk (`@reborn/adapter-node`).
 */
import type { Clock, FileOutcome, FileRefusal, FileStat, FileSystem, FolderEntry } from '../platform.ts';
import { parseVirtualPath, VIRTUAL_ROOTS, type VirtualPath } from '../scoped-path.ts';

/** Text, bytes, or a link that leads out of every mount. */
export type FileSeed = string | Uint8Array | { readonly link: string };

export interface InMemoryFileSystem extends FileSystem {
  /** What the files hold now, as text. Order: by path, code unit. */
  texts(): Readonly<Record<string, string>>;
  /** Puts a link there that leads out of every mount. */
  linkOut(path: VirtualPath): void;
}

type Node =
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly modifiedMs: number }
  | { readonly kind: 'directory' | 'link'; readonly modifiedMs: number };

/** Shape: `files` maps virtual paths to contents; missing parents are made, and the roots are always there. */
export function createInMemoryFileSystem(
  files: Readonly<Record<string, FileSeed>> = {},
  clock: Clock = { nowMs: () => 0 },
): InMemoryFileSystem {
  const fileSystem = new FileTree(clock);
  for (const [path, seed] of Object.entries(files)) fileSystem.put(parseVirtualPath(path), seed);
  return fileSystem;
}

class FileTree implements InMemoryFileSystem {
  readonly #nodes = new Map<string, Node>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    for (const root of VIRTUAL_ROOTS) this.#nodes.set(root, { kind: 'directory', modifiedMs: clock.nowMs() });
  }

  async stat(path: VirtualPath): Promise<FileOutcome<FileStat>> {
    const node = this.#find(path);
    return typeof node === 'string' ? refused(node) : ok(toStat(node));
  }

  async list(path: VirtualPath, entriesMax: number): Promise<FileOutcome<readonly FolderEntry[]>> {
    const folder = this.#find(path);
    if (typeof folder === 'string') return refused(folder);
    if (folder.kind !== 'directory') return refused(folder.kind === 'link' ? 'outside_mount' : 'not_a_directory');
    const entries = [...this.#nodes]
      .filter(([name]) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/'))
      .map(([name, node]) => ({ name: name.slice(path.length + 1), ...toStat(node) }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1));
    return entries.length > entriesMax ? refused('too_large') : ok(entries);
  }

  async read(path: VirtualPath, bytesMax: number): Promise<FileOutcome<Uint8Array>> {
    const node = this.#find(path);
    if (typeof node === 'string') return refused(node);
    if (node.kind !== 'file') return refused(node.kind === 'link' ? 'outside_mount' : 'not_a_file');
    return node.bytes.length > bytesMax ? refused('too_large') : ok(node.bytes.slice());
  }

  async write(path: VirtualPath, bytes: Uint8Array): Promise<FileOutcome<{ readonly replaced: boolean }>> {
    const node = this.#find(path);
    if (typeof node === 'string' && node !== 'not_found') return refused(node);
    if (typeof node === 'object' && node.kind !== 'file')
      return refused(node.kind === 'link' ? 'outside_mount' : 'not_a_file');
    this.put(path, bytes);
    return ok({ replaced: typeof node === 'object' });
  }

  texts(): Readonly<Record<string, string>> {
    const found = [...this.#nodes].flatMap(([path, node]) =>
      node.kind === 'file' ? [[path, toText(node.bytes)] as const] : [],
    );
    return Object.fromEntries(found.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }

  linkOut(path: VirtualPath): void {
    this.put(path, { link: '' });
  }

  /** The node itself, or why one cannot get to it. */
  #find(path: VirtualPath): Node | FileRefusal {
    for (const parent of parentsOf(path)) {
      const node = this.#nodes.get(parent);
      if (node === undefined) return 'not_found';
      if (node.kind === 'link') return 'outside_mount';
      if (node.kind === 'file') return 'not_a_directory';
    }
    return this.#nodes.get(path) ?? 'not_found';
  }

  put(path: VirtualPath, seed: FileSeed): void {
    this.#makeParents(path);
    this.#nodes.set(path, this.#toNode(seed));
  }

  #makeParents(path: VirtualPath): void {
    for (const parent of parentsOf(path)) {
      if (!this.#nodes.has(parent)) this.#nodes.set(parent, { kind: 'directory', modifiedMs: this.#clock.nowMs() });
    }
  }

  #toNode(seed: FileSeed): Node {
    const modifiedMs = this.#clock.nowMs();
    if (typeof seed === 'string') return { kind: 'file', bytes: new TextEncoder().encode(seed), modifiedMs };
    if (seed instanceof Uint8Array) return { kind: 'file', bytes: seed.slice(), modifiedMs };
    return { kind: 'link', modifiedMs };
  }
}

function parentsOf(path: VirtualPath): readonly string[] {
  const segments = path.split('/').slice(1, -1);
  return segments.map((_segment, at) => `/${segments.slice(0, at + 1).join('/')}`);
}

function toStat(node: Node): FileStat {
  return { kind: node.kind, bytes: node.kind === 'file' ? node.bytes.length : 0, modifiedMs: node.modifiedMs };
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function ok<T>(value: T): FileOutcome<T> {
  return { kind: 'ok', value };
}

function refused<T>(reason: FileRefusal): FileOutcome<T> {
  return { kind: 'refused', reason };
}
