/**
 * Waiting for the end of a process, whichever host carries it on.
 *
 * Not here: how commits of other hosts are noticed (the store).
 */
import type { DurableStore, ResourceScope, Timers } from '@reborn/host-api';
import { PROCESS_LOOK_MS } from '../limits.ts';
import type { ProcessView } from './process.ts';

/** `look` gives nothing for a process that is unknown. Units: milliseconds. */
interface AwaitTerms {
  readonly store: DurableStore;
  readonly timers: Timers;
  readonly scope: ResourceScope;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  look(): Promise<ProcessView | undefined>;
}

/**
 * Looks when a process of the tenant has ended, and now and then besides. The process as it stood at the last look: still
 * running when the time is over or the signal has aborted.
 */
export async function awaitProcess(terms: AwaitTerms): Promise<ProcessView | undefined> {
  const { store, timers, scope, signal } = terms;
  let isOver = signal.aborted;
  let wake = (): void => undefined;
  const lookAgain = (): void => wake();
  const give = (): void => {
    isOver = true;
    wake();
  };
  const interest = { family: 'runtime', tenantId: scope.tenantId, kinds: ['process_ended'] } as const;
  const ignore = store.onCommit(lookAgain, interest);
  const cancelTimeout = timers.schedule(terms.timeoutMs, give);
  signal.addEventListener('abort', give, { once: true });
  try {
    for (;;) {
      // From before the look: what happens during it is a reason for another.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const process = await terms.look();
      if (process?.status !== 'running' || isOver) return process;
      const cancelLook = timers.schedule(PROCESS_LOOK_MS, lookAgain);
      await woken;
      cancelLook();
    }
  } finally {
    ignore();
    cancelTimeout();
    signal.removeEventListener('abort', give);
  }
}
