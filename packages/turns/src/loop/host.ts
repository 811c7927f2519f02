/**
 * Everything that a loop may use of its host. A loop is a guest: it decides what to do next, and does nothing itself.
 *
 * Not here: implementations (`@reborn/reborn/loop-host`).
 * Source: specification 3, b.2.
 */
import type { EventId, GateId, JsonValue, RunId } from '@reborn/host-api';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { RunProfile } from '../profile.ts';
import type { RunFailure } from '../run.ts';
import type { ToolCall, TranscriptEntry } from '../transcript/entry.ts';
import type { ModelOutcome, ModelRequest, ModelTool } from './model.ts';

/** What became of one call. `suspended`: somebody has to answer the gate; make the same call again afterwards. */
export type LoopCallOutcome =
  | { readonly kind: 'completed'; readonly output: JsonValue }
  | { readonly kind: 'suspended'; readonly gateId: GateId }
  | {
      readonly kind: 'failed';
      readonly failureKind: string;
      readonly fate: 'retry' | 'model_visible' | 'terminal';
      readonly effect: 'none' | 'happened' | 'uncertain';
      readonly message: string;
    };

export interface LoopHost {
  readonly runId: RunId;
  readonly profile: RunProfile;
  /** Aborts when the run is cancelled, its time is over, or its lease is lost: return soon, with `cancelled` or anything. */
  readonly signal: AbortSignal;
  /** A new identity for an entry. */
  newEntryId(): EventId;
  /** The thread so far, oldest first. */
  readTranscript(): Promise<readonly TranscriptEntry[]>;
  readCheckpoint(): Promise<Checkpoint | undefined>;
  /** Durable when it resolves. Rejects when the lease is lost: let it pass through. */
  commit(step: { readonly checkpoint: Checkpoint; readonly entries: readonly TranscriptEntry[] }): Promise<void>;
  visibleTools(): Promise<readonly ModelTool[]>;
  complete(request: Omit<ModelRequest, 'system'>): Promise<ModelOutcome>;
  /** The same `callId` is the same effect, however often it is asked for. */
  invoke(call: ToolCall): Promise<LoopCallOutcome>;
  /** True once somebody asked to cancel the run. */
  isCancelRequested(): Promise<boolean>;
}

/** A loop's claim about how its sitting ended. The host believes what it finds confirmed. */
export type LoopExit =
  | { readonly kind: 'completed'; readonly replyEntryId: EventId }
  | { readonly kind: 'parked'; readonly gates: readonly GateId[]; readonly checkpoint: Checkpoint }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: RunFailure };

/** A loop: stateless between sittings; everything it needs is in the transcript and the checkpoint. */
export interface AgentLoopDriver {
  readonly descriptor: { readonly id: string; readonly version: number; readonly checkpointSchema: string };
  run(host: LoopHost): Promise<LoopExit>;
}
