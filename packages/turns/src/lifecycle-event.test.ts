import { parseEventId } from '@reborn/host-api';
import { FAKE_START_MS, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { announceResume, parseLifecycleEvent, toOutbox, turnEventKindSchema } from './lifecycle-event.ts';
import { buildRun } from './testkit/builder.ts';

const run = buildRun();
const event = { eventId: parseEventId(fixedUuid(8)), atMs: FAKE_START_MS };

describe('An event of the outbox', () => {
  test('is pinned on the wire', () => {
    expect(toOutbox(run, { ...event, kind: 'run_parked', count: 2 })).toEqual({
      kind: 'append',
      stream: { family: 'turn', tenantId: 'acme' },
      records: [
        {
          eventId: fixedUuid(8),
          kind: 'run_parked',
          atMs: FAKE_START_MS,
          labels: {
            userId: 'alice',
            agentId: 'agent',
            threadId: 'thread-1',
            runId: fixedUuid(1),
            correlationId: fixedUuid(3),
          },
          body: {
            v: 1,
            eventId: fixedUuid(8),
            kind: 'run_parked',
            atMs: FAKE_START_MS,
            scope: run.scope,
            runId: fixedUuid(1),
            correlationId: fixedUuid(3),
            count: 2,
          },
        },
      ],
    });
  });

  test.each(turnEventKindSchema.options)('of kind %s is read back as it was written', (kind) => {
    const [draft] = toOutbox(run, { ...event, kind, reason: 'policy' }).records;
    const stored = { ...draft, cursor: 1 } as Parameters<typeof parseLifecycleEvent>[0];
    expect(parseLifecycleEvent(stored)).toEqual(draft?.body);
    expect(parseLifecycleEvent({ ...stored, body: { ...stored.body, v: 2 } })).toBeUndefined();
    expect(parseLifecycleEvent({ ...stored, body: {} })).toBeUndefined();
  });

  test('says that a run was woken', () => {
    expect(announceResume(run, event)).toEqual(toOutbox(run, { ...event, kind: 'run_resumed' }));
  });
});
