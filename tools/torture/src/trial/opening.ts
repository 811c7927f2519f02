/** What every store of the harness is opened with. Not here: the workload that is sent to it. */
import { gateMachine, idempotencyMachine, leaseMachine, type StoreOpening } from '@reborn/host-api';
import { tallyMachine } from '@reborn/simulator';

export const opening: StoreOpening = {
  machines: [tallyMachine, leaseMachine, idempotencyMachine, gateMachine],
  clock: { nowMs: () => Date.now() },
  timers: {
    schedule: (delayMs, callback) => {
      const pending = setTimeout(callback, delayMs);
      return () => clearTimeout(pending);
    },
  },
};
