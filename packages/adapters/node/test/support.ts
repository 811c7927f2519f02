/** What the tests of this package share: a folder that goes away, and virtual paths without the casts. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseVirtualPath, type VirtualPath } from '@reborn/host-api';
import { onTestFinished } from 'vitest';

export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'reborn-node-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function at(path: string): VirtualPath {
  return parseVirtualPath(path);
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Waits for something that another process does; how long is bounded by the test's own time limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => void setTimeout(resolve, 10));
}
