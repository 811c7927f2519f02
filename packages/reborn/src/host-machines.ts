/** Everything that a store of this host keeps as records. Not here: what each of them means (beside its subject). */
import {
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  limiterMachine,
  reservationMachine,
  workItemMachine,
} from '@reborn/host-api';
import { pinMachine, retentionMachine, subscriptionMachine } from '@reborn/events';
import { hookPoisonMachine } from '@reborn/hooks';
import { secretMachine } from '@reborn/host-runtime';
import { checkpointMachine, runMachine, threadLockMachine } from '@reborn/turns/runner';

export const HOST_MACHINES = Object.freeze([
  leaseMachine,
  gateMachine,
  idempotencyMachine,
  limiterMachine,
  reservationMachine,
  workItemMachine,
  subscriptionMachine,
  runMachine,
  threadLockMachine,
  checkpointMachine,
  hookPoisonMachine,
  secretMachine,
  pinMachine,
  retentionMachine,
]);
