/**
 * The ordered story of a run or of one call: who asked, what was judged by whom, which gates stood open and who answered,
 * what was announced and what became of it.
 *
 * Not here: printing (the surfaces).
 */
import {
  gateRowSchema,
  type CapabilityId,
  type DurableStore,
  type GateId,
  type GateRow,
  type InvocationId,
  type ResourceScope,
  type RunId,
} from '@reborn/host-api';
import {
  before,
  readScopeFor,
  replayJournal,
  type EventLog,
  type LogEntry,
  type LogFamily,
  type LogRecord,
  type ReadNarrowing,
  type ReplayedCall,
  type ReplayFinding,
} from '@reborn/events';
import type { RunRow, TranscriptEntry, TurnCoordinator } from '@reborn/turns';
import { EXPLAIN_RECORDS_MAX } from './limits.ts';

/** Of what a story is made. What happened at security boundaries stands in the audit too, with who and why. */
const FAMILIES: readonly LogFamily[] = ['runtime', 'journal', 'audit'];

/** One thing that happened. Order: as it happened. Units: milliseconds since 1970. */
export interface StoryItem {
  readonly atMs: number;
  readonly family: LogFamily;
  readonly cursor: number;
  readonly record: LogRecord;
}

/** Everything about one call through the door. */
export interface CallStory {
  readonly invocationId: InvocationId;
  readonly capabilityId: CapabilityId;
  readonly verdicts: ReplayedCall['verdicts'];
  /** What hooks decided, and whether it took effect. */
  readonly decisions: ReplayedCall['decisions'];
  readonly gates: readonly GateRow[];
  readonly effects: ReplayedCall['effects'];
  readonly attempts: number;
  readonly end: 'succeeded' | 'failed' | 'denied' | 'uncertain' | 'waiting' | 'open';
}

export interface Explanation {
  readonly run: RunRow | undefined;
  readonly transcript: readonly TranscriptEntry[];
  readonly calls: readonly CallStory[];
  readonly story: readonly StoryItem[];
  /** What is wrong with the journal; nothing, unless somebody was at it. */
  readonly findings: readonly ReplayFinding[];
  /** False when there is more than one explanation holds, or something that this version does not know. */
  readonly complete: boolean;
}

export interface ExplainDependencies {
  readonly store: DurableStore;
  readonly log: EventLog;
  readonly turns: TurnCoordinator;
}

/** `undefined` for what is unknown and for what belongs to somebody else alike. */
export async function explainRun(
  dependencies: ExplainDependencies,
  scope: ResourceScope,
  runId: RunId,
): Promise<Explanation | undefined> {
  const run = await dependencies.turns.getRun(scope, runId);
  if (run === undefined) return undefined;
  const { story, journal, complete } = await readStory(dependencies.log, run.scope, { runId });
  const thread = run.scope.threadId === undefined ? [] : await dependencies.turns.readThread(run.scope);
  const transcript = thread.filter((entry) => entry.runId === runId);
  // A run begins with what was said to it; a thread may be too long to look back on all of it.
  const whole = run.scope.threadId === undefined || transcript[0]?.kind === 'user_message';
  const told = await tellCalls(dependencies.store, story, journal);
  return { run, transcript, ...told, story, complete: complete && whole };
}

export async function explainInvocation(
  dependencies: ExplainDependencies,
  scope: ResourceScope,
  invocationId: InvocationId,
): Promise<Explanation | undefined> {
  const { story, journal, complete } = await readStory(dependencies.log, scope, { invocationId });
  const runId = story.find((item) => item.record.runId !== undefined)?.record.runId;
  if (story.length === 0) return undefined;
  const run = runId === undefined ? undefined : await dependencies.turns.getRun(scope, runId);
  return { run, transcript: [], ...(await tellCalls(dependencies.store, story, journal)), story, complete };
}

async function readStory(
  log: EventLog,
  scope: ResourceScope,
  narrowing: ReadNarrowing,
): Promise<{
  readonly story: readonly StoryItem[];
  readonly journal: readonly LogEntry[];
  readonly complete: boolean;
}> {
  const read = await Promise.all(FAMILIES.map((family) => readFamily(log, scope, narrowing, family)));
  const story = mergeAsItHappened(read.flatMap(({ entries }) => withoutProjected(entries.flatMap(toItem))));
  const journal = read[FAMILIES.indexOf('journal')]?.entries ?? [];
  const complete = read.every((family) => family.complete && family.entries.every((entry) => entry.known));
  return { story, journal, complete };
}

async function readFamily(
  log: EventLog,
  scope: ResourceScope,
  narrowing: ReadNarrowing,
  family: LogFamily,
): Promise<{ readonly entries: readonly LogEntry[]; readonly complete: boolean }> {
  const entries: LogEntry[] = [];
  let after: Parameters<EventLog['read']>[0]['after'];
  let whole = true;
  while (entries.length < EXPLAIN_RECORDS_MAX) {
    const page = await log.read({
      family,
      scope: readScopeFor(scope, narrowing),
      limit: 1000,
      ...(after === undefined ? {} : { after }),
    });
    if (page.kind === 'cursor_ahead') break;
    if (page.kind === 'cursor_too_old') {
      // Retention has taken the beginning away; what is left is told.
      whole = false;
      after = before(page.earliest);
      continue;
    }
    entries.push(...page.entries);
    after = page.next;
    if (page.next >= page.head) return { entries, complete: whole };
  }
  return { entries: entries.slice(0, EXPLAIN_RECORDS_MAX), complete: false };
}

function toItem(entry: LogEntry): readonly StoryItem[] {
  if (!entry.known) return [];
  const { family, cursor, record } = entry;
  return [{ atMs: record.atMs, family, cursor, record }];
}

/** What was projected into the log stands behind what was written to it meanwhile: it is a stream of its own here. */
function withoutProjected(items: readonly StoryItem[]): readonly (readonly StoryItem[])[] {
  const isProjected = (item: StoryItem): boolean => item.record.kind.startsWith('run_');
  return [items.filter(isProjected), items.filter((item) => !isProjected(item))];
}

/** Within one millisecond: what leads to something stands before it. */
const STAGES: readonly (readonly string[])[] = [
  ['run_submitted'],
  ['run_claimed', 'run_recovered', 'run_yielded'],
  ['model_started'],
  ['model_completed', 'model_failed'],
  ['assistant_reply_finalized'],
  ['hook_dispatched'],
  ['hook_decision_emitted', 'hook_failed'],
  ['hook_decision_accepted', 'hook_decision_rejected', 'hook_poisoned'],
  ['verdict_given'],
  ['judgement_settled'],
  ['call_denied', 'approval_requested', 'approval_refused', 'approval_closed', 'approval_resolved'],
  ['run_resumed'],
  ['dispatch_requested'],
  ['effect_intended'],
  ['dispatch_succeeded', 'dispatch_failed'],
  ['recovery_marked'],
  ['effect_settled'],
];

/** Each stream keeps its own order; between streams time decides, and within one millisecond the call at hand, then the stage. */
function mergeAsItHappened(streams: readonly (readonly StoryItem[])[]): readonly StoryItem[] {
  const rest = streams.map((items) => [...items]);
  const merged: StoryItem[] = [];
  for (;;) {
    const atHand = merged.at(-1)?.record.invocationId;
    const heads = rest
      .filter((items) => items.length > 0)
      .toSorted((left, right) => compareHeads(left[0], right[0], atHand));
    const next = heads[0]?.shift();
    if (next === undefined) return merged;
    merged.push(next);
  }
}

function compareHeads(
  left: StoryItem | undefined,
  right: StoryItem | undefined,
  atHand: InvocationId | undefined,
): number {
  if (left === undefined || right === undefined) return 0;
  const goesOn = ({ record }: StoryItem): number => (atHand !== undefined && record.invocationId === atHand ? 0 : 1);
  return left.atMs - right.atMs || goesOn(left) - goesOn(right) || stageOf(left) - stageOf(right);
}

function stageOf(item: StoryItem): number {
  const at = STAGES.findIndex((kinds) => kinds.includes(item.record.kind));
  return at === -1 ? STAGES.length : at;
}

async function tellCalls(
  store: DurableStore,
  story: readonly StoryItem[],
  journal: readonly LogEntry[],
): Promise<Pick<Explanation, 'calls' | 'findings'>> {
  const { calls: replayed, findings } = replayJournal({ mode: 'audit', entries: journal });
  const byId = new Map(replayed.map((call) => [call.invocationId, call]));
  const byCall = Map.groupBy(
    story.filter((item) => item.record.invocationId !== undefined),
    (item) => item.record.invocationId as InvocationId,
  );
  const calls = await Promise.all(
    [...byCall].map(([invocationId, items]) => toCall(store, invocationId, items, byId.get(invocationId))),
  );
  return { calls, findings };
}

async function toCall(
  store: DurableStore,
  invocationId: InvocationId,
  items: readonly StoryItem[],
  replayed: ReplayedCall | undefined,
): Promise<CallStory> {
  const records = items.map((item) => item.record);
  const [capabilityId] = records.flatMap((record) =>
    'capabilityId' in record && record.capabilityId !== undefined ? [record.capabilityId] : [],
  );
  const gateIds = new Set(
    records.flatMap((record): GateId[] => ('gateId' in record && record.gateId !== undefined ? [record.gateId] : [])),
  );
  const gates = await Promise.all([...gateIds].map((gateId) => store.get('gate', gateId)));
  return {
    invocationId,
    capabilityId: capabilityId ?? ('unknown.capability' as CapabilityId),
    verdicts: replayed?.verdicts ?? [],
    decisions: replayed?.decisions ?? [],
    gates: gates.flatMap((row) => (row === undefined ? [] : [gateRowSchema.parse(row)])),
    effects: replayed?.effects ?? [],
    attempts: replayed?.effects.length ?? 0,
    end: endOf(records, replayed?.effects ?? []),
  };
}

/**
 * What is final comes first: an effect that happened stays so, whatever was said about the call later. Calls without an
 * effect are told by who refused them.
 */
function endOf(records: readonly LogRecord[], effects: ReplayedCall['effects']): CallStory['end'] {
  if (effects.some(({ result }) => result?.outcome === 'completed')) return 'succeeded';
  if (effects.some(({ state }) => state === 'pending')) return 'open';
  const has = (kind: LogRecord['kind']): boolean => records.some((record) => record.kind === kind);
  const failure = records.findLast((record) => record.kind === 'dispatch_failed');
  if (failure !== undefined) return failure.effect === 'uncertain' ? 'uncertain' : 'failed';
  if (has('call_denied')) return 'denied';
  return has('approval_requested') ? 'waiting' : 'open';
}
