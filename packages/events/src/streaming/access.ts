/**
 * Asking whether somebody may still watch. Only a clear yes in time is a yes.
 *
 * Not here: when it is asked (`stream-session.ts`), the scope that the log applies in any case (`../read-scope.ts`).
 */
import type { Principal, Timers } from '@reborn/host-api';
import { EVENT_STREAM_ACCESS_DEADLINE_MS } from '../limits.ts';
import type { ReadScope } from '../read-scope.ts';

export interface AccessQuestion {
  readonly actor: Principal;
  readonly scope: ReadScope;
}

/** Asked before a stream opens, before anything is handed over, and now and then. Whatever else it does is a no. */
export type AccessCheck = (question: AccessQuestion) => 'allowed' | 'denied' | Promise<'allowed' | 'denied'>;

export async function isAllowed(check: AccessCheck, question: AccessQuestion, timers: Timers): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<'late'>((resolve) => {
    cancel = timers.schedule(EVENT_STREAM_ACCESS_DEADLINE_MS, () => resolve('late'));
  });
  // Within an async function a callback that throws is one that rejects.
  const asked = async (): Promise<unknown> => check(question);
  try {
    return (await Promise.race([asked(), late])) === 'allowed';
  } catch {
    return false;
  } finally {
    cancel();
  }
}
