/**
 * The folders that a sandbox shows, held open, and where the program begins: what is shown was looked up without
 * following links, and stays what it is whoever renames it meanwhile.
 *
 * Not here: the sandbox itself (`bubblewrap.ts`), holding folders (`held-folder.ts`).
 */
import type { ProcessSandbox, SandboxMount, VirtualPath } from '@reborn/host-api';
import { RefusedFile } from './file-refusal.ts';
import type { HeldFolder } from './held-folder.ts';
import type { HostRoots } from './host-root.ts';

/** The sandbox makes these itself; `/tmp` may be replaced. */
const RESERVED = new Set(['usr', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'etc', 'proc', 'dev', 'sys']);

/** One thing to lay over another. Without a `descriptor` it is empty. */
export interface SandboxPlace {
  readonly at: string;
  readonly access: SandboxMount['access'];
  readonly descriptor?: number;
}

/** Order of `places`: outer ones first. */
export interface HeldPlaces {
  readonly places: readonly SandboxPlace[];
  readonly folder: string;
  close(): Promise<void>;
}

/** Errors: `RefusedFile`; errors of the system. Nothing stays open then. */
export async function holdPlaces(
  roots: HostRoots,
  { mounts }: ProcessSandbox,
  workingFolder: VirtualPath | undefined,
): Promise<HeldPlaces> {
  const held: HeldFolder[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(held.splice(0).map((folder) => folder.close()));
  };
  const hold = async (path: string, create = false): Promise<HeldFolder> => {
    const located = roots(path as VirtualPath);
    const folder = await located.hold(located.segments, create);
    held.push(folder);
    return folder;
  };
  try {
    const places: SandboxPlace[] = [];
    for (const mount of inOrder(mounts)) {
      places.push(...(await holdWay(mount, mounts, hold)));
      places.push(await holdMount(mount, hold));
    }
    return { places, folder: await holdStart(mounts, workingFolder, hold), close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Hold = (path: string, create?: boolean) => Promise<HeldFolder>;

async function holdMount({ path, at, access }: SandboxMount, hold: Hold): Promise<SandboxPlace> {
  if (access === 'none') return { at, access };
  return { at, access, descriptor: (await hold(path)).descriptor };
}

/**
 * What lies between a mount and the one around it. Each folder on the way is laid over itself: nobody inside can rename
 * it then, and take what is hidden or write-protected below it to another name.
 */
async function holdWay(
  mount: SandboxMount,
  mounts: readonly SandboxMount[],
  hold: Hold,
): Promise<readonly SandboxPlace[]> {
  const outer = longest(mounts.filter((other) => isBelow(mount.at, other.at)));
  if (outer === undefined || outer.access === 'none') return [];
  const segments = mount.at.slice(outer.at.length + 1).split('/');
  const way: SandboxPlace[] = [];
  for (const [index] of segments.entries()) {
    const below = segments.slice(0, index + 1).join('/');
    const { descriptor } = await hold(`${outer.path}/${below}`, true);
    way.push({ at: `${outer.at}/${below}`, access: outer.access, descriptor });
  }
  return way;
}

/** Where the program begins, as it sees it. */
async function holdStart(
  mounts: readonly SandboxMount[],
  folder: VirtualPath | undefined,
  hold: Hold,
): Promise<string> {
  if (folder === undefined) return '/';
  const above = mounts.filter(({ path }) => folder === path || isBelow(folder, path));
  const mount = above.toSorted((left, right) => right.path.length - left.path.length)[0];
  if (mount === undefined || mount.access === 'none') throw new RefusedFile('outside_mount');
  await hold(folder);
  return `${mount.at}${folder.slice(mount.path.length)}`;
}

/** Outer places first, each place once, none that the sandbox makes itself. */
function inOrder(mounts: readonly SandboxMount[]): readonly SandboxMount[] {
  if (new Set(mounts.map(({ at }) => at)).size !== mounts.length) throw new RefusedFile('outside_mount');
  for (const { at } of mounts) if (!isPlace(at)) throw new RefusedFile('outside_mount');
  return mounts.toSorted((left, right) => left.at.length - right.at.length);
}

function isPlace(at: string): boolean {
  const [root, ...segments] = at.split('/');
  if (root !== '' || at.includes('\0')) return false;
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) return false;
  return !RESERVED.has(segments[0] ?? '');
}

function longest(mounts: readonly SandboxMount[]): SandboxMount | undefined {
  return mounts.toSorted((left, right) => right.at.length - left.at.length)[0];
}

function isBelow(path: string, above: string): boolean {
  return path.startsWith(`${above}/`);
}
