import { parseInvocationId, type JsonObject } from '@reborn/host-api';
import { fixedUuid } from '@reborn/host-api/testkit';
import { buildLogRecord } from '@reborn/events/testkit';
import { expect, test } from 'vitest';
import { replayJournal, type LogEntry } from '../src/index.ts';

const ATTEMPTS = 60_000;
const invocationId = parseInvocationId(fixedUuid(1));
const intended = buildLogRecord('effect_intended', 1, { invocationId });
const settled = buildLogRecord('effect_settled', 1, { invocationId, outcome: 'failed', effect: 'none' });

function* journal(): Generator<LogEntry> {
  for (let at = 0; at < 2 * ATTEMPTS; at += 1) {
    const about = { eventId: fixedUuid(at + 1), attempt: (at % ATTEMPTS) + 1 };
    const record = { ...((at < ATTEMPTS ? intended : settled) as unknown as JsonObject), ...about };
    yield { known: true, family: 'journal', cursor: at + 1, record: record as never };
  }
}

test('a call that was tried very often is replayed in time that grows with its records only', () => {
  const replayed = replayJournal({ mode: 'audit', entries: journal() });
  expect([replayed.records, replayed.pending.length, replayed.calls[0]?.effects.length]).toEqual([
    2 * ATTEMPTS,
    0,
    ATTEMPTS,
  ]);
  expect(replayed.findings.every(({ code }) => code === 'intent_over_intent')).toBe(true);
});
