/**
 * What `--json` gives, version 1: forms of their own, so that what the packages hold inside may change. Described in
 * docs/guides/cli.md.
 *
 * Invariant: times are ISO 8601 text, cursors decimal text, ids text; nothing is ever removed within a version.
 */
import { copyJson, type GateRow, type JsonObject, type JsonValue } from '@reborn/host-api';
import type { LogEntry, LogRecord } from '@reborn/events';
import type { CallStage, Explanation, HostSecrets, ReadinessReport, SecretTarget } from '@reborn/reborn';
import type { RunRow } from '@reborn/turns';
import type { Happening } from './story.ts';

export const WIRE_VERSION = 1;

export function runWire(run: RunRow, gates: readonly GateRow[], reply?: string): JsonObject {
  return toJson({
    v: WIRE_VERSION,
    kind: 'run',
    runId: run.runId,
    threadId: run.scope.threadId,
    userId: run.scope.userId,
    status: run.status,
    sittings: run.claims,
    crashes: run.crashes,
    updatedAt: toIso(run.updatedAtMs),
    failure: run.failure,
    cancelReason: run.cancel,
    reply,
    gates: gates.map(gateWire),
  });
}

export function gateWire(gate: GateRow): JsonObject {
  const { receipt, resolution } = gate;
  return toJson({
    v: WIRE_VERSION,
    kind: 'gate',
    gateId: gate.gateId,
    gateKind: gate.kind,
    status: gate.status,
    runId: receipt.runId,
    invocationId: receipt.invocationId,
    userId: receipt.scope.userId,
    capabilityId: receipt.capabilityId,
    asked: gate.asked,
    granted: gate.granted,
    credentials: gate.credentials,
    block: gate.block,
    input: gate.input,
    inputDigest: receipt.inputDigest,
    authorityDigest: receipt.authorityDigest,
    openedAt: toIso(gate.openedAtMs),
    expiresAt: toIso(receipt.expiresAtMs),
    answer:
      resolution === undefined
        ? undefined
        : {
            by: resolution.by,
            decision: resolution.decision,
            edited: resolution.replacedInput !== undefined,
            replacedInput: resolution.replacedInput,
            reason: resolution.reason,
            at: toIso(resolution.atMs),
          },
    revokedBy: gate.revokedBy,
  });
}

export function eventWire(entry: LogEntry): JsonObject {
  const { family, cursor } = entry;
  const head = { v: WIRE_VERSION, kind: 'event', family, cursor: String(cursor), known: entry.known };
  if (!entry.known) return toJson({ ...head, eventId: entry.eventId, event: entry.kind, at: toIso(entry.atMs) });
  return toJson({ ...head, ...recordWire(entry.record) });
}

export function happeningWire(happening: Happening): JsonObject {
  const head = { v: WIRE_VERSION, kind: 'happening', at: toIso(happening.atMs), what: happening.kind };
  switch (happening.kind) {
    case 'said':
      return toJson({ ...head, text: happening.text });
    case 'called': {
      const { callId, capabilityId, input } = happening.call;
      return toJson({ ...head, callId, capabilityId, input, invocationId: happening.invocationId });
    }
    case 'returned': {
      const { callId, capabilityId } = happening.call;
      const { result } = happening;
      return toJson({
        ...head,
        callId,
        capabilityId,
        outcome: result.kind,
        ...(result.kind === 'failed' ? { failure: result } : { output: result.output }),
      });
    }
    case 'record': {
      const { family, cursor, record } = happening;
      return toJson({ ...head, family, cursor: String(cursor), ...recordWire(record) });
    }
  }
}

export function explanationWire(
  explanation: Explanation,
  happenings: readonly Happening[],
  gates: readonly GateRow[],
): JsonObject {
  return toJson({
    v: WIRE_VERSION,
    kind: 'explanation',
    complete: explanation.complete,
    run: explanation.run === undefined ? null : runWire(explanation.run, gates),
    calls: explanation.calls.map((call) => ({
      invocationId: call.invocationId,
      capabilityId: call.capabilityId,
      end: call.end,
      attempts: call.attempts,
      stages: call.stages.map(stageWire),
      verdicts: call.verdicts.map(({ by, verdict, code }) => ({ by, verdict, code })),
      gates: call.gates.map(gateWire),
    })),
    story: happenings.map(happeningWire),
  });
}

function stageWire({ atMs, ...stage }: CallStage): object {
  return { at: toIso(atMs), ...stage };
}

export function doctorWire(
  report: ReadinessReport,
  checks: readonly { readonly name: string; readonly state: string; readonly detail: string }[],
  fine: boolean,
): JsonObject {
  return toJson({
    v: WIRE_VERSION,
    kind: 'doctor',
    fine,
    profile: report.profile,
    readiness: report.status,
    components: report.components,
    extensions: report.extensions,
    checks: checks.map(({ name, state, detail }) => ({ name, state, detail })),
  });
}

export function secretsWire(listings: Awaited<ReturnType<HostSecrets['list']>>): JsonObject {
  const secrets = listings.map(({ handle, shared, storedAtMs }) => ({
    name: handle,
    shared,
    storedAt: toIso(storedAtMs),
  }));
  return toJson({ v: WIRE_VERSION, kind: 'secrets', secrets });
}

export function secretWire(kind: 'secret_stored' | 'secret_removed', { owner, handle }: SecretTarget): JsonObject {
  return toJson({ v: WIRE_VERSION, kind, name: handle, shared: owner.userId === undefined });
}

export function keyMadeWire(file: string): JsonObject {
  return toJson({ v: WIRE_VERSION, kind: 'secret_key_made', file });
}

/** The record without its owner, which the reader is. */
function recordWire(record: LogRecord): object {
  const { kind, eventId, atMs, scope, runId, invocationId, correlationId, ...facts } = record;
  return { eventId, event: kind, at: toIso(atMs), threadId: scope.threadId, runId, invocationId, correlationId, facts };
}

export function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function toJson(value: object): JsonObject {
  const copied: JsonValue = copyJson(value, 'wire');
  return copied as JsonObject;
}
