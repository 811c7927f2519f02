import { createInMemoryStore, parseTenantId, parseUserId, type StreamRecord } from '@reborn/host-api';
import { buildScope, createFakePlatform, createSentinel, findLeaks, fixedUuid } from '@reborn/host-api/testkit';
import { describe, expect, test } from 'vitest';
import { buildLogRecord, LOG_RECORD_KINDS } from '../testkit/builder.ts';
import {
  FAMILY_OF_KIND,
  kindsOf,
  LOG_FAMILIES,
  parseLogRecord,
  toAppends,
  toLogEntry,
  type LogRecord,
  type LogRecordKind,
} from './log-record.ts';

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
    ['record.by', { ...buildLogRecord('approval_refused', 1), by: 'alice' }],
    ['record.provider', { ...buildLogRecord('call_denied', 1), provider: 'No Name' }],
    ['record.scope.userId', { ...buildLogRecord('run_submitted', 1), scope: { tenantId: 'acme' } }],
    ['record.durationMs', { ...buildLogRecord('model_completed', 1), durationMs: '1' }],
    ['record.reason', { ...buildLogRecord('subscription_terminated', 1), reason: 'because' }],
    ['record.code', { ...buildLogRecord('boundary_decided', 1), code: 'something else' }],
    ['record.boundary', { ...buildLogRecord('boundary_decided', 1), boundary: 'moat' }],
    ['record.text', { ...buildLogRecord('hook_note', 1), text: 'ä'.repeat(257) }],
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
        const outcome = attempt(() => toAppends([{ ...good, [field]: secret } as never]));
        expect([kind, field, findLeaks(outcome, [secret])]).toEqual([kind, field, []]);
      }
    }
  });
});

describe('The labels of a record', () => {
  const labelsOf = (record: LogRecord) => toAppends([record])[0]?.records[0]?.labels;
  const owner = { userId: 'alice', agentId: 'agent', threadId: 'thread-1' };

  test('say what it is about and who acted', () => {
    const about = { capabilityId: 'notes.write', provider: 'notes' };
    expect(labelsOf(buildLogRecord('approval_refused', 1))).toEqual({ ...owner, ...about, actorId: 'user:alice' });
    expect(labelsOf(buildLogRecord('approval_resolved', 1))).toEqual({ ...owner, ...about, actorId: 'host' });
    expect(labelsOf(buildLogRecord('boundary_decided', 1))).toEqual({ ...owner, ...about });
  });

  test('name the extension of a hook as the provider', () => {
    expect(labelsOf(buildLogRecord('hook_failed', 1))).toEqual({ ...owner, provider: 'notes' });
  });

  test('hold no actor for a stage of the host, and no provider that nobody stated', () => {
    const { provider: _, ...unknown } = buildLogRecord('call_denied', 1);
    expect(labelsOf(unknown)).toEqual({ ...owner, capabilityId: 'notes.write' });
  });

  test('hold the longest id there is behind its kind', () => {
    const id = parseUserId('x'.repeat(256));
    const record = buildLogRecord('approval_refused', 1, { by: { kind: 'user', id } });
    expect(labelsOf(record)?.actorId).toBe(`user:${id}`);
    const store = createInMemoryStore({ machines: [], ...createFakePlatform() });
    return expect(store.commit(toAppends([record]))).resolves.toMatchObject({ kind: 'committed' });
  });

  test('hold no user where a record is about a tenant as a whole', () => {
    const record = buildLogRecord('subscription_terminated', 1, { scope: { tenantId: parseTenantId('acme') } });
    expect(labelsOf(record)).toEqual({});
  });
});

describe('What may not stand in a record', () => {
  const raw = 'sk-live-4242424242424242';
  test.each<[LogRecordKind, string]>([
    ['run_failed', 'errorKind'],
    ['run_cancelled', 'reason'],
    ['dispatch_failed', 'errorKind'],
    ['model_failed', 'errorKind'],
    ['hook_dispatched', 'hookId'],
    ['hook_dispatched', 'point'],
    ['hook_dispatched', 'tier'],
    ['hook_decision_emitted', 'verb'],
    ['hook_failed', 'category'],
    ['hook_failed', 'disposition'],
    ['subscription_terminated', 'subscription'],
    ['verdict_given', 'by'],
    ['verdict_given', 'code'],
    ['hook_decision_accepted', 'verb'],
    ['hook_decision_accepted', 'code'],
    ['hook_decision_rejected', 'category'],
    ['effect_settled', 'errorKind'],
    ['hook_poisoned', 'category'],
    ['hook_note', 'subscription'],
    ['delivery_failed', 'errorKind'],
    ['call_denied', 'by'],
    ['call_denied', 'code'],
    ['approval_refused', 'code'],
  ])('becomes unclassified when it is built, written and read: %s.%s', (kind, field) => {
    const record = { ...buildLogRecord(kind, 1), [field]: raw };
    const clean = { ...buildLogRecord(kind, 1), [field]: 'unclassified' };
    expect(parseLogRecord(record)).toEqual(clean);
    const draft = toAppends([record])[0]?.records[0];
    expect(draft?.body).toEqual({ v: 1, ...clean });
    const stored = { ...draft, cursor: 1, body: { v: 1, ...record } } as unknown as StreamRecord;
    expect(toLogEntry(FAMILY_OF_KIND.get(kind) ?? 'runtime', stored)).toMatchObject({ known: true, record: clean });
  });

  test('never gets in by the quick way: what is written is what the schema makes of it', () => {
    const values = [raw, 'Ä', '/etc/passwd', '', 'a'.repeat(300), 0, -1, 1.5, true, null, undefined, [], {}, [raw]];
    for (const kind of LOG_RECORD_KINDS) {
      const good = buildLogRecord(kind, 1);
      for (const field of Object.keys(good).filter((name) => name !== 'kind')) {
        for (const value of values) {
          const record = { ...good, [field]: value };
          const parsed = attempt(() => JSON.stringify({ v: 1, ...parseLogRecord(record) }));
          const written = attempt(() => JSON.stringify(toAppends([record as never])[0]?.records[0]?.body));
          if (typeof parsed === 'string' && typeof written === 'string') {
            expect([kind, field, JSON.parse(written)]).toEqual([kind, field, JSON.parse(parsed)]);
          } else expect([kind, field, typeof written]).toEqual([kind, field, typeof parsed]);
        }
      }
    }
  });

  test('leaves no long word of a run out', () => {
    const record = buildLogRecord('run_failed', 1, { errorKind: 'capability_calls_exhausted' });
    expect(parseLogRecord(record)).toEqual(record);
  });

  test('becomes unclassified in each item of a list', () => {
    const record = buildLogRecord('approval_requested', 1, { asked: ['permission_ask', raw] });
    expect(parseLogRecord(record)).toMatchObject({ asked: ['permission_ask', 'unclassified'] });
  });

  test('is a time that nothing takes: it is cut', () => {
    const timeOf = (durationMs: number) => parseLogRecord(buildLogRecord('model_completed', 1, { durationMs }));
    expect([-5, 1.4, 1e12].map((ms) => timeOf(ms))).toMatchObject([
      { durationMs: 0 },
      { durationMs: 1 },
      { durationMs: 86_400_000 },
    ]);
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
