import type { CapabilityId, EventId, RunId } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import { toInvocationId, type StoryItem } from '@reborn/reborn';
import type { TranscriptEntry } from '@reborn/turns';
import { describe, expect, it } from 'vitest';
import { toHappenings } from './story.ts';

const runId = '01990000-0000-7000-8000-000000000001' as RunId;
const capabilityId = 'builtin.read_file' as CapabilityId;
let events = 0;

function item(kind: string, facts: object = {}): StoryItem {
  events += 1;
  const eventId = `e${events}` as EventId;
  const family = kind === 'hook_note' ? 'journal' : 'runtime';
  return {
    atMs: events,
    family,
    cursor: events,
    record: { kind, eventId, atMs: events, runId, ...facts } as unknown as LogRecord,
  };
}

const said = (entryId: string, text: string, callIds: readonly string[]): TranscriptEntry => ({
  kind: 'assistant_message',
  entryId: entryId as EventId,
  runId,
  text,
  calls: callIds.map((callId) => ({ callId, capabilityId, input: { path: callId } })),
});
const result = (callId: string): TranscriptEntry => ({
  kind: 'tool_result',
  entryId: `r-${callId}` as EventId,
  runId,
  callId,
  capabilityId,
  result: { kind: 'completed', output: callId },
});
const about = (callId: string): object => ({ invocationId: toInvocationId(runId, callId), capabilityId });
const shape = (happenings: ReturnType<typeof toHappenings>): string[] =>
  happenings.map((happening) => (happening.kind === 'record' ? happening.record.kind : happening.kind));

describe('the story of a run', () => {
  it('puts words and calls before what is recorded about them, and results behind', () => {
    const transcript = [said('m1', 'I read.', ['a']), result('a'), said('m2', 'Done.', [])];
    const story = [
      item('model_completed', { calls: 1 }),
      item('dispatch_requested', about('a')),
      item('dispatch_succeeded', about('a')),
      item('hook_note', about('a')),
      item('model_completed', { calls: 0 }),
    ];
    expect(shape(toHappenings(runId, transcript, story))).toEqual([
      'model_completed',
      'said',
      'called',
      'dispatch_requested',
      'dispatch_succeeded',
      'returned',
      'hook_note',
      'model_completed',
      'said',
    ]);
  });

  it('holds a result back until everything about the call is known', () => {
    const story = [item('model_completed', { calls: 1 }), item('dispatch_requested', about('a'))];
    expect(shape(toHappenings(runId, [said('m1', 'I read.', ['a']), result('a')], story))).not.toContain('returned');
  });

  it('knows a message again after its first reply was lost with a process', () => {
    const story = [item('model_completed', { calls: 2 }), item('model_completed', { calls: 1 })];
    expect(shape(toHappenings(runId, [said('m1', 'I read.', ['a'])], story))).toEqual([
      'model_completed',
      'model_completed',
      'said',
    ]);
  });

  it('gives each happening a key of its own that stays the same', () => {
    const transcript = [said('m1', 'I read.', ['a', 'b']), result('a'), result('b')];
    const story = [
      item('model_completed', { calls: 2 }),
      item('dispatch_succeeded', about('a')),
      item('dispatch_succeeded', about('b')),
    ];
    const keys = toHappenings(runId, transcript, story).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(toHappenings(runId, transcript, story).map(({ key }) => key)).toEqual(keys);
  });
});
