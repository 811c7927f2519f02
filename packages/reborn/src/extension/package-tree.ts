/**
 * All of a package: every file of its folder, and the one digest of them. A change of any byte of any file, or of any
 * name, is another digest.
 *
 * Not here: what the files mean (`read-package.ts`).
 */
import {
  digestOf,
  PACKAGE_PATH_BYTES_MAX,
  utf8Bytes,
  virtualPathSchema,
  type Digest,
  type DigestPort,
  type FileRefusal,
  type VirtualPath,
} from '@reborn/host-api';
import { PACKAGE_BYTES_MAX, PACKAGE_DEPTH_MAX, PACKAGE_ENTRIES_MAX } from '../limits.ts';
import type { ExtensionSource } from './extension-source.ts';
import { Quarantined } from './quarantine.ts';

/** `files`: by path below the package's folder, such as `src/run.mjs`. */
export interface PackageTree {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly digest: Digest;
}

type Place = Pick<ExtensionSource, 'files' | 'folder'>;

/** Errors: `Quarantined` with `unreadable`, `link`, `special_file`, `unsafe_name` or `too_large`. */
export async function readPackageTree(place: Place, digest: DigestPort): Promise<PackageTree> {
  const files = new Map<string, Uint8Array>();
  await readFolder(place, { files, entriesLeft: PACKAGE_ENTRIES_MAX, bytesLeft: PACKAGE_BYTES_MAX }, []);
  const hashes = [...files]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, bytes]) => [path, digest.sha256Hex(bytes)]);
  return { files, digest: digestOf(hashes, digest) };
}

interface Harvest {
  readonly files: Map<string, Uint8Array>;
  entriesLeft: number;
  bytesLeft: number;
}

async function readFolder(place: Place, harvest: Harvest, way: readonly string[]): Promise<void> {
  if (way.length > PACKAGE_DEPTH_MAX) throw tooLarge();
  const listed = await place.files.list(toVirtual(place, way), harvest.entriesLeft);
  if (listed.kind === 'refused') throw refusedAs(listed.reason);
  harvest.entriesLeft -= listed.value.length;
  for (const { name, kind } of listed.value) {
    switch (kind) {
      case 'file':
        await readFile(place, harvest, [...way, name]);
        break;
      case 'directory':
        await readFolder(place, harvest, [...way, name]);
        break;
      case 'link':
        throw new Quarantined('link');
      case 'other':
        throw new Quarantined('special_file');
    }
  }
}

async function readFile(place: Place, harvest: Harvest, way: readonly string[]): Promise<void> {
  const read = await place.files.read(toVirtual(place, way), harvest.bytesLeft);
  if (read.kind === 'refused') throw refusedAs(read.reason);
  harvest.bytesLeft -= read.value.byteLength;
  harvest.files.set(way.join('/'), read.value);
}

/** A name that is no plain part of a path would be read as another one than was listed. */
function toVirtual({ folder }: Place, way: readonly string[]): VirtualPath {
  const path = [folder, ...way].join('/');
  const parsed = virtualPathSchema.safeParse(path);
  if (!parsed.success || parsed.data !== path || utf8Bytes(way.join('/')) > PACKAGE_PATH_BYTES_MAX) {
    throw new Quarantined('unsafe_name');
  }
  return parsed.data;
}

function refusedAs(reason: FileRefusal): Quarantined {
  switch (reason) {
    case 'outside_mount':
      return new Quarantined('link');
    case 'too_large':
      return tooLarge();
    case 'not_found':
    case 'not_a_file':
    case 'not_a_directory':
    case 'permission':
    case 'no_space':
    case 'io':
      return new Quarantined('unreadable');
  }
}

function tooLarge(): Quarantined {
  const rule = `has at most ${PACKAGE_ENTRIES_MAX} files and folders, ${PACKAGE_BYTES_MAX} bytes and ${PACKAGE_DEPTH_MAX} levels`;
  return new Quarantined('too_large', { rule });
}
