/**
 * Working on one run while somebody watches: until it ends, waits for an answer, or the person wants to stop.
 *
 * Not here: asking (`ask.ts`), printing (`reporter.ts`).
 */
import type { GateRow, ResourceScope, RunId } from '@reborn/host-api';
import type { Reborn } from '@reborn/reborn';
import type { RunRow } from '@reborn/turns';
import type { Asked } from './ask.ts';
import { notFound } from './find-subject.ts';
import type { Machine } from './machine.ts';
import type { Reporter } from './reporter.ts';
import type { RunFeed } from './run-feed.ts';

/** How often a watcher looks for what is new. Units: milliseconds. */
const LOOK_MS = 150;
/** A watcher spends at most a tenth of the time with looking. */
const LOOK_PAUSES = 10;

export interface Errand {
  readonly machine: Machine;
  readonly host: Reborn;
  /** Of the run, thread included. */
  readonly scope: ResourceScope;
  readonly runId: RunId;
  readonly feed: RunFeed;
  readonly reporter: Reporter;
  /** Stays while the run waits for an answer from elsewhere. */
  readonly wait: boolean;
  /** Asks the person at the terminal. */
  readonly ask?: (gate: GateRow) => Promise<Asked>;
}

export interface Ending {
  readonly kind: 'ended' | 'parked' | 'interrupted';
  readonly run: RunRow;
}

/** Errors: those of the store. */
export async function workOn(errand: Errand): Promise<Ending> {
  const watcher = createWatcher(errand);
  try {
    return await work(errand, watcher);
  } finally {
    await errand.host.settle();
    await watcher.look();
  }
}

async function work(errand: Errand, watcher: Watcher): Promise<Ending> {
  const { host, scope, runId, machine, reporter } = errand;
  const signal = machine.io.interrupted;
  let saidHeld = false;
  for (;;) {
    const outcome = await watcher.during(host.drive({ scope, runId }, { signal }));
    if (outcome.kind === 'unknown_run') throw notFound('run');
    const { run } = outcome;
    if (outcome.kind === 'ended') return { kind: 'ended', run };
    if (signal.aborted) return { kind: 'interrupted', run };
    if (outcome.kind === 'held') {
      if (!saidHeld)
        reporter.remark('another process holds the run, or died holding it; waiting for it or for its lease to end');
      saidHeld = true;
    } else if (errand.ask === undefined) {
      if (!errand.wait) return { kind: 'parked', run };
    } else {
      // What hooks have to say about the question is said before it.
      await host.settle();
      await watcher.look();
      const answered = await askAll(errand, errand.ask);
      if (!answered) return { kind: 'parked', run };
      continue;
    }
    await watcher.during(pause(machine, LOOK_MS));
  }
}

/** Asks about each open gate of the run; false when one of them stays open. */
async function askAll(errand: Errand, ask: (gate: GateRow) => Promise<Asked>): Promise<boolean> {
  let open = 0;
  for (const gate of await gatesOfRun(errand.host, errand.scope, errand.runId)) {
    const asked = await ask(gate);
    if (asked !== 'answered') open += 1;
    if (asked === 'stopped') break;
  }
  return open === 0;
}

/** Oldest first. */
export async function gatesOfRun(host: Reborn, scope: ResourceScope, runId: RunId): Promise<readonly GateRow[]> {
  return (await host.openGates(scope)).filter((gate) => gate.receipt.runId === runId);
}

interface Watcher {
  look(): Promise<void>;
  /** Looks again and again until the work is done. */
  during<T>(work: Promise<T>): Promise<T>;
}

function createWatcher({ machine, feed, reporter }: Errand): Watcher {
  const { clock, timers } = machine.platform;
  const look = async (): Promise<void> => {
    for (const happening of await feed.next()) reporter.show(happening);
  };
  const during = async <T>(work: Promise<T>): Promise<T> => {
    const rest = new AbortController();
    let looking: Promise<void> = Promise.resolve();
    const later = (ms: number): void => {
      const cancel = timers.schedule(ms, () => {
        const began = clock.nowMs();
        // Trouble with the store is the worker's to report; the last look reports its own.
        looking = look()
          .then(() => {
            if (!rest.signal.aborted) reporter.waiting(clock.nowMs());
          })
          .catch(() => undefined)
          .then(() => {
            if (!rest.signal.aborted) later(Math.max(LOOK_MS, (clock.nowMs() - began) * LOOK_PAUSES));
          });
      });
      rest.signal.addEventListener('abort', cancel, { once: true });
    };
    later(LOOK_MS);
    try {
      return await work;
    } finally {
      rest.abort();
      await looking;
      reporter.rest();
      await look();
    }
  };
  return { look, during };
}

function pause(machine: Machine, ms: number): Promise<void> {
  const { interrupted } = machine.io;
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      interrupted.removeEventListener('abort', done);
      resolve();
    };
    const cancel = machine.platform.timers.schedule(ms, done);
    interrupted.addEventListener('abort', done, { once: true });
    if (interrupted.aborted) done();
  });
}
