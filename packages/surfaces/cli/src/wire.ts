/**
 * What `--json` gives, version 1: forms of their own, so that what the packages hold inside may change. Described in
 * docs/guides/cli.md.
 *
 * Invariant: times are ISO 8601 text, cursors decimal text, ids text; nothing is ever removed within a version.
 */
import { copyJson, type GateRow, type JsonObject, type JsonValue } from '@reborn/host-api';
import type { LogEntry, LogRecord } from '@reborn/events';
import type { Explanation, ReadinessReport } from '@reborn/reborn';
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
    input: gate.input,
    inputDigest: receipt.inputDigest,
    openedAt: toIso(gate.openedAtMs),
    expiresAt: toIso(receipt.expiresAtMs),
    answer:
      resolution === undefined
        ? undefined
        : {
            by: resolution.by,
            decision: resolution.decision,
            edited: resolution.replacedInput !== undefined,
            reason: resolution.reason,
            at: toIso(resolution.atMs),
          },
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
      verdicts: call.verdicts.map(({ by, verdict, code }) => ({ by, verdict, code })),
      gates: call.gates.map(gateWire),
    })),
    story: happenings.map(happeningWire),
  });
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
    checks: checks.map(({ name, state, detail }) => ({ name, state, detail })),
  });
}

/** The record without its owner, which the reader is. */
function recordWire(record: LogRecord): object {
  const { kind, eventId, atMs, scope, runId, invocationId, correlationId, ...facts } = record;
  return { eventId, event: kind, at: toIso(atMs), threadId: scope.threadId, runId, invocationId, correlationId, facts };
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function toJson(value: object): JsonObject {
  const copied: JsonValue = copyJson(value, 'wire');
  return copied as JsonObject;
}
