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
  HostApiError,
  describeIssues,
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
  type InvocationId,
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

type Accepted = z.infer<typeof acceptedSchema>;

/** `thread_busy` is never stored: the same key may succeed once the thread is free. */
export type SubmitTurnOutcome =
  | Accepted
  | { readonly kind: 'thread_busy'; readonly activeRunId: RunId; readonly status: RunStatus };

export interface SubmitDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digest: DigestPort;
}

/**
 * Errors: `host-api/invalid_value` naming the field, `turns/idempotency_conflict`, `turns/contended`; those of the store,
 * after which the same request with its idempotency key is safe to repeat.
 */
export async function submitTurn(dependencies: SubmitDependencies, request: unknown): Promise<SubmitTurnOutcome> {
  const turn = parseWith(submitTurnSchema, request, 'turn');
  const replay = replayOf(turn, dependencies.digest);
  for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
    const replayed = replay && (await findReplay(dependencies.store, replay));
    if (replayed !== undefined) return replayed;
    const { writes, accepted } = buildUnit(dependencies, turn, replay);
    const outcome = await dependencies.store.commit(writes);
    if (outcome.kind === 'committed') return accepted;
    if (outcome.reason !== 'thread_busy') continue;
    const busy = await findBusy(dependencies.store, turn);
    if (busy !== undefined) return busy;
  }
  throw new TurnsError('turns/contended');
}

type Turn = z.output<typeof submitTurnSchema>;

/** Under which key, and as what, a repeated request is recognised. */
interface Replay {
  readonly key: string;
  readonly fingerprint: Digest;
}

function replayOf(turn: Turn, digest: DigestPort): Replay | undefined {
  if (turn.idempotencyKey === undefined) return undefined;
  const key = `submit|${toIdempotencyRecordKey(turn.scope, turn.idempotencyKey)}`;
  return {
    key,
    fingerprint: digestOf({ kind: 'submit_turn', text: turn.text, profile: turn.profile ?? null }, digest),
  };
}

async function findReplay(store: DurableStore, replay: Replay): Promise<SubmitTurnOutcome | undefined> {
  const row = await getRecord(store, idempotencyMachine, replay.key);
  if (row === undefined) return undefined;
  if (row.fingerprint !== replay.fingerprint) {
    throw new TurnsError('turns/idempotency_conflict', { detail: { field: 'idempotencyKey' } });
  }
  if (row.status !== 'settled') return undefined;
  const accepted = acceptedSchema.safeParse(row.outcome);
  if (accepted.success) return accepted.data;
  throw new HostApiError('host-api/store_corrupt', { detail: describeIssues(accepted.error, 'outcome') });
}

function buildUnit(
  dependencies: SubmitDependencies,
  turn: Turn,
  replay: Replay | undefined,
): { readonly writes: readonly Write[]; readonly accepted: Accepted } {
  const { ids, clock } = dependencies;
  const accepted = acceptedSchema.parse({
    kind: 'accepted',
    turnId: ids.uuid(),
    runId: ids.uuid(),
    correlationId: ids.uuid(),
  });
  const { turnId, runId, correlationId } = accepted;
  const { scope, actor, profile = INTERACTIVE_PROFILE } = turn;
  const run: NewRun = { runId, turnId, correlationId, scope, actor, profile };
  const atMs = clock.nowMs();
  const message = { kind: 'user_message' as const, entryId: eventIdSchema.parse(ids.uuid()), runId, text: turn.text };
  const writes: Write[] = [
    ...(replay === undefined ? [] : [remember(replay, accepted, invocationIdSchema.parse(ids.uuid()))]),
    lockThread(scope, runId),
    moveRun(runId, { trigger: 'submit', run }),
    appendEntries(scope, [message], atMs),
    toOutbox(run, { eventId: eventIdSchema.parse(ids.uuid()), atMs, kind: 'run_submitted' }),
  ];
  return { writes, accepted };
}

function remember(replay: Replay, accepted: Accepted, invocationId: InvocationId): Write {
  return settleEffect(replay.key, { fingerprint: replay.fingerprint, invocationId }, 0, { ...accepted });
}

async function findBusy(store: DurableStore, turn: Turn): Promise<SubmitTurnOutcome | undefined> {
  const lock = await getRecord(store, threadLockMachine, toThreadKey(turn.scope));
  if (lock?.status !== 'busy') return undefined;
  const active = await getRecord(store, runMachine, lock.runId);
  return active === undefined ? undefined : { kind: 'thread_busy', activeRunId: active.runId, status: active.status };
}
