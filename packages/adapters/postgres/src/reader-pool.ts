/**
 * The sessions that reads share: as many as there are reads at once, up to a bound, then reads wait in line.
 *
 * Not here: what is read (`reads.ts`).
 */
import { HostApiError } from '@reborn/host-api';
import type { Session } from './driver.ts';
import { isLost, toStoreFault, unavailable } from './errors.ts';
import { READS_WAITING_MAX } from './limits.ts';

export class ReaderPool {
  readonly #open: () => Promise<Session>;
  readonly #sessionsMax: number;
  readonly #idle: Session[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;
  #closed = false;

  constructor(open: () => Promise<Session>, sessionsMax: number) {
    this.#open = open;
    this.#sessionsMax = sessionsMax;
  }

  /**
   * Runs a read. One whose session turns out to be lost, as after a restart of the server, is tried once more on a new one.
   * Errors: `host-api/store_unavailable`, `host-api/store_closed`; those of the store.
   */
  async read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    await this.#turn();
    try {
      const idle = this.#takeIdle();
      if (idle === undefined) return await this.#using(await this.#open(), work);
      try {
        return await this.#using(idle, work);
      } catch (error) {
        if (!isLost(error)) throw error;
        return await this.#using(await this.#open(), work);
      }
    } catch (error) {
      throw toStoreFault(error);
    } finally {
      this.#busy -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Reads that have begun are finished first; those that wait are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all(this.#idle.splice(0).map((session) => session.close()));
  }

  async #turn(): Promise<void> {
    while (this.#busy >= this.#sessionsMax && !this.#closed) {
      if (this.#waiting.length >= READS_WAITING_MAX) throw unavailable({ rule: 'too many reads wait' });
      await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    }
    if (this.#closed) throw new HostApiError('host-api/store_closed');
    this.#busy += 1;
  }

  #takeIdle(): Session | undefined {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (!session.lost) return session;
    }
    return undefined;
  }

  async #using<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(session);
    } finally {
      if (this.#closed) await session.close();
      else if (!session.lost) this.#idle.push(session);
    }
  }
}
