/**
 * The outbox of the turn store: what happened to a run, written in the unit that made it happen. The host projects it
 * into the log of record.
 *
 * Not here: the projection (`@reborn/reborn`), liveness (heartbeats are no events).
 */
import {
  boundedLine,
  correlationIdSchema,
  eventIdSchema,
  resourceScopeSchema,
  runIdSchema,
  type AppendWrite,
  type EventId,
  type JsonObject,
  type StreamRecord,
} from '@reborn/host-api';
import { z } from 'zod';
import type { RunRow } from './run.ts';

export const turnEventKindSchema = z.enum([
  'run_submitted',
  'run_claimed',
  'run_parked',
  'run_yielded',
  'run_resumed',
  'run_recovered',
  'run_cancel_requested',
  'run_completed',
  'run_failed',
  'run_cancelled',
]);
export type TurnEventKind = z.infer<typeof turnEventKindSchema>;

/** `count`: claims for `run_claimed`, gates for `run_parked`. `reason`: a closed token. */
export const turnLifecycleEventSchema = z.strictObject({
  v: z.literal(1),
  eventId: eventIdSchema,
  kind: turnEventKindSchema,
  atMs: z.int().nonnegative(),
  scope: resourceScopeSchema,
  runId: runIdSchema,
  correlationId: correlationIdSchema,
  count: z.int().nonnegative().optional(),
  reason: boundedLine(128).optional(),
});
export type TurnLifecycleEvent = z.infer<typeof turnLifecycleEventSchema>;

/** Puts one event into the outbox of the run's tenant. */
export function toOutbox(
  run: Pick<RunRow, 'runId' | 'scope' | 'correlationId'>,
  event: {
    readonly eventId: EventId;
    readonly atMs: number;
    readonly kind: TurnEventKind;
    readonly count?: number;
    readonly reason?: string;
  },
): AppendWrite {
  const { runId, scope, correlationId } = run;
  const body: TurnLifecycleEvent = { v: 1, ...event, scope, runId, correlationId };
  const { tenantId, ...axes } = scope;
  return {
    kind: 'append',
    stream: { family: 'turn', tenantId },
    records: [
      {
        eventId: event.eventId,
        kind: event.kind,
        atMs: event.atMs,
        labels: { ...axes, runId, correlationId },
        body: JSON.parse(JSON.stringify(body)) as JsonObject,
      },
    ],
  };
}

/** Says that a gate of the run was answered; joins the unit that resolves the gate, beside `queueRunAfterGate`. */
export function announceResume(
  run: Pick<RunRow, 'runId' | 'scope' | 'correlationId'>,
  event: { readonly eventId: EventId; readonly atMs: number },
): AppendWrite {
  return toOutbox(run, { ...event, kind: 'run_resumed' });
}

/** Reads an outbox record back; `undefined` for one that a newer version wrote. */
export function parseLifecycleEvent(stored: StreamRecord): TurnLifecycleEvent | undefined {
  const parsed = turnLifecycleEventSchema.safeParse(stored.body);
  return parsed.success ? parsed.data : undefined;
}
