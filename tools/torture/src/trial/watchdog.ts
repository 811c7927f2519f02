/**
 * Ends the process when a case hangs, also one that holds up the event loop: a thread of its own looks at the time.
 *
 * Not here: the thread (`watchdog-thread.ts`).
 */
import { MessageChannel, Worker } from 'node:worker_threads';

export interface Watchdog {
  /** Something goes on: `name` is what would be blamed next. */
  alive(name: string): void;
  stop(): void;
}

/** Units: milliseconds. */
export function startWatchdog(silenceMsMax: number): Watchdog {
  const { port1, port2 } = new MessageChannel();
  const workerData = { port: port2, silenceMsMax };
  const worker = new Worker(new URL('./watchdog-thread.ts', import.meta.url), {
    workerData,
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  return { alive: (name) => port1.postMessage(name), stop: () => void worker.terminate() };
}
