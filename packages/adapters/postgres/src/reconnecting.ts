/**
 * One session that is made anew whenever it was lost, with pauses that grow and an end to patience.
 *
 * Not here: what is said through it (`writer.ts`, `signals.ts`).
 */
import { HostApiError, type StoreOpening } from '@reborn/host-api';
import type { Session } from './driver.ts';
import { isAbsent, toStoreFault } from './errors.ts';
import { RECONNECT_PAUSE_MS_MAX, RECONNECT_PAUSE_MS_MIN, RECONNECT_TOTAL_MS } from './limits.ts';

export interface ReconnectingOptions {
  readonly open: () => Promise<Session>;
  readonly timers: StoreOpening['timers'];
  /** A session that is there already. */
  readonly first: Session;
}

export class Reconnecting {
  readonly #options: ReconnectingOptions;
  readonly #pauses = new Set<() => void>();
  #session: Session;
  #closed = false;

  constructor(options: ReconnectingOptions) {
    this.#options = options;
    this.#session = options.first;
  }

  /** Errors: `host-api/store_unavailable` after `RECONNECT_TOTAL_MS` of pauses; `host-api/store_unsuitable`. */
  async session(): Promise<Session> {
    for (let waitedMs = 0, pauseMs = RECONNECT_PAUSE_MS_MIN; this.#session.lost;) {
      if (this.#closed) throw new HostApiError('host-api/store_closed');
      try {
        this.#session = await this.#options.open();
      } catch (error) {
        if (!isAbsent(error) || waitedMs >= RECONNECT_TOTAL_MS) throw toStoreFault(error);
        await this.#pause(pauseMs);
        waitedMs += pauseMs;
        pauseMs = Math.min(pauseMs * 2, RECONNECT_PAUSE_MS_MAX);
      }
    }
    return this.#session;
  }

  /** Whoever waits for a session is told that there is none. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#pauses) wake();
    await this.#session.close();
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.timers.schedule(delayMs, wake);
      const pauses = this.#pauses.add(wake);
      function wake(): void {
        cancel();
        pauses.delete(wake);
        resolve();
      }
    });
  }
}
