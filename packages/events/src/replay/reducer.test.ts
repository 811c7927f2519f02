import { parseCapabilityId, parseInvocationId, parseTenantId, type JsonObject } from '@reborn/host-api';
import { buildScope, fixedUuid } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JournalRecord } from '../record/journal.ts';
import { toLogEntry, type LogEntry } from '../record/log-record.ts';
import { buildLogRecord } from '../testkit/builder.ts';
import type { ReplayMode } from './replay.ts';
import { replayJournal } from './reducer.ts';

const call = (number: number) => ({ invocationId: parseInvocationId(fixedUuid(500 + number)) });
const journal = (...records: readonly JournalRecord[]): LogEntry[] =>
  records.map((record, at) => ({ known: true, family: 'journal', cursor: at + 1, record }));
const codesOf = (entries: readonly LogEntry[], mode: ReplayMode = 'audit') =>
  replayJournal({ mode, entries }).findings.map(({ code }) => code);

const verdict = buildLogRecord('verdict_given', 1, call(1));
const accepted = buildLogRecord('hook_decision_accepted', 2, call(1));
const settledJudgement = buildLogRecord('judgement_settled', 3, { ...call(1), result: 'dispatched' });
const intent = buildLogRecord('effect_intended', 4, call(1));
const result = buildLogRecord('effect_settled', 5, call(1));
const about = { invocationId: intent.invocationId, capabilityId: intent.capabilityId, attempt: 1 };

describe('A journal that is replayed', () => {
  test('tells of each call its verdicts, its decisions and its effects', () => {
    const entries = journal(verdict, accepted, settledJudgement, intent, result);
    expect(replayJournal({ mode: 'audit', entries })).toEqual({
      mode: 'audit',
      calls: [
        {
          invocationId: intent.invocationId,
          capabilityId: intent.capabilityId,
          verdicts: [verdict],
          decisions: [{ record: accepted, cursor: 2, state: 'applied' }],
          effects: [{ ...about, cursor: 4, state: 'settled', result }],
          ended: true,
        },
      ],
      findings: [],
      records: 5,
      unknown: 0,
      through: 5,
      pending: [],
      openDecisions: [],
    });
  });

  test('of nothing is nothing, and may go on', () => {
    const nothing = { calls: [], findings: [], records: 0, unknown: 0, through: 0, pending: [], openDecisions: [] };
    expect(replayJournal({ mode: 'resume', entries: [] })).toEqual({ mode: 'resume', ...nothing, blockers: [] });
    expect(replayJournal({ mode: 'repair', entries: [] })).toEqual({ mode: 'repair', ...nothing, questions: [] });
  });

  test('leaves what hooks noted about deliveries out, whenever it came', () => {
    const note = buildLogRecord('hook_note', 6, call(1));
    expect(replayJournal({ mode: 'resume', entries: journal(intent, result, note) })).toMatchObject({
      records: 3,
      blockers: [],
    });
  });

  test('holds reads without an intent, also several of one call', () => {
    const reads = [1, 2].map((number) =>
      buildLogRecord('effect_settled', number, { ...call(1), attempt: 0, outcome: 'failed', effect: 'none' }),
    );
    const replay = replayJournal({ mode: 'resume', entries: journal(...reads) });
    expect(replay.calls[0]?.effects.map(({ state, result: settled }) => [state, settled])).toEqual([
      ['settled', reads[0]],
      ['settled', reads[1]],
    ]);
    expect([replay.calls[0]?.ended, replay.blockers]).toEqual([false, []]);
  });
});

describe('An intent without a result', () => {
  const effect = { ...about, cursor: 1, state: 'pending' as const };

  test('is pending and keeps the work from going on', () => {
    const replay = replayJournal({ mode: 'resume', entries: journal(intent) });
    expect([replay.pending, replay.blockers]).toEqual([[effect], [{ kind: 'effect_pending', effect }]]);
  });

  test('blocks nothing where the capability knows a repeated call again', () => {
    const repeatable = new Set([parseCapabilityId('notes.write')]);
    const replay = replayJournal({ mode: 'resume', entries: journal(intent), repeatable });
    expect([replay.pending, replay.blockers]).toEqual([[effect], []]);
  });

  test('is what a person is asked about', () => {
    expect(replayJournal({ mode: 'repair', entries: journal(intent) }).questions).toEqual([
      { kind: 'did_it_happen', effect, answers: ['happened', 'did_not_happen'] },
    ]);
  });

  test('is settled by recovery, which says why, and stays a question for a person', () => {
    const marked = buildLogRecord('recovery_marked', 6, { ...call(1), cause: 'lease_fenced' });
    const given = buildLogRecord('effect_settled', 7, { ...call(1), outcome: 'failed', effect: 'uncertain' });
    for (const order of [
      [intent, marked, given],
      [intent, given, marked],
    ]) {
      const replay = replayJournal({ mode: 'repair', entries: journal(...order) });
      const lost = { ...effect, state: 'settled', result: given, recovery: 'lease_fenced' };
      expect([replay.findings, replay.pending, replay.questions]).toEqual([
        [],
        [],
        [{ kind: 'did_it_happen', effect: lost, answers: ['happened', 'did_not_happen'] }],
      ]);
    }
  });
});

describe('A decision of a hook', () => {
  const open = { record: accepted, cursor: 1, state: 'accepted' as const };

  test('that was accepted, and nothing says whether it took effect, is told of', () => {
    expect(replayJournal({ mode: 'audit', entries: journal(accepted) }).openDecisions).toEqual([open]);
    expect(replayJournal({ mode: 'resume', entries: journal(accepted) }).blockers).toEqual([
      { kind: 'decision_open', decision: open },
    ]);
    expect(replayJournal({ mode: 'repair', entries: journal(accepted) }).questions).toEqual([
      { kind: 'did_it_apply', decision: open, answers: ['applied', 'not_applied'] },
    ]);
  });

  test.each([
    ['denied', 'applied'],
    ['asked', 'applied'],
    ['dispatched', 'applied'],
    ['not_applied', 'not_applied'],
  ] as const)('whose judgement was settled as %s is %s', (settledAs, state) => {
    const settled = buildLogRecord('judgement_settled', 9, { ...call(1), result: settledAs });
    const [told] = replayJournal({ mode: 'audit', entries: journal(accepted, settled) }).calls;
    expect(told?.decisions.map((decision) => decision.state)).toEqual([state]);
  });

  test('is not closed by a judgement about another input', () => {
    const inputDigest = `sha256:${'00'.repeat(32)}` as typeof accepted.inputDigest;
    const other = buildLogRecord('judgement_settled', 9, { ...call(1), inputDigest });
    expect(replayJournal({ mode: 'audit', entries: journal(accepted, other) }).openDecisions).toEqual([open]);
  });
});

describe('What is wrong with a journal', () => {
  test.each<[string, readonly LogEntry[], readonly string[]]>([
    ['a cursor that goes back', journal(verdict, accepted).toReversed(), ['cursor_not_ascending']],
    ['a verdict after the end', journal(intent, result, verdict), ['after_end']],
    ['an intent after the end', journal(intent, result, { ...intent, eventId: verdict.eventId }), ['after_end']],
    [
      'a second intent beside an open one',
      journal(intent, buildLogRecord('effect_intended', 8, { ...call(1), attempt: 2 })),
      ['intent_over_intent'],
    ],
    ['a result of nothing', journal(result), ['result_without_intent']],
    ['a second result', journal(intent, result, { ...result, eventId: verdict.eventId }), ['settled_twice']],
    ['a recovery of nothing', journal(buildLogRecord('recovery_marked', 8, call(1))), ['result_without_intent']],
    ['a record of no call', journal(buildLogRecord('verdict_given', 8)), ['no_call']],
    ['another record under the same id', journal(intent, { ...verdict, eventId: intent.eventId }), ['event_differs']],
  ])('is found: %s', (_, entries, codes) => {
    expect(codesOf(entries)).toEqual(codes);
    expect(replayJournal({ mode: 'resume', entries }).blockers.length).toBeGreaterThanOrEqual(codes.length);
  });

  test('is where it was found', () => {
    expect(replayJournal({ mode: 'audit', entries: journal(intent, result, verdict) }).findings).toEqual([
      { code: 'after_end', cursor: 3, eventId: verdict.eventId, kind: 'verdict_given' },
    ]);
  });
});

describe('A record of a newer version', () => {
  const stored = (body: JsonObject, kind = 'effect_teleported') => {
    const { tenantId: _, ...labels } = buildScope({ tenantId: parseTenantId('acme') });
    return { cursor: 1, eventId: fixedUuid(1), kind, atMs: 1, labels, body };
  };
  test.each([
    ['an unknown kind', stored({ v: 1, kind: 'effect_teleported' })],
    ['a newer envelope', stored({ v: 2, ...(JSON.parse(JSON.stringify(intent)) as JsonObject) }, 'effect_intended')],
  ])('with %s is told of in an audit, and stops work that would go on by itself', (_, record) => {
    const entries = [toLogEntry('journal', record)];
    expect(replayJournal({ mode: 'audit', entries })).toMatchObject({ unknown: 1, records: 1, findings: [] });
    const finding = { code: 'unknown_record', cursor: 1, eventId: fixedUuid(1), kind: record.kind };
    expect(replayJournal({ mode: 'resume', entries }).blockers).toEqual([{ kind: 'finding', finding }]);
    expect(replayJournal({ mode: 'repair', entries }).questions).toEqual([
      { kind: 'can_it_be_trusted', finding, answers: ['yes', 'no'] },
    ]);
  });
});

describe('Any journal', () => {
  const kinds = [
    'verdict_given',
    'hook_decision_accepted',
    'judgement_settled',
    'effect_intended',
    'effect_settled',
    'recovery_marked',
    'hook_note',
  ] as const;
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    call: fc.integer({ min: 1, max: 3 }),
    attempt: fc.integer({ min: 1, max: 3 }),
    effect: fc.constantFrom('none', 'happened', 'uncertain'),
  });
  const anyJournal = fc.array(step, { maxLength: 24 }).map((steps) =>
    journal(
      ...steps.map(({ kind, call: of, attempt, effect }, at) => {
        const own = kind.startsWith('effect') || kind === 'recovery_marked' ? { attempt } : {};
        const settled =
          kind === 'effect_settled' ? { outcome: effect === 'none' ? 'failed' : 'completed', effect } : {};
        return buildLogRecord(kind, at + 1, { ...call(of), ...own, ...settled } as never) as JournalRecord;
      }),
    ),
  );

  test('only adds to what its beginning said', () => {
    fc.assert(
      fc.property(anyJournal, fc.nat(), (entries, cut) => {
        const part = replayJournal({ mode: 'audit', entries: entries.slice(0, cut % (entries.length + 1)) });
        const whole = replayJournal({ mode: 'audit', entries });
        expect(whole.findings.slice(0, part.findings.length)).toEqual(part.findings);
        for (const [at, told] of part.calls.entries()) {
          const later = whole.calls[at];
          expect(later?.invocationId).toBe(told.invocationId);
          expect(later?.verdicts.slice(0, told.verdicts.length)).toEqual(told.verdicts);
          expect(later?.ended || !told.ended).toBe(true);
          for (const [index, effect] of told.effects.entries()) {
            if (effect.state === 'settled') expect(later?.effects[index]?.result).toEqual(effect.result);
          }
        }
      }),
    );
  });

  test('says the same with records that were written twice', () => {
    fc.assert(
      fc.property(anyJournal, fc.array(fc.tuple(fc.nat(), fc.nat())), (entries, copies) => {
        const repeated = [...entries];
        for (const [from, to] of entries.length === 0 ? [] : copies) {
          const at = from % entries.length;
          const entry = entries[at];
          const behind = repeated.indexOf(entry as LogEntry) + 1;
          if (entry !== undefined) repeated.splice(behind + (to % (repeated.length - behind + 1)), 0, entry);
        }
        expect(replayJournal({ mode: 'resume', entries: repeated })).toEqual(
          replayJournal({ mode: 'resume', entries }),
        );
      }),
    );
  });

  test('whose order was changed is found out', () => {
    fc.assert(
      fc.property(anyJournal, fc.nat(), fc.nat(), (entries, first, second) => {
        fc.pre(entries.length > 1);
        const [left, right] = [first % entries.length, second % entries.length];
        fc.pre(left !== right);
        const swapped = entries.with(left, entries[right] as LogEntry).with(right, entries[left] as LogEntry);
        expect(codesOf(swapped)).toContain('cursor_not_ascending');
        expect(codesOf(entries)).not.toContain('cursor_not_ascending');
      }),
    );
  });

  test('has each of its intents in one effect, settled or pending', () => {
    fc.assert(
      fc.property(anyJournal, (entries) => {
        const replay = replayJournal({ mode: 'resume', entries });
        const effects = replay.calls.flatMap((told) => told.effects);
        for (const entry of entries) {
          if (!entry.known || entry.record.kind !== 'effect_intended') continue;
          expect(effects.filter(({ cursor }) => cursor === entry.cursor)).toHaveLength(1);
        }
        expect(effects.every(({ state, result: settled }) => (state === 'settled') === (settled !== undefined))).toBe(
          true,
        );
        expect(replay.pending).toEqual(effects.filter(({ state }) => state === 'pending'));
        expect(replay.blockers.filter(({ kind }) => kind === 'effect_pending')).toHaveLength(replay.pending.length);
      }),
    );
  });
});
