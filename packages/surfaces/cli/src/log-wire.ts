/**
 * What `--json` gives about the log as a whole, version 1. The rules of `wire.ts` hold here too.
 *
 * Not here: single events, runs and gates (`wire.ts`).
 */
import type { HeadAnchor, JsonObject, RunId, StoreDurability, StreamKey } from '@reborn/host-api';
import type {
  RepairQuestion,
  Replay,
  ReplayBlocker,
  ReplayFinding,
  RetentionReport,
  StreamPlan,
  VerifyOutcome,
} from '@reborn/events';
import type { EndSubscriptionOutcome, StreamStanding } from '@reborn/reborn';
import { toJson, WIRE_VERSION } from './wire.ts';

/** There is more; `page` leads to it. */
export function moreWire(page: string): JsonObject {
  return toJson({ v: WIRE_VERSION, kind: 'more', page });
}

export function replayWire(runId: RunId, replay: Replay): JsonObject {
  const { mode, records, unknown, through, calls, findings } = replay;
  const read = { records, unknown, through: String(through) };
  const rest = { ...read, calls: calls.map(callWire), findings: findings.map(findingWire) };
  const head = { v: WIRE_VERSION, kind: 'replay', runId, mode, ...rest };
  switch (replay.mode) {
    case 'audit':
      return toJson(head);
    case 'resume':
      return toJson({ ...head, blockers: replay.blockers.map(blockerWire) });
    case 'repair':
      return toJson({ ...head, questions: replay.questions.map(questionWire) });
  }
}

export function verifyWire(stream: StreamKey, outcome: VerifyOutcome): JsonObject {
  const { kind: result, ...facts } = outcome;
  return toJson({ v: WIRE_VERSION, kind: 'verified', ...stream, result, ...cursorsAsText(facts) });
}

export function transferWire(
  kind: 'exported' | 'imported',
  stream: StreamKey,
  facts: Readonly<Record<string, number>>,
): JsonObject {
  return toJson({ v: WIRE_VERSION, kind, ...stream, ...cursorsAsText(facts) });
}

export function streamWire({ stream, head, earliest, removed, subscriptions, pins }: StreamStanding): JsonObject {
  return toJson({
    v: WIRE_VERSION,
    kind: 'stream',
    ...stream,
    ...cursorsAsText({ earliest, head }),
    removed,
    pins: pins.map(({ cursor }) => String(cursor)),
    subscriptions: subscriptions.map(({ cursor, gap, ...standing }) => ({
      ...standing,
      cursor: String(cursor),
      ...(gap === undefined ? {} : { gap: cursorsAsText(gap) }),
    })),
  });
}

export function pinWire(kind: 'pinned' | 'unpinned', stream: StreamKey, cursor: number): JsonObject {
  return toJson({ v: WIRE_VERSION, kind, ...stream, cursor: String(cursor) });
}

export function unfollowWire(name: string, outcome: EndSubscriptionOutcome): JsonObject {
  return toJson({ v: WIRE_VERSION, kind: 'unfollowed', name, outcome });
}

export function anchorWire(
  { backend, survives, anchored }: StoreDurability,
  anchor: HeadAnchor | undefined,
): JsonObject {
  const at = anchor === undefined ? null : { ...anchor.stream, cursor: String(anchor.cursor), chain: anchor.chain };
  return toJson({ v: WIRE_VERSION, kind: 'anchor', backend, survives, anchored, at });
}

export function retentionPlanWire({ stream, removals, heldBy, ...plan }: StreamPlan): JsonObject {
  const { earliest, head, cutThrough, removed, gaps } = plan;
  return toJson({
    v: WIRE_VERSION,
    kind: 'retention_plan',
    ...stream,
    ...cursorsAsText({ earliest, head, cutThrough }),
    removed,
    removals: removals.map(cursorsAsText),
    heldBy: heldBy.map(({ cursor, ...obstacle }) => ({ ...obstacle, cursor: String(cursor) })),
    gaps,
  });
}

export function retentionReportWire({ stream, cutThrough, ...report }: RetentionReport): JsonObject {
  return toJson({ v: WIRE_VERSION, kind: 'retained', ...stream, ...cursorsAsText({ cutThrough }), ...report });
}

function callWire({ invocationId, capabilityId, verdicts, effects, ended }: Replay['calls'][number]): object {
  return {
    invocationId,
    capabilityId,
    ended,
    verdicts: verdicts.map(({ by, verdict, code }) => ({ by, verdict, code })),
    effects: effects.map(({ attempt, cursor, state, result, recovery }) => ({
      attempt,
      cursor: String(cursor),
      state,
      outcome: result?.outcome,
      effect: result?.effect,
      recovery,
    })),
  };
}

function findingWire({ code, cursor, eventId, kind }: ReplayFinding): object {
  return { code, cursor: String(cursor), eventId, event: kind };
}

function blockerWire(blocker: ReplayBlocker): object {
  return { kind: blocker.kind, ...subjectWire(blocker) };
}

function questionWire(question: RepairQuestion): object {
  return { kind: question.kind, answers: question.answers, ...subjectWire(question) };
}

/** What it is about, without the records behind it: `reborn events show` has those. */
function subjectWire(about: ReplayBlocker | RepairQuestion): object {
  switch (about.kind) {
    case 'effect_pending':
    case 'did_it_happen': {
      const { invocationId, capabilityId, attempt, cursor } = about.effect;
      return { invocationId, capabilityId, attempt, cursor: String(cursor) };
    }
    case 'decision_open':
    case 'did_it_apply': {
      const { cursor, record } = about.decision;
      return { invocationId: record.invocationId, hookId: record.hookId, cursor: String(cursor) };
    }
    case 'finding':
    case 'can_it_be_trusted':
      return findingWire(about.finding);
  }
}

const CURSORS = new Set(['after', 'at', 'head', 'first', 'earliest', 'through', 'from', 'cutThrough']);

/** Cursors are decimal text; counts stay numbers. */
function cursorsAsText(facts: object): object {
  return Object.fromEntries(
    Object.entries(facts).map(([key, value]) => [key, CURSORS.has(key) ? String(value) : (value as unknown)]),
  );
}
