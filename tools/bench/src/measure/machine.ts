/** What a result was measured on, without the name of the machine. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, platform, arch, release } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { peerRequire } from './peer.ts';
import { ROOT } from './work-folder.ts';
import type { DiskProbe } from './disk-probe.ts';

const require = createRequire(import.meta.url);

export function describeMachine(fileSystem: string, disk: DiskProbe): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const syncs = `fdatasync p50 ${disk.p50Us} µs, p99 ${disk.p99Us} µs`;
  return `${availableParallelism()} cores of ${model}, ${platform()} ${arch()} ${release().split('-')[0]}, ${fileSystem}, ${syncs}`;
}

/** The versions that matter, and the lockfile that fixes the rest. Peers that are not installed have none. */
export async function describeVersions(
  packages: readonly string[],
  peers: readonly string[] = [],
): Promise<Record<string, string>> {
  const lockfile = createHash('sha256').update(await readFile(join(ROOT, 'package-lock.json')));
  const versions: Record<string, string> = { node: process.versions.node, v8: process.versions.v8 };
  for (const name of packages) versions[name] = await versionOf(require, name);
  for (const name of peers) {
    const version = await versionOf(peerRequire, name).catch(() => undefined);
    if (version !== undefined) versions[name] = version;
  }
  return { ...versions, lockfile: lockfile.digest('hex').slice(0, 16) };
}

/** Packages may hide their manifest: it is looked for beside their entry. */
async function versionOf(from: NodeJS.Require, name: string): Promise<string> {
  const entry = from.resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length);
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const version = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(version);
}
