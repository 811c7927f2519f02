/** What a worker needs to move runs. */
import type { Clock, DurableStore, Ids } from '@reborn/host-api';

/** `holder` names this worker; `leaseMs` is how long it holds a run without a heartbeat. Units: milliseconds. */
export interface RunnerDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly holder: string;
  readonly leaseMs: number;
}
