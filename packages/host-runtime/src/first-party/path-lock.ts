/**
 * One call at a time on one file: what reads a file and then writes it must not cross another that does the same.
 *
 * Not here: other programs. What one of them writes after the comparison and before the file is replaced is lost; it is
 * never mixed with what is written here, and what it wrote before the comparison is found (`read-state.ts`).
 * Source: specification 2, d.
 */
import type { FileSystem, VirtualPath } from '@reborn/host-api';
import { fileFailure } from './file-failure.ts';
import { PATH_WAITERS_MAX } from './limits.ts';

export interface PathLock {
  /**
   * Order: first come, first served. Whoever is stopped while waiting leaves the queue.
   * Errors: those of `work`; `ToolFailure` `cancelled` and `busy`, and nothing was done.
   */
  hold<T>(path: VirtualPath, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

/** One lock for each file system of this process, whoever made tools for it. */
const locks = new WeakMap<FileSystem, PathLock>();

export function pathLockOf(files: FileSystem): PathLock {
  const lock = locks.get(files) ?? createPathLock();
  locks.set(files, lock);
  return lock;
}

function createPathLock(): PathLock {
  /** Held paths, with those who wait for each. */
  const held = new Map<VirtualPath, (() => void)[]>();

  return {
    async hold(path, signal, work) {
      await enter(path, signal);
      try {
        return await work();
      } finally {
        leave(path);
      }
    },
  };

  async function enter(path: VirtualPath, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw fileFailure('cancelled');
    const waiters = held.get(path);
    if (waiters === undefined) return void held.set(path, []);
    if (waiters.length >= PATH_WAITERS_MAX) throw fileFailure('busy');
    return new Promise((resolve, reject) => {
      const enterNow = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        waiters.splice(waiters.indexOf(enterNow), 1);
        reject(fileFailure('cancelled'));
      };
      waiters.push(enterNow);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  function leave(path: VirtualPath): void {
    const next = held.get(path)?.shift();
    if (next === undefined) held.delete(path);
    else next();
  }
}
