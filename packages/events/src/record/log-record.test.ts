import { parseTenantId } from '@reborn/host-api';
import { buildScope, createSentinel, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { buildLogRecord, LOG_RECORD_KINDS } from '../testkit/builder.ts';
import { FAMILY_OF_KIND, kindsOf, LOG_FAMILIES, toAppends, toLogEntry, type LogRecord } from './log-record.ts';

describe('Kinds of records', () => {
  test('belong to one family each, and every family has builders for all of them', () => {
    const kinds = LOG_FAMILIES.flatMap((family) => kindsOf(family));
    expect(new Set(kinds).size).toBe(kinds.length);
    expect([...FAMILY_OF_KIND.keys()]).toEqual(kinds);
    expect(LOG_RECORD_KINDS.toSorted()).toEqual(kinds.toSorted());
  });
});

describe('Records on their way into streams', () => {
  test('become one append for each stream, in the order of the records', () => {
    const globex = buildScope({ tenantId: 'globex' });
    const appends = toAppends([
      buildLogRecord('run_submitted', 1),
      buildLogRecord('call_denied', 2),
      buildLogRecord('run_completed', 3),
      buildLogRecord('run_submitted', 4, { scope: globex }),
    ]);
    const found = appends.map(({ stream, records }) => [stream, records.map(({ eventId }) => eventId)]);
    expect(found).toEqual([
      [{ family: 'runtime', tenantId: 'acme' }, [fixedUuid(1), fixedUuid(3)]],
      [{ family: 'audit', tenantId: 'acme' }, [fixedUuid(2)]],
      [{ family: 'runtime', tenantId: 'globex' }, [fixedUuid(4)]],
    ]);
  });

  test('carry their owner as labels and themselves as a body with the version of the envelope', () => {
    const record = buildLogRecord('model_started', 1);
    expect(toAppends([record])).toEqual([
      {
        kind: 'append',
        stream: { family: 'runtime', tenantId: parseTenantId('acme') },
        records: [
          {
            eventId: record.eventId,
            kind: 'model_started',
            atMs: record.atMs,
            labels: { userId: 'alice', agentId: 'agent', threadId: 'thread-1' },
            body: { v: 1, ...record },
          },
        ],
      },
    ]);
  });

  test.each<[string, unknown]>([
    ['record.kind', undefined],
    ['record.kind', null],
    ['record.kind', 'run_submitted'],
    ['record.kind', {}],
    ['record.kind', { ...buildLogRecord('run_submitted', 1), kind: 'run_teleported' }],
    ['record.kind', { ...buildLogRecord('run_submitted', 1), kind: 'toString' }],
    ['record.eventId', { ...buildLogRecord('run_submitted', 1), eventId: 'one' }],
    ['record.atMs', { ...buildLogRecord('run_submitted', 1), atMs: -1 }],
    ['record.scope', { ...buildLogRecord('run_submitted', 1), scope: undefined }],
    ['record', { ...buildLogRecord('run_submitted', 1), v: 1 }],
    ['record.by', { ...buildLogRecord('call_denied', 1), by: 'a\nb' }],
    ['record.by', { ...buildLogRecord('call_denied', 1), by: 'ä'.repeat(129) }],
    ['record.text', { ...buildLogRecord('hook_note', 1), text: 'ä'.repeat(257) }],
    ['record.hookId', { ...buildLogRecord('hook_failed', 1), hookId: '/etc/passwd' }],
  ])('are refused at %s when they have no proper form: %#', (field, record) => {
    expect(() => toAppends([record as LogRecord])).toThrow(
      expect.objectContaining({ code: 'events/invalid_record', detail: expect.objectContaining({ field }) }),
    );
  });

  test('hold nothing that no field is for, and refusals do not repeat what they refuse', () => {
    const secret = createSentinel('/home/alice/.ssh/id');
    for (const kind of LOG_RECORD_KINDS) {
      const good = buildLogRecord(kind, 1);
      for (const field of [...Object.keys(good), 'prompt', 'input', 'path', 'message']) {
        if (kind === 'hook_note' && field === 'text') continue;
        const carriers = kind === 'call_denied' || kind === 'verdict_given' ? ['by'] : [];
        if (carriers.includes(field)) continue;
        const outcome = attempt(() => toAppends([{ ...good, [field]: secret } as never]));
        expect([kind, field, findLeaks(outcome, [secret])]).toEqual([kind, field, []]);
      }
    }
  });
});

describe('Records on their way out of streams', () => {
  const [write] = toAppends([buildLogRecord('run_failed', 1)]);
  const draft = write?.records[0];
  const stored = { ...draft, cursor: 7 } as Parameters<typeof toLogEntry>[1];

  test('are the records that went in', () => {
    expect(toLogEntry('runtime', stored)).toEqual({
      known: true,
      family: 'runtime',
      cursor: 7,
      record: buildLogRecord('run_failed', 1),
    });
  });

  test.each<[string, object]>([
    ['a newer envelope', { body: { ...stored.body, v: 2 } }],
    ['no envelope', { body: {} }],
    ['a field of a newer version', { body: { ...stored.body, more: 1 } }],
    ['another event', { eventId: fixedUuid(2) }],
    ['another kind', { kind: 'run_submitted' }],
  ])('are unknown with %s', (_, change) => {
    const changed = { ...stored, ...change };
    const { eventId, kind, atMs } = changed;
    expect(toLogEntry('runtime', changed)).toEqual({ known: false, family: 'runtime', cursor: 7, eventId, kind, atMs });
  });
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
