/**
 * One sitting: a worker holds a run, lets its loop work, and writes how it ended.
 *
 * Not here: which run is taken and when (`worker.ts`), what may stop a loop (`watch.ts`).
 * Source: specification 3, c.1 and g-2.
 */
import { InvariantError, isFault, type GateId } from '@reborn/host-api';
import { HostRuntimeError } from '@reborn/host-runtime';
import type { AgentLoopDriver, LoopExit, LoopHost } from '@reborn/turns/loop';
import { validateExit, type ClaimedRun, type EndOutcome, type RunEnd } from '@reborn/turns/runner';
import { createGuestHost, LeaseLost, type LoopHostDependencies } from '../loop-host/loop-host.ts';
import { watchOver, type StopReason, type Watch, type WatchDependencies } from './watch.ts';

export interface SittingDependencies extends LoopHostDependencies, WatchDependencies {
  readonly driver: AgentLoopDriver;
}

/** `lost`: another worker has the run; nothing was written. */
export type SittingOutcome = 'written' | 'lost';

/** Errors: those of the store; the run then waits for its lease to run out and is taken up again. */
export async function sit(
  dependencies: SittingDependencies,
  claimed: ClaimedRun,
  shutdown: AbortSignal,
): Promise<SittingOutcome> {
  const watch = watchOver(dependencies, claimed, shutdown);
  const issuedGates = new Set<GateId>();
  try {
    for (;;) {
      const end = await work(dependencies, claimed, watch, issuedGates);
      if (end === 'lost') return 'lost';
      const written =
        end === 'yielded'
          ? await giveBack(dependencies, claimed, issuedGates)
          : await dependencies.runner.endSitting(claimed, end, [...issuedGates]);
      if (written.kind !== 'gate_answered') return written.kind;
      // A gate was answered while the run was on its way to park: the loop goes on at once.
    }
  } finally {
    watch.close();
  }
}

/** A run that was cancelled at the last moment is settled instead. */
async function giveBack(
  { runner }: SittingDependencies,
  claimed: ClaimedRun,
  issuedGates: ReadonlySet<GateId>,
): Promise<EndOutcome> {
  const given = await runner.yieldRun(claimed);
  if (given.kind === 'written') return given;
  const run = await runner.look(claimed.run.runId);
  return run?.cancel === undefined ? given : runner.endSitting(claimed, { kind: 'cancelled' }, [...issuedGates]);
}

/** How one call of the loop ended. `abandoned`: it was told to stop and did not; it can do nothing any more. */
type Ended =
  | { readonly kind: 'returned'; readonly exit: LoopExit }
  | { readonly kind: 'threw' }
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'trouble'; readonly error: unknown };

/** `yielded`: the run goes back into the queue, for whoever wants to go on with it. */
type SittingEnd = RunEnd | 'lost' | 'yielded';

async function work(
  dependencies: SittingDependencies,
  claimed: ClaimedRun,
  watch: Watch,
  issuedGates: Set<GateId>,
): Promise<SittingEnd> {
  const guest = createGuestHost(dependencies, claimed, { signal: watch.signal, issuedGates });
  try {
    const abandoned = watch.over.then((): Ended => ({ kind: 'abandoned' }));
    const ended = await Promise.race([runLoop(dependencies, guest.host), abandoned]);
    if (ended.kind === 'lost' || watch.reason() === 'lease_lost') return 'lost';
    if (ended.kind === 'trouble') throw ended.error;
    return await conclude(dependencies, claimed, ended, { reason: watch.reason(), issuedGates });
  } finally {
    guest.close();
  }
}

/** Never rejects, so that nobody misses what becomes of a loop that was abandoned. */
async function runLoop({ driver, diagnostics }: SittingDependencies, host: LoopHost): Promise<Ended> {
  try {
    return { kind: 'returned', exit: await driver.run(host) };
  } catch (error) {
    if (error instanceof LeaseLost) return { kind: 'lost' };
    if (HostRuntimeError.is(error) && error.code === 'host-runtime/lease_lost') return { kind: 'lost' };
    if (isTrouble(error)) return { kind: 'trouble', error };
    if (!host.signal.aborted)
      diagnostics.report('A loop threw instead of returning an exit', {
        code: isFault(error) ? error.code : 'unknown',
      });
    return { kind: 'threw' };
  }
}

/** What is no fault of the loop's: bugs of the host, and stores that cannot work at the moment. */
function isTrouble(error: unknown): boolean {
  if (error instanceof InvariantError) return true;
  return isFault(error) && (error.retryable || error.code.startsWith('host-api/store_'));
}

async function conclude(
  { runner }: SittingDependencies,
  claimed: ClaimedRun,
  ended: Exclude<Ended, { kind: 'lost' | 'trouble' }>,
  sitting: { readonly reason: StopReason | undefined; readonly issuedGates: ReadonlySet<string> },
): Promise<SittingEnd> {
  const { reason, issuedGates } = sitting;
  const run = await runner.look(claimed.run.runId);
  if (run === undefined) return 'lost';
  const believe = async (exit: LoopExit): Promise<RunEnd> =>
    validateExit(exit, { run, entries: await runner.readThread(run), issuedGates });
  if (reason === undefined) return ended.kind === 'returned' ? believe(ended.exit) : driverFailed();
  // A loop that was told to stop may say anything; what it has finished counts all the same.
  if (ended.kind === 'returned' && isFinished(ended.exit)) return believe(ended.exit);
  if (run.cancel !== undefined) return { kind: 'cancelled' };
  if (reason !== 'wall_clock') return 'yielded';
  const seconds = Math.round(run.profile.wallClockMs / 1000);
  return {
    kind: 'failed',
    failure: { kind: 'wall_clock_exhausted', explanation: `The run worked for ${seconds} s without an end.` },
  };
}

function isFinished(exit: unknown): boolean {
  if (typeof exit !== 'object' || exit === null || !('kind' in exit)) return false;
  return exit.kind === 'completed' || exit.kind === 'parked';
}

function driverFailed(): RunEnd {
  return { kind: 'failed', failure: { kind: 'driver_failed', explanation: 'The loop failed unexpectedly.' } };
}
