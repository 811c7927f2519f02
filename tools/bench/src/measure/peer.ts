/**
 * What others have made, to stand beside: installed in a folder of its own (`../../peers`), since a driver of theirs is
 * compiled on installation, which nobody should wait for who does not want to compare.
 *
 * Not here: how each is measured (the areas).
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Side } from './block.ts';

/** Where they are installed. */
export const PEERS = fileURLToPath(new URL('../../peers/', import.meta.url));
export const NOT_INSTALLED = 'install it with npm ci --prefix tools/bench/peers';

export interface PeerSide extends Side {
  readonly id: string;
  readonly note: string;
}

/** `why` says that there is nothing to compare with. */
export interface Peers {
  readonly sides: readonly PeerSide[];
  readonly why?: string;
}

/** Finds what is installed there. */
export const peerRequire = createRequire(join(PEERS, 'package.json'));

/** `undefined` when it is not installed, or not for this machine. */
export async function loadPeer<T>(name: string): Promise<T | undefined> {
  try {
    return (await import(pathToFileURL(peerRequire.resolve(name)).href)) as T;
  } catch {
    return undefined;
  }
}
