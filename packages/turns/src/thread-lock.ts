/**
 * One active run per thread. Held from submission to the end of the run, whatever happens in between.
 *
 * Not here: the run itself (`run.ts`).
 */
import {
  defineMachine,
  runIdSchema,
  toThreadKey,
  transition,
  type Decision,
  type ResourceScope,
  type RunId,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';

export const threadLockRowSchema = z.strictObject({ status: z.enum(['busy', 'free']), runId: runIdSchema });
export type ThreadLockRow = z.infer<typeof threadLockRowSchema>;

const threadLockCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('lock'), runId: runIdSchema }),
  z.strictObject({ trigger: z.literal('unlock'), runId: runIdSchema }),
]);
type ThreadLockCommand = z.infer<typeof threadLockCommandSchema>;

/** Refusals: `thread_busy`, `other_run`. */
export const threadLockMachine = defineMachine<ThreadLockRow, ThreadLockCommand>({
  name: 'thread_lock',
  module: import.meta.url,
  row: threadLockRowSchema,
  command: threadLockCommandSchema,
  transitions: [
    { from: 'none', trigger: 'lock', to: 'busy' },
    { from: 'free', trigger: 'lock', to: 'busy' },
    { from: 'busy', trigger: 'lock', to: 'busy' },
    { from: 'busy', trigger: 'unlock', to: 'free' },
  ],
  decide: decideThreadLock,
  index: (row) => ({ owner: row.runId, status: row.status, rank: 0 }),
});

export function lockThread(scope: ResourceScope, runId: RunId): TransitionWrite {
  return move(scope, { trigger: 'lock', runId });
}

export function unlockThread(scope: ResourceScope, runId: RunId): TransitionWrite {
  return move(scope, { trigger: 'unlock', runId });
}

function move(scope: ResourceScope, command: ThreadLockCommand): TransitionWrite {
  return transition(threadLockMachine, toThreadKey(scope), command);
}

function decideThreadLock(row: ThreadLockRow | undefined, command: ThreadLockCommand): Decision<ThreadLockRow> {
  if (command.trigger === 'lock') {
    if (row?.status === 'busy') return { kind: 'refuse', reason: 'thread_busy' };
    return { kind: 'write', row: { status: 'busy', runId: command.runId } };
  }
  if (row?.runId !== command.runId) return { kind: 'refuse', reason: 'other_run' };
  return { kind: 'write', row: { status: 'free', runId: command.runId } };
}
