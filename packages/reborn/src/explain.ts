/**
 * The ordered story of a run or of one call: who asked, what was judged by whom, which gates stood open and who answered,
 * what was announced and what became of it.
 *
 * Not here: the order of what stands in several families (`explain/merge-story.ts`), calls (`explain/call-story.ts`),
 * printing (the surfaces).
 */
import type { DurableStore, InvocationId, ResourceScope, RunId } from '@reborn/host-api';
import {
  before,
  LOG_FAMILIES,
  readScopeFor,
  type EventLog,
  type LogEntry,
  type LogFamily,
  type ReadNarrowing,
  type ReplayFinding,
} from '@reborn/events';
import type { RunRow, TranscriptEntry, TurnCoordinator } from '@reborn/turns';
import { tellCalls, type CallStory } from './explain/call-story.ts';
import { mergeStory, type StoryItem } from './explain/merge-story.ts';
import { EXPLAIN_RECORDS_MAX } from './limits.ts';
import { toInvocationId } from './loop-host/call-identity.ts';

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
  const thread = run.scope.threadId === undefined ? [] : await dependencies.turns.readThread(run.scope);
  const transcript = thread.filter((entry) => entry.runId === runId);
  // A run begins with what was said to it; a thread may be too long to look back on all of it.
  const whole = run.scope.threadId === undefined || transcript[0]?.kind === 'user_message';
  const steps = whole ? stepsOf(runId, transcript) : [];
  const { story, journal, complete } = await readStory(dependencies.log, run.scope, { runId }, steps);
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

/** The calls of each answer of the model. */
function stepsOf(runId: RunId, transcript: readonly TranscriptEntry[]): readonly (readonly InvocationId[])[] {
  return transcript.flatMap((entry) =>
    entry.kind === 'assistant_message' ? [entry.calls.map(({ callId }) => toInvocationId(runId, callId))] : [],
  );
}

async function readStory(
  log: EventLog,
  scope: ResourceScope,
  narrowing: ReadNarrowing,
  steps: readonly (readonly InvocationId[])[] = [],
): Promise<{
  readonly story: readonly StoryItem[];
  readonly journal: readonly LogEntry[];
  readonly complete: boolean;
}> {
  const read = await Promise.all(LOG_FAMILIES.map((family) => readFamily(log, scope, narrowing, family)));
  const story = mergeStory(
    read.map(({ entries }) => entries.flatMap(toItem)),
    steps,
  );
  const journal = read[LOG_FAMILIES.indexOf('journal')]?.entries ?? [];
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
