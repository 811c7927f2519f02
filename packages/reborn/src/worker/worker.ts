/**
 * Taking runs and working on them: one in particular, until it stops by itself.
 *
 * Not here: one sitting (`sitting.ts`), recovery's rules (`@reborn/turns`).
 */
import { isTerminal, type RunRow } from '@reborn/turns';
import type { DurableStore, RunId, TenantId, Timers } from '@reborn/host-api';
import { CLAIM_ATTEMPTS_MAX, FOLLOW_LEASE_LOOK_MS } from '../limits.ts';
import { pause } from '../pause.ts';
import { sit, type SittingDependencies } from './sitting.ts';

/** `ended`: the run is over. `parked`: it waits for its gates. `held`: another worker has it, or this one was told to stop. */
export type DriveOutcome =
  | { readonly kind: 'ended'; readonly run: RunRow }
  | { readonly kind: 'parked'; readonly run: RunRow }
  | { readonly kind: 'held'; readonly run: RunRow }
  | { readonly kind: 'unknown_run' };

export interface Worker {
  /** Works on one run until it ends or parks, or somebody else has it. */
  drive(target: RunTarget, signal: AbortSignal): Promise<DriveOutcome>;
  /** As `drive`, and waits: for gates to be answered elsewhere, and for another worker to finish or to die. */
  follow(target: RunTarget, signal: AbortSignal): Promise<DriveOutcome>;
}

export interface RunTarget {
  readonly tenantId: TenantId;
  readonly runId: RunId;
}

export interface WorkerDependencies extends SittingDependencies {
  readonly store: DurableStore;
  readonly timers: Timers;
}

export function createWorker(dependencies: WorkerDependencies): Worker {
  const drive = (target: RunTarget, signal: AbortSignal): Promise<DriveOutcome> =>
    driveRun(dependencies, target, signal);
  const follow = async (target: RunTarget, signal: AbortSignal): Promise<DriveOutcome> => {
    for (;;) {
      // Listens before it looks: what is committed in between wakes it at once.
      const change = nextChange(dependencies.store, target.tenantId);
      try {
        const outcome = await drive(target, signal);
        if (outcome.kind === 'ended' || outcome.kind === 'unknown_run' || signal.aborted) return outcome;
        const over = change.until(signal);
        // A worker that has died changes nothing: its lease has to be looked at again.
        const lookAgain =
          outcome.kind === 'held' ? pause(dependencies.timers, FOLLOW_LEASE_LOOK_MS, over) : aborted(over);
        await Promise.race([change.happened, lookAgain]);
      } finally {
        change.close();
      }
    }
  };
  return { drive, follow };
}

async function driveRun(
  dependencies: SittingDependencies,
  target: RunTarget,
  signal: AbortSignal,
): Promise<DriveOutcome> {
  const { runner } = dependencies;
  const { tenantId, runId } = target;
  for (let vain = 0; ;) {
    const run = await runner.look(runId);
    if (run === undefined || run.scope.tenantId !== tenantId) return { kind: 'unknown_run' };
    if (isTerminal(run.status)) return { kind: 'ended', run };
    if (run.status === 'parked') return { kind: 'parked', run };
    if (signal.aborted || vain === CLAIM_ATTEMPTS_MAX) return { kind: 'held', run };
    if (run.status === 'running') {
      const recovered = await runner.recoverExpired({ tenantId, only: runId });
      if (recovered.includes(runId)) continue;
      // Whoever had it may have given it back since it was looked at.
      const now = await runner.look(runId);
      if (now?.status === 'running') return { kind: 'held', run: now };
      vain += 1;
      continue;
    }
    const claimed = await runner.claimNext({ tenantId, only: runId });
    if (claimed === undefined) vain += 1;
    else await sit(dependencies, claimed, signal);
  }
}

interface ChangeWaiter {
  readonly happened: Promise<void>;
  /** A signal for whoever waits for something else meanwhile: it aborts with the given one and with the waiter. */
  until(signal: AbortSignal): AbortSignal;
  close(): void;
}

/** Whatever becomes of a run is said in the outbox of its tenant's runs. */
function nextChange(store: DurableStore, tenantId: TenantId): ChangeWaiter {
  const closed = new AbortController();
  let off = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    off = store.onCommit(resolve, { family: 'turn', tenantId });
  });
  return {
    happened,
    until: (signal) => AbortSignal.any([signal, closed.signal]),
    close: () => {
      off();
      closed.abort();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
