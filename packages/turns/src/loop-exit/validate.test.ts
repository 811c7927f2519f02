import { parseCapabilityId, parseEventId, parseGateId, parseRunId } from '@reborn/host-api';
import { createSentinel, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { CHECKPOINT_BYTES_MAX, GATES_PER_RUN_MAX } from '../limits.ts';
import type { LoopExit } from '../loop/host.ts';
import { buildAssistantMessage, buildCheckpoint, buildRun, buildToolResult } from '../testkit/builder.ts';
import { validateExit, type ExitEvidence } from './validate.ts';

const run = buildRun({ status: 'running' });
const { runId } = run;
const other = parseRunId(fixedUuid(50));
const calls = [{ callId: 'call-1', capabilityId: parseCapabilityId('notes.write'), input: null }];
const reply = buildAssistantMessage(runId, 10);
const gates = [parseGateId(fixedUuid(20)), parseGateId(fixedUuid(21))];
const checkpoint = buildCheckpoint();
const completed = { kind: 'completed', replyEntryId: reply.entryId } as const;

const validate = (exit: unknown, evidence: Partial<ExitEvidence> = {}) =>
  validateExit(exit as LoopExit, { run, entries: [], issuedGates: new Set(), ...evidence });
const violation = (what: string) => ({
  kind: 'failed',
  failure: { kind: 'driver_protocol_violation', explanation: `The loop broke its contract: ${what}.` },
});

describe('A loop that says it has completed', () => {
  test('is believed when its reply is in the transcript and every call has a result', () => {
    const asked = buildAssistantMessage(runId, 9, { calls });
    expect(validate(completed, { entries: [asked, buildToolResult(runId, 11), reply] })).toEqual(completed);
  });

  test.each([
    ['nothing', []],
    ['another entry', [buildAssistantMessage(runId, 12)]],
    ['a reply of another run', [buildAssistantMessage(other, 10)]],
    ['a message that makes calls', [buildAssistantMessage(runId, 10, { calls }), buildToolResult(runId, 11)]],
    ['a result', [buildToolResult(runId, 10)]],
    [
      'what a person said',
      [{ kind: 'user_message', entryId: parseEventId(fixedUuid(10)), runId, text: 'hi' } as const],
    ],
  ])('is not believed when it names %s', (_, entries) => {
    expect(validate(completed, { entries })).toEqual(violation('it named a reply that is not in the transcript'));
  });

  test('is not believed while a call of its run has no result', () => {
    const asked = buildAssistantMessage(runId, 9, { calls });
    const entries = [asked, buildToolResult(other, 11), reply];
    expect(validate(completed, { entries })).toEqual(violation('it left calls without a result'));
  });
});

describe('A loop that says it has to wait', () => {
  test('is believed for gates that the host handed out', () => {
    const parked = { kind: 'parked', gates, checkpoint };
    expect(validate(parked, { issuedGates: new Set(gates) })).toEqual(parked);
  });

  test('is not believed for any other', () => {
    const fabricated = violation('it named a gate that the host did not open');
    expect(validate({ kind: 'parked', gates, checkpoint }, { issuedGates: new Set(gates.slice(1)) })).toEqual(
      fabricated,
    );
  });
});

describe('A loop that says it was cancelled', () => {
  test('is believed only when somebody did that', () => {
    const denied = violation('it stopped although nobody had cancelled the run');
    expect(validate({ kind: 'cancelled' })).toEqual(denied);
    expect(validate({ kind: 'cancelled' }, { run: buildRun({ cancel: 'policy' }) })).toEqual({ kind: 'cancelled' });
  });
});

describe('A loop that says it has failed', () => {
  test('is believed', () => {
    const failed = { kind: 'failed', failure: { kind: 'no_progress', explanation: 'In circles.' } };
    expect(validate(failed)).toEqual(failed);
  });
});

describe('A loop that says something else', () => {
  const secret = createSentinel('exit');
  test.each([
    undefined,
    secret,
    { kind: secret },
    { ...completed, text: secret },
    { kind: 'completed' },
    { kind: 'parked', gates: [], checkpoint },
    { kind: 'parked', gates: [gates[0], gates[0]], checkpoint },
    { kind: 'parked', gates: Array.from({ length: GATES_PER_RUN_MAX + 1 }, (_, at) => fixedUuid(at)), checkpoint },
    {
      kind: 'parked',
      gates,
      checkpoint: buildCheckpoint({ state: { secret: secret.padEnd(CHECKPOINT_BYTES_MAX, 'x') } }),
    },
    { kind: 'failed', failure: { kind: secret, explanation: '' } },
    { kind: 'failed', failure: { kind: 'no_progress', explanation: secret.repeat(100) } },
    { kind: 'recovery_required' },
  ])('has broken its contract, and what it said is not repeated: %#', (exit) => {
    const end = validate(exit, { issuedGates: new Set(gates) });
    expect(end).toEqual(violation('what it returned does not have the form of an exit'));
    expect(findLeaks(end, [secret])).toEqual([]);
  });
});
