/**
 * Valid turns, runs, entries and checkpoints: a test names only what it is about.
 *
 * Not here: scopes and contexts (`@reborn/host-api/testkit`).
 */
import {
  digestSchema,
  parseCapabilityId,
  parseCorrelationId,
  parseEventId,
  parseGateId,
  parseInvocationId,
  parseRunId,
  parseTurnId,
  type Clock,
  type NewGate,
  type RunId,
} from '@reborn/host-api';
import { buildScope, FAKE_START_MS, fixedUuid } from '@reborn/host-api/testkit';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { SubmitTurnRequest } from '../coordinator/submit.ts';
import { INTERACTIVE_PROFILE } from '../profile.ts';
import type { RunRow } from '../run.ts';
import type { TranscriptEntry } from '../transcript/entry.ts';

type EntryOf<Kind extends TranscriptEntry['kind']> = Extract<TranscriptEntry, { kind: Kind }>;

/** Alice says hello in her thread. */
export function buildTurn(overrides: Partial<SubmitTurnRequest> = {}): SubmitTurnRequest {
  const { threadId = 'thread-1', ...scope } = buildScope();
  return { scope: { ...scope, threadId }, actor: { kind: 'user', id: 'alice' }, text: 'hello', ...overrides };
}

/** A queued run. */
export function buildRun(overrides: Partial<RunRow> = {}): RunRow {
  return {
    status: 'queued',
    runId: parseRunId(fixedUuid(1)),
    turnId: parseTurnId(fixedUuid(2)),
    correlationId: parseCorrelationId(fixedUuid(3)),
    scope: buildScope(),
    actor: { kind: 'host' },
    profile: INTERACTIVE_PROFILE,
    gates: [],
    claims: 0,
    crashes: 0,
    queuedAtMs: FAKE_START_MS,
    updatedAtMs: FAKE_START_MS,
    ...overrides,
  };
}

export function buildCheckpoint(overrides: Partial<Checkpoint> = {}): Checkpoint {
  return { kind: 'before_model', schema: 'planner/1', state: { step: 1 }, ...overrides };
}

/** What the model says; with calls it is no reply yet. */
export function buildAssistantMessage(
  runId: RunId,
  number: number,
  overrides: Partial<EntryOf<'assistant_message'>> = {},
): EntryOf<'assistant_message'> {
  return {
    kind: 'assistant_message',
    entryId: parseEventId(fixedUuid(number)),
    runId,
    text: 'hi',
    calls: [],
    ...overrides,
  };
}

export function buildToolResult(
  runId: RunId,
  number: number,
  overrides: Partial<EntryOf<'tool_result'>> = {},
): EntryOf<'tool_result'> {
  return {
    kind: 'tool_result',
    entryId: parseEventId(fixedUuid(number)),
    runId,
    callId: 'call-1',
    capabilityId: parseCapabilityId('notes.write'),
    result: { kind: 'completed', output: { ok: true } },
    ...overrides,
  };
}

/** A question about a call of the run, open for an hour. */
export function buildGate(
  run: Pick<RunRow, 'runId' | 'scope' | 'correlationId'>,
  number: number,
  { clock }: { readonly clock: Clock },
): NewGate {
  const digest = digestSchema.parse(`sha256:${'ab'.repeat(32)}`);
  return {
    gateId: parseGateId(fixedUuid(number)),
    kind: 'approval',
    asked: ['permission_ask'],
    input: { path: '/workspace/notes.md' },
    receipt: {
      requestedBy: { kind: 'host' },
      scope: run.scope,
      runId: run.runId,
      invocationId: parseInvocationId(fixedUuid(number)),
      correlationId: run.correlationId,
      capabilityId: parseCapabilityId('notes.write'),
      inputDigest: digest,
      authorityDigest: digest,
      expiresAtMs: clock.nowMs() + 3_600_000,
    },
    effectKey: `effect-${number}`,
  };
}
