/**
 * Cancelling a run. A run that nobody works on ends at once; a running one is told, and its worker settles it.
 *
 * Not here: how a worker notices (`worker/step.ts`).
 * Source: specification 3, a.4 and g-2.
 */
import {
  eventIdSchema,
  getRecord,
  parseWith,
  principalSchema,
  resourceScopeSchema,
  runIdSchema,
  toThreadKey,
  type Clock,
  type DurableStore,
  type Ids,
  type ResourceScope,
  type Write,
} from '@reborn/host-api';
import { z } from 'zod';
import { TurnsError } from '../errors.ts';
import { closeGates } from '../gate-closing.ts';
import { toOutbox } from '../lifecycle-event.ts';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import { cancelReasonSchema, isTerminal, moveRun, runMachine, type RunRow, type RunStatus } from '../run.ts';
import { unlockThread } from '../thread-lock.ts';

export const cancelRunSchema = z.strictObject({
  scope: resourceScopeSchema,
  actor: principalSchema,
  runId: runIdSchema,
  reason: cancelReasonSchema,
});
export type CancelRunRequest = z.input<typeof cancelRunSchema>;

/** `unknown_run` stands for runs of other owners too. */
export type CancelRunOutcome =
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'cancel_requested' }
  | { readonly kind: 'already_over'; readonly status: RunStatus }
  | { readonly kind: 'unknown_run' };

/** Errors: `host-api/invalid_value` naming the field, `turns/contended`. */
export async function cancelRun(
  dependencies: { readonly store: DurableStore; readonly clock: Clock; readonly ids: Ids },
  request: unknown,
): Promise<CancelRunOutcome> {
  const { scope, runId, reason } = parseWith(cancelRunSchema, request, 'cancel');
  const { store, clock, ids } = dependencies;
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    const run = await getRecord(store, runMachine, runId);
    if (run === undefined || !isOwn(run, scope)) return { kind: 'unknown_run' };
    if (isTerminal(run.status)) return { kind: 'already_over', status: run.status };
    const running = run.status === 'running';
    if (running && run.cancel !== undefined) return { kind: 'cancel_requested' };
    const event = { eventId: eventIdSchema.parse(ids.uuid()), atMs: clock.nowMs(), reason };
    const writes: Write[] = running
      ? [
          moveRun(runId, { trigger: 'request_cancel', reason, ends: false }),
          toOutbox(run, { ...event, kind: 'run_cancel_requested' }),
        ]
      : [
          moveRun(runId, { trigger: 'request_cancel', reason, ends: true }),
          ...(await closeGates(store, run.gates)),
          unlockThread(run.scope, runId),
          toOutbox(run, { ...event, kind: 'run_cancelled' }),
        ];
    const outcome = await store.commit(writes);
    if (outcome.kind === 'committed') return { kind: running ? 'cancel_requested' : 'cancelled' };
  }
  throw new TurnsError('turns/contended');
}

/**
 * Whether somebody who asks for `scope` means this run: tenant, user and agent must be the same, absence included, and so
 * must each further axis that the scope names. Anybody else's run is unknown.
 */
export function isOwn(run: Pick<RunRow, 'scope'>, scope: ResourceScope): boolean {
  const own = run.scope;
  if (own.tenantId !== scope.tenantId || own.userId !== scope.userId || own.agentId !== scope.agentId) return false;
  if (scope.threadId !== undefined && toThreadKey(own) !== toThreadKey(scope)) return false;
  return (['projectId', 'missionId'] as const).every((axis) => scope[axis] === undefined || scope[axis] === own[axis]);
}
