/**
 * One sitting: a worker holds a run, lets its loop work, keeps the lease alive, and writes how it ended.
 *
 * Not here: which run is taken and when (`worker.ts`).
 * Source: specification 3, c.1 and g-2.
 */
import type { Timers } from '@reborn/host-api';
import { HostRuntimeError } from '@reborn/host-runtime';
import type { AgentLoopDriver, LoopExit } from '@reborn/turns/loop';
import { HEARTBEATS_PER_LEASE, validateExit, type ClaimedRun, type RunEnd, type Runner } from '@reborn/turns/runner';
import { createLoopHost, LeaseLost, type LoopHostDependencies } from '../loop-host/loop-host.ts';

export interface SittingDependencies extends LoopHostDependencies {
  readonly timers: Timers;
  readonly driver: AgentLoopDriver;
  /** Units: milliseconds. */
  readonly leaseMs: number;
}

/** `lost`: another worker has the run; nothing was written. */
export type SittingOutcome = 'ended' | 'parked' | 'lost';

type StopReason = 'lease_lost' | 'wall_clock' | 'cancelled' | 'shutdown';

/** Errors: those of the store; the run then waits for its lease to run out and is taken up again. */
export async function sit(dependencies: SittingDependencies, claimed: ClaimedRun, shutdown: AbortSignal): Promise<SittingOutcome> {
  for (;;) {
    const end = await work(dependencies, claimed, shutdown);
    if (end === 'lost') return 'lost';
    const written = await dependencies.runner.endSitting(claimed, end);
    if (written.kind === 'lost') return 'lost';
    if (written.kind === 'written') return end.kind === 'parked' ? 'parked' : 'ended';
    // A gate was answered while the run was on its way to park: the loop goes on at once.
  }
}

async function work(dependencies: SittingDependencies, claimed: ClaimedRun, shutdown: AbortSignal): Promise<RunEnd | 'lost'> {
  const stop = new AbortController();
  let reason: StopReason | undefined;
  const halt = (why: StopReason): void => {
    reason ??= why;
    stop.abort();
  };
  const watch = keepAlive(dependencies, claimed, halt, shutdown);
  const issuedGates = new Set<string>();
  try {
    const host = createLoopHost(dependencies, claimed, { signal: stop.signal, issuedGates });
    const exit = await dependencies.driver.run(host).catch((error: unknown) => asExit(error, dependencies));
    if (exit === 'lost' || reason === 'lease_lost' || reason === 'shutdown') return 'lost';
    return await conclude(dependencies.runner, claimed, exit, { reason, issuedGates });
  } finally {
    watch.stop();
  }
}

async function conclude(
  runner: Runner,
  claimed: ClaimedRun,
  exit: LoopExit,
  sitting: { readonly reason: StopReason | undefined; readonly issuedGates: ReadonlySet<string> },
): Promise<RunEnd> {
  if (sitting.reason === 'wall_clock' && exit.kind === 'cancelled') {
    const seconds = Math.round(claimed.run.profile.wallClockMs / 1000);
    return { kind: 'failed', failure: { kind: 'wall_clock_exhausted', explanation: `The run worked for ${seconds} s without an end.` } };
  }
  const run = (await runner.look(claimed.run.runId)) ?? claimed.run;
  return validateExit(exit, { run, entries: await runner.readThread(run), issuedGates: sitting.issuedGates });
}

function asExit(error: unknown, dependencies: SittingDependencies): LoopExit | 'lost' {
  if (error instanceof LeaseLost) return 'lost';
  if (HostRuntimeError.is(error) && error.code === 'host-runtime/lease_lost') return 'lost';
  if (isStoreTrouble(error)) throw error;
  dependencies.diagnostics.report('A loop threw instead of returning an exit.');
  return { kind: 'failed', failure: { kind: 'driver_failed', explanation: 'The loop failed unexpectedly.' } };
}

function isStoreTrouble(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('host-api/store_');
}

/** Heartbeats, the wall clock, and the wish to cancel, all checked between heartbeats. */
function keepAlive(
  dependencies: SittingDependencies,
  claimed: ClaimedRun,
  halt: (why: StopReason) => void,
  shutdown: AbortSignal,
): { stop(): void } {
  const { runner, timers, leaseMs } = dependencies;
  const { run, lease } = claimed;
  let stopped = false;
  let cancelBeat = (): void => undefined;
  const beat = async (): Promise<void> => {
    const alive = await runner.heartbeat(lease).catch(() => true);
    if (stopped) return;
    if (!alive) return halt('lease_lost');
    const now = await runner.look(run.runId).catch(() => undefined);
    if (now?.cancel !== undefined) halt('cancelled');
    schedule();
  };
  const schedule = (): void => {
    if (!stopped) cancelBeat = timers.schedule(leaseMs / HEARTBEATS_PER_LEASE, () => void beat());
  };
  const cancelWall = timers.schedule(run.profile.wallClockMs, () => halt('wall_clock'));
  const onShutdown = (): void => halt('shutdown');
  shutdown.addEventListener('abort', onShutdown, { once: true });
  schedule();
  return {
    stop: () => {
      stopped = true;
      cancelBeat();
      cancelWall();
      shutdown.removeEventListener('abort', onShutdown);
    },
  };
}
