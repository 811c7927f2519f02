/**
 * A run as a list of happenings: the records of the log in their order, and between them the words of the model, its
 * calls and what came back.
 *
 * Not here: reading (`@reborn/reborn`), printing (`render/`).
 */
import type { InvocationId, RunId } from '@reborn/host-api';
import type { LogFamily, LogRecord, LogRecordKind } from '@reborn/events';
import { toInvocationId, type StoryItem } from '@reborn/reborn';
import type { ToolCall, ToolResult, TranscriptEntry } from '@reborn/turns';

/** `key` tells happenings apart, also over several readings of one run. Units: milliseconds since 1970. */
export type Happening = { readonly key: string; readonly atMs: number } & (
  | { readonly kind: 'record'; readonly family: LogFamily; readonly cursor: number; readonly record: LogRecord }
  /** `calls` is 0 for the reply. */
  | { readonly kind: 'said'; readonly text: string; readonly calls: number }
  | { readonly kind: 'called'; readonly call: ToolCall; readonly invocationId: InvocationId }
  | { readonly kind: 'returned'; readonly call: ToolCall; readonly result: ToolResult }
);

type AssistantMessage = Extract<TranscriptEntry, { kind: 'assistant_message' }>;

/** After one of these nothing more becomes of a call. */
const FINAL: ReadonlySet<LogRecordKind> = new Set<LogRecordKind>([
  'dispatch_succeeded',
  'dispatch_failed',
  'call_denied',
]);

/** Invariant: a call stands before everything that is recorded about it, what came back behind it. */
export function toHappenings(
  runId: RunId | undefined,
  transcript: readonly TranscriptEntry[],
  story: readonly StoryItem[],
): readonly Happening[] {
  const calls = runId === undefined ? new Map<InvocationId, KnownCall>() : callsOf(runId, transcript);
  const last = lastRecords(story);
  const unsaid = transcript.filter((entry): entry is AssistantMessage => entry.kind === 'assistant_message');
  const introduced = new Set<InvocationId>();
  const found: Happening[] = [];
  for (const item of story) {
    const { record, atMs } = item;
    const { invocationId } = record;
    const call = invocationId === undefined ? undefined : calls.get(invocationId);
    if (call !== undefined && invocationId !== undefined && !introduced.has(invocationId)) {
      introduced.add(invocationId);
      found.push({ kind: 'called', key: `called:${invocationId}`, atMs, call: call.call, invocationId });
    }
    found.push({ kind: 'record', key: record.eventId, ...item });
    if (record.kind === 'model_completed') found.push(...say(unsaid, record.calls, atMs));
    if (call?.result !== undefined && invocationId !== undefined && last.get(invocationId) === record.eventId) {
      found.push({ kind: 'returned', key: `returned:${invocationId}`, atMs, call: call.call, result: call.result });
    }
  }
  return found;
}

interface KnownCall {
  readonly call: ToolCall;
  readonly result: ToolResult | undefined;
}

function callsOf(runId: RunId, transcript: readonly TranscriptEntry[]): ReadonlyMap<InvocationId, KnownCall> {
  const results = new Map<string, ToolResult>();
  for (const entry of transcript) if (entry.kind === 'tool_result') results.set(entry.callId, entry.result);
  const calls = transcript.flatMap((entry) => (entry.kind === 'assistant_message' ? entry.calls : []));
  return new Map(calls.map((call) => [toInvocationId(runId, call.callId), { call, result: results.get(call.callId) }]));
}

/** The last record of each call of which everything is known. Notes of hooks come later and do not count. */
function lastRecords(story: readonly StoryItem[]): ReadonlyMap<InvocationId, string> {
  const last = new Map<InvocationId, string>();
  const final = new Set<InvocationId>();
  for (const { record } of story) {
    if (record.invocationId === undefined || record.kind === 'hook_note') continue;
    last.set(record.invocationId, record.eventId);
    if (FINAL.has(record.kind)) final.add(record.invocationId);
  }
  return new Map([...last].filter(([invocationId]) => final.has(invocationId)));
}

/** A reply that was lost with its process was asked for again: the message is the next one with as many calls. */
function say(unsaid: AssistantMessage[], calls: number, atMs: number): readonly Happening[] {
  const [next] = unsaid;
  if (next === undefined || next.calls.length !== calls) return [];
  unsaid.shift();
  return next.text === '' ? [] : [{ kind: 'said', key: next.entryId, atMs, text: next.text, calls }];
}
