/**
 * What goes on beside a loop at work: heartbeats, the wall clock, the wish to cancel, and the end of the host.
 *
 * Not here: what a stopped loop's run comes to (`sitting.ts`).
 * Source: specification 3, a.5, c.1 and g-2.
 */
import { isFault, type Diagnostics, type Timers } from '@reborn/host-api';
import { HEARTBEATS_PER_LEASE, type ClaimedRun, type Runner } from '@reborn/turns/runner';
import { LOOP_GRACE_MS } from '../limits.ts';

/** `lease_lost`: another worker may have the run. `shutdown`: this host does not want to go on; another one may. */
export type StopReason = 'lease_lost' | 'wall_clock' | 'cancelled' | 'shutdown';

export interface Watch {
  /** Aborts when the loop has to stop. */
  readonly signal: AbortSignal;
  /** Resolves when a loop that was told to stop has had its time to return. */
  readonly over: Promise<void>;
  /** The first reason stands, but for a lost lease, which outdoes all others. */
  reason(): StopReason | undefined;
  close(): void;
}

export interface WatchDependencies {
  readonly runner: Runner;
  readonly timers: Timers;
  readonly diagnostics: Diagnostics;
  /** Units: milliseconds. */
  readonly leaseMs: number;
}

/** Begins at once and lasts until it is closed, however often the loop is started in between. */
export function watchOver(dependencies: WatchDependencies, claimed: ClaimedRun, shutdown: AbortSignal): Watch {
  const { timers } = dependencies;
  const stop = new AbortController();
  let reason: StopReason | undefined;
  let cancelGrace = (): void => undefined;
  let giveUp = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const halt = (why: StopReason): void => {
    if (why === 'lease_lost') giveUp();
    else if (reason === undefined) cancelGrace = timers.schedule(LOOP_GRACE_MS, giveUp);
    reason = why === 'lease_lost' ? why : (reason ?? why);
    stop.abort();
  };
  const heart = keepAlive(dependencies, claimed, halt);
  const cancelWall = timers.schedule(claimed.run.profile.wallClockMs, () => halt('wall_clock'));
  const onShutdown = (): void => halt('shutdown');
  if (shutdown.aborted) onShutdown();
  else shutdown.addEventListener('abort', onShutdown, { once: true });
  const close = (): void => {
    heart.stop();
    cancelWall();
    cancelGrace();
    shutdown.removeEventListener('abort', onShutdown);
  };
  return { signal: stop.signal, over, reason: () => reason, close };
}

/**
 * Heartbeats, and a look at the run with each of them. A store in trouble loses no lease, and so the work goes on, until
 * a whole lease has passed without an answer: then nobody knows who has the run.
 */
function keepAlive(
  dependencies: WatchDependencies,
  { run, lease }: ClaimedRun,
  halt: (why: StopReason) => void,
): { stop(): void } {
  const { runner, timers, leaseMs, diagnostics } = dependencies;
  let stopped = false;
  let cancelBeat = (): void => undefined;
  let cancelExpiry = (): void => undefined;
  const confirm = (): void => {
    cancelExpiry();
    cancelExpiry = timers.schedule(leaseMs, () => halt('lease_lost'));
  };
  const beat = async (): Promise<void> => {
    try {
      const alive = await runner.heartbeat(lease);
      if (stopped) return;
      if (!alive) return halt('lease_lost');
      confirm();
      const now = await runner.look(run.runId);
      if (!stopped && now?.cancel !== undefined) halt('cancelled');
    } catch (error) {
      diagnostics.report('A heartbeat could not be written', {
        runId: run.runId,
        code: isFault(error) ? error.code : 'unknown',
      });
    }
    schedule();
  };
  const schedule = (): void => {
    if (!stopped) cancelBeat = timers.schedule(leaseMs / HEARTBEATS_PER_LEASE, () => void beat());
  };
  confirm();
  schedule();
  return {
    stop: () => {
      stopped = true;
      cancelBeat();
      cancelExpiry();
    },
  };
}
