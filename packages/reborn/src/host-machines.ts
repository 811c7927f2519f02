/** Everything that a store of this host keeps as records. Not here: what each of them means (beside its subject). */
import { gateMachine, idempotencyMachine, leaseMachine } from '@reborn/host-api';
import { pinMachine, retentionMachine, subscriptionMachine } from '@reborn/events';
import { hookPoisonMachine } from '@reborn/hooks';
import { checkpointMachine, runMachine, threadLockMachine } from '@reborn/turns/runner';

export const HOST_MACHINES = Object.freeze([
  leaseMachine,
  gateMachine,
  idempotencyMachine,
  subscriptionMachine,
  runMachine,
  threadLockMachine,
  checkpointMachine,
  hookPoisonMachine,
  pinMachine,
  retentionMachine,
]);
