/**
 * Taking runs and working on them: one in particular, until it stops by itself.
 *
 * Not here: one sitting (`sitting.ts`), recovery's rules (`@reborn/turns`).
 */
import { isTerminal, type RunRow } from '@reborn/turns';
import type { DurableStore, RunId, TenantId } from '@reborn/host-api';
import { FOLLOW_SAFETY_NET_MS } from '../limits.ts';
import { sit, type SittingDependencies } from './sitting.ts';

/** `ended`: the run is over. `parked`: it waits for its gates. `held`: another worker has it. */
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

export function createWorker(dependencies: SittingDependencies & { readonly store: DurableStore }): Worker {
  const drive = (target: RunTarget, signal: AbortSignal): Promise<DriveOutcome> => driveRun(dependencies, target, signal);
  const follow = async (target: RunTarget, signal: AbortSignal): Promise<DriveOutcome> => {
    for (;;) {
      const outcome = await drive(target, signal);
      if (outcome.kind === 'ended' || outcome.kind === 'unknown_run' || signal.aborted) return outcome;
      await nextChange(dependencies, signal);
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
  for (;;) {
    const run = await runner.look(runId);
    if (run === undefined || run.scope.tenantId !== tenantId) return { kind: 'unknown_run' };
    if (isTerminal(run.status)) return { kind: 'ended', run };
    if (run.status === 'parked') return { kind: 'parked', run };
    if (signal.aborted) return { kind: 'held', run };
    if (run.status === 'running') {
      const recovered = await runner.recoverExpired({ tenantId });
      if (!recovered.includes(runId)) return { kind: 'held', run };
      continue;
    }
    const claimed = await runner.claimNext({ tenantId, only: runId });
    if (claimed !== undefined) await sit(dependencies, claimed, signal);
  }
}

function nextChange(dependencies: SittingDependencies & { readonly store: DurableStore }, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      off();
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const off = dependencies.store.onCommit(() => done());
    const cancel = dependencies.timers.schedule(FOLLOW_SAFETY_NET_MS, () => done());
    signal.addEventListener('abort', done, { once: true });
  });
}
