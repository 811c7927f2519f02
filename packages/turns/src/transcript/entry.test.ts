import { parseCapabilityId, parseRunId } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { buildAssistantMessage, buildToolResult } from '../testkit/builder.ts';
import { unansweredCalls } from './entry.ts';

const runId = parseRunId(fixedUuid(1));
const other = parseRunId(fixedUuid(2));
const call = (callId: string) => ({ callId, capabilityId: parseCapabilityId('notes.write'), input: null });

describe('Calls without a result', () => {
  test('are those of the run that nothing answers, in the order in which they were made', () => {
    const entries = [
      buildAssistantMessage(runId, 10, { calls: [call('a'), call('b'), call('c')] }),
      buildToolResult(runId, 11, { callId: 'b' }),
      buildAssistantMessage(runId, 12, { calls: [call('d')] }),
      buildAssistantMessage(other, 13, { calls: [call('e')] }),
      buildToolResult(other, 14, { callId: 'a' }),
    ];
    expect(unansweredCalls(entries, runId)).toEqual([call('a'), call('c'), call('d')]);
    expect(unansweredCalls(entries, other)).toEqual([call('e')]);
    expect(unansweredCalls([], runId)).toEqual([]);
  });
});
