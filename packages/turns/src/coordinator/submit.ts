/**
 * Accepting a message: the run, the lock of its thread, the message itself and the answer to a repeated request, in one
 * unit.
 *
 * Not here: who may submit (the surfaces), working on the run (`worker/`).
 * Source: specification 3, a.3; g-9.
 */
import {
  boundedText,
  digestOf,
  eventIdSchema,
  getRecord,
  idempotencyKeySchema,
  idempotencyMachine,
  parseWith,
  principalSchema,
  resourceScopeSchema,
  runIdSchema,
  settleEffect,
  threadIdSchema,
  toIdempotencyRecordKey,
  toThreadKey,
  turnIdSchema,
  correlationIdSchema,
  invocationIdSchema,
  type Clock,
  type Digest,
  type DigestPort,
  type DurableStore,
  type Ids,
  type JsonObject,
  type RunId,
  type Write,
} from '@reborn/host-api';
import { z } from 'zod';
import { TurnsError } from '../errors.ts';
import { toOutbox } from '../lifecycle-event.ts';
import { CONTENTION_RETRIES_MAX, MESSAGE_BYTES_MAX } from '../limits.ts';
import { INTERACTIVE_PROFILE, runProfileSchema } from '../profile.ts';
import { moveRun, runMachine, type NewRun, type RunStatus } from '../run.ts';
import { lockThread, threadLockMachine } from '../thread-lock.ts';
import { appendEntries } from '../transcript/transcript.ts';

/** `idempotencyKey`: the same key and message again give the same run; without one every request is a new turn. */
export const submitTurnSchema = z.strictObject({
  scope: resourceScopeSchema.extend({ threadId: threadIdSchema }),
  actor: principalSchema,
  text: boundedText(MESSAGE_BYTES_MAX).min(1, 'must not be empty'),
  idempotencyKey: idempotencyKeySchema.optional(),
  profile: runProfileSchema.optional(),
});
export type SubmitTurnRequest = z.input<typeof submitTurnSchema>;

const acceptedSchema = z.strictObject({
  kind: z.literal('accepted'),
  turnId: turnIdSchema,
  runId: runIdSchema,
  correlationId: correlationIdSchema,
});

/** `thread_busy` is never stored: the same key may succeed once the thread is free. */
export type SubmitTurnOutcome =
  | z.infer<typeof acceptedSchema>
  | { readonly kind: 'thread_busy'; readonly activeRunId: RunId; readonly status: RunStatus };

export interface SubmitDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: DigestPort;
}

/** Errors: `host-api/invalid_value` naming the field, `turns/idempotency_conflict`, `turns/contended`. */
export async function submitTurn(dependencies: SubmitDependencies, request: unknown): Promise<SubmitTurnOutcome> {
  const turn = parseWith(submitTurnSchema, request, 'turn');
  const fingerprint = digestOf({ kind: 'submit_turn', text: turn.text }, dependencies.digest);
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    const replayed = await findReplay(dependencies.store, turn, fingerprint);
    if (replayed !== undefined) return replayed;
    const { writes, accepted } = buildUnit(dependencies, turn, fingerprint);
    const outcome = await dependencies.store.commit(writes);
    if (outcome.kind === 'committed') return accepted;
    if (outcome.reason !== 'thread_busy') continue;
    const busy = await findBusy(dependencies.store, turn);
    if (busy !== undefined) return busy;
  }
  throw new TurnsError('turns/contended');
}

type Turn = z.output<typeof submitTurnSchema>;

async function findReplay(store: DurableStore, turn: Turn, fingerprint: Digest): Promise<SubmitTurnOutcome | undefined> {
  if (turn.idempotencyKey === undefined) return undefined;
  const row = await getRecord(store, idempotencyMachine, replayKey(turn));
  if (row === undefined) return undefined;
  if (row.fingerprint !== fingerprint) throw new TurnsError('turns/idempotency_conflict', { detail: { field: 'idempotencyKey' } });
  return row.status === 'settled' ? acceptedSchema.parse(row.outcome) : undefined;
}

function buildUnit(
  dependencies: SubmitDependencies,
  turn: Turn,
  fingerprint: Digest,
): { readonly writes: readonly Write[]; readonly accepted: z.infer<typeof acceptedSchema> } {
  const { ids, clock } = dependencies;
  const accepted = acceptedSchema.parse({ kind: 'accepted', turnId: ids.uuid(), runId: ids.uuid(), correlationId: ids.uuid() });
  const { turnId, runId, correlationId } = accepted;
  const run: NewRun = { runId, turnId, correlationId, scope: turn.scope, actor: turn.actor, profile: turn.profile ?? INTERACTIVE_PROFILE };
  const atMs = clock.nowMs();
  const message = { kind: 'user_message' as const, entryId: eventIdSchema.parse(ids.uuid()), runId, text: turn.text };
  const effect = { fingerprint, invocationId: invocationIdSchema.parse(ids.uuid()) };
  const replay =
    turn.idempotencyKey === undefined ? [] : [settleEffect(replayKey(turn), effect, 0, accepted as unknown as JsonObject)];
  const writes: Write[] = [
    ...replay,
    lockThread(turn.scope, runId),
    moveRun(runId, { trigger: 'submit', run }),
    appendEntries(turn.scope, [message], atMs),
    toOutbox(run, { eventId: eventIdSchema.parse(ids.uuid()), atMs, kind: 'run_submitted' }),
  ];
  return { writes, accepted };
}

async function findBusy(store: DurableStore, turn: Turn): Promise<SubmitTurnOutcome | undefined> {
  const lock = await getRecord(store, threadLockMachine, toThreadKey(turn.scope));
  if (lock?.status !== 'busy') return undefined;
  const active = await getRecord(store, runMachine, lock.runId);
  return active === undefined ? undefined : { kind: 'thread_busy', activeRunId: active.runId, status: active.status };
}

function replayKey(turn: Turn): string {
  return `submit|${toIdempotencyRecordKey(turn.scope, turn.idempotencyKey ?? ('' as never))}`;
}
