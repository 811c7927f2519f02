/**
 * Looks now and then for what hosts that are gone have left behind, and closes it.
 *
 * Not here: closing it (`@reborn/host-runtime`); runs, which their worker recovers (`worker/`).
 */
import { InvariantError, isFault, type Diagnostics, type Timers } from '@reborn/host-api';
import type { HostRuntimeService } from '@reborn/host-runtime';
import { KEEPER_LOOK_MS } from './limits.ts';

export interface Keeper {
  /** Looks no more; resolves when the last look is over. */
  stop(): Promise<void>;
}

/** Looks at once for the first time. Trouble is reported, and the next look comes all the same. */
export function startKeeper(
  runtime: Pick<HostRuntimeService, 'recover'>,
  { timers, diagnostics }: { readonly timers: Timers; readonly diagnostics: Diagnostics },
): Keeper {
  let stopped = false;
  let cancel = (): void => undefined;
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      await runtime.recover();
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      const cause = isFault(error) ? error.code : 'unknown';
      diagnostics.report('What earlier hosts have left behind could not be looked at', { cause });
    }
    if (!stopped) cancel = timers.schedule(KEEPER_LOOK_MS, begin);
  };
  const begin = (): void => void (looking = look());
  begin();
  return {
    stop: () => {
      stopped = true;
      cancel();
      return looking;
    },
  };
}
