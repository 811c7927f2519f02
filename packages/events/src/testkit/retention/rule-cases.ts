/**
 * What retention takes by its rules, and how it takes it.
 *
 * Not here: what it leaves although the rules let it go (`keep-cases.ts`).
 */
import { HostApiError, parseTenantId } from '@reborn/host-api';
import { buildScope, equals, FAKE_START_MS, holds, rejects, wrapStore } from '@reborn/host-api/testkit';
import { RETENTION_CUT_MAX } from '../../limits.ts';
import { DEFAULT_RETENTION_RULES } from '../../retention/rule.ts';
import { buildForeignAppend, buildLogRecord, LOG_RECORD_KINDS } from '../builder.ts';
import { logCase } from '../harness.ts';
import { apply, at, audited, HOUR_MS, left, NOW_MS, old, oldOf, plan, STREAM, takes, young } from './keeping.ts';

export const ruleCases = [
  logCase('cuts off what is over, keeps what is not, and says so in the audit', async (opened) => {
    await old(opened, 5);
    await young(opened, 6);
    const planned = await plan(opened);
    equals(
      planned,
      { stream: STREAM, earliest: 1, head: 6, cutThrough: 5, removed: 0, removals: [], heldBy: [], gaps: [] },
      'the plan',
    );
    equals(await left(opened), [1, 2, 3, 4, 5, 6], 'a plan does nothing');
    equals(await apply(opened), [{ stream: STREAM, cutThrough: 5, cut: 5, removed: 0, done: true }], 'the run');
    equals(await left(opened), [6], 'what is left');
    const [said, ...more] = await audited(opened);
    const { kind, family, cutThrough, cut, removed, passedBy, by, scope } = said as Record<string, unknown> & {
      kind: string;
    };
    equals(
      { kind, family, cutThrough, cut, removed, passedBy, by, scope },
      {
        kind: 'retention_applied',
        family: 'runtime',
        cutThrough: 5,
        cut: 5,
        removed: 0,
        passedBy: [],
        by: { kind: 'host' },
        scope: { tenantId: STREAM.tenantId },
      },
      'who took what',
    );
    equals(more, [], 'one unit, one record');
    equals([await apply(opened), (await audited(opened)).length], [[], 1], 'a second run finds nothing to do');
    equals(await opened.log.append([buildLogRecord('run_submitted', 9)]), [7], 'cursors go on');
    equals(await opened.log.append([buildLogRecord('run_submitted', 1)]), [8], 'and what was forgotten is new again');
  }),
  logCase('takes the content of single records where something before them stays', async (opened) => {
    await old(opened, 2);
    await oldOf(opened, 'run_failed', 3);
    await old(opened, 2, 4);
    await young(opened, 6);
    await old(opened, 1, 7);
    const planned = await plan(opened);
    equals(
      [planned.cutThrough, planned.removed, planned.removals, planned.heldBy],
      [
        2,
        3,
        [
          { from: 4, through: 5 },
          { from: 7, through: 7 },
        ],
        [{ kind: 'rule', cursor: 3 }],
      ],
      'the plan names them, and what keeps the cut from going further',
    );
    equals(await apply(opened), [{ stream: STREAM, cutThrough: 2, cut: 2, removed: 3, done: true }], 'the run');
    equals(await left(opened), [3, 6], 'what the rules keep, and what is young');
    const { records } = await opened.store.readRaw({ stream: STREAM, after: 2, limit: 10 });
    equals(
      records.map(({ cursor }) => cursor),
      [3, 4, 5, 6, 7],
      'cursors stay without a gap',
    );
    equals(await opened.log.append([buildLogRecord('run_submitted', 4)]), [4], 'an append is still known');
    equals(await apply(opened), [], 'and nothing is left to do');
  }),
  logCase('cuts emptied records off once nothing before them stays', async (opened) => {
    await oldOf(opened, 'run_failed', 1);
    await old(opened, 3, 2);
    await young(opened, 5);
    await apply(opened);
    equals(await left(opened), [1, 5], 'one stays');
    const rules = [{ family: 'runtime', keepMs: HOUR_MS } as const];
    equals((await plan(opened, { rules })).cutThrough, 4, 'all up to the young one');
    await apply(opened, { rules });
    equals([await left(opened), (await plan(opened)).earliest], [[5], 5], 'with everything that was empty');
  }),
  logCase('works in bounded units, each with its own audit record, and goes on after a crash', async (opened) => {
    const count = RETENTION_CUT_MAX * 2 + 5;
    await old(opened, count);
    let units = 0;
    const dying = wrapStore(opened.store, {
      commit: async (writes) => {
        if (takes(writes)) units += 1;
        if (units === 2) throw new HostApiError('host-api/store_unavailable');
        return opened.store.commit(writes);
      },
    });
    await rejects(apply({ ...opened, store: dying }), ['host-api/store_unavailable'], 'it dies after one unit');
    equals((await plan(opened)).earliest, RETENTION_CUT_MAX + 1, 'one unit is done');
    equals((await audited(opened)).length, 1, 'and written down');
    const [report] = await apply(opened);
    equals([report?.cut, report?.done], [count - RETENTION_CUT_MAX, true], 'the next run does the rest');
    equals([await left(opened), (await audited(opened)).length], [[], 3], 'two more units');
  }),
  logCase('stops between two units when it is told to', async (opened) => {
    await old(opened, RETENTION_CUT_MAX + 5);
    const control = new AbortController();
    const store = wrapStore(opened.store, {
      commit: (writes) => {
        if (takes(writes)) control.abort();
        return opened.store.commit(writes);
      },
    });
    const reports = await apply({ ...opened, store }, { signal: control.signal });
    const first = { stream: STREAM, cutThrough: RETENTION_CUT_MAX, cut: RETENTION_CUT_MAX, removed: 0, done: false };
    equals(reports, [first], 'one unit was done');
    equals((await apply(opened))[0]?.done, true, 'the next run does the rest');
  }),
  logCase('decides by the first rule about a kind, and keeps what no rule is about', async (opened) => {
    const { log, store } = opened;
    await log.append(LOG_RECORD_KINDS.map((kind, number) => buildLogRecord(kind, number + 1)));
    await store.commit([buildForeignAppend('runtime', 900, { kind: 'run_teleported', body: { v: 2 } })]);
    await store.commit([buildForeignAppend('turn', 901, { body: {} })]);
    const heads = await Promise.all((['audit', 'security', 'turn'] as const).map((family) => left(opened, family)));
    const years = FAKE_START_MS + 100 * 365 * 24 * HOUR_MS;
    await apply(opened, { rules: DEFAULT_RETENTION_RULES, nowMs: years });
    const kept = await Promise.all((['audit', 'security', 'turn'] as const).map((family) => left(opened, family)));
    equals([kept[1], kept[2]], [heads[1], heads[2]], 'security and the outbox of runs stay');
    equals(kept[0]?.slice(0, heads[0]?.length), heads[0], 'and so does the audit, denials among it');
    const { records } = await store.readStream({ stream: STREAM, after: 0, limit: 100 });
    equals(
      records.map(({ kind }) => kind),
      ['subscription_terminated'],
      'of the facts only what was registered or ended, whatever a newer version wrote',
    );
    equals(await left(opened, 'journal'), [], 'the journal is over');
  }),
  logCase('keeps everything for as long as the default says', async (opened) => {
    await old(opened, 1);
    const rules = DEFAULT_RETENTION_RULES;
    const monthMs = 30 * 24 * HOUR_MS;
    equals((await plan(opened, { rules, nowMs: FAKE_START_MS + monthMs - 1 })).cutThrough, 0, 'thirty days');
    equals((await plan(opened, { rules, nowMs: FAKE_START_MS + monthMs })).cutThrough, 1, 'and no longer');
    equals((await plan(opened, { rules, nowMs: 0 })).cutThrough, 0, 'a clock that was set back takes nothing');
  }),
  logCase('looks at all streams there are, or at those it is given', async (opened) => {
    await old(opened, 1);
    const scope = buildScope({ tenantId: 'globex' });
    await opened.log.append([buildLogRecord('run_submitted', 1, { scope })]);
    const other = { family: 'runtime', tenantId: parseTenantId('globex') } as const;
    const reports = await apply(opened, { streams: [other] });
    equals(
      reports.map(({ stream }) => stream),
      [other],
      'the one',
    );
    equals(
      (await apply(opened)).map(({ stream }) => stream),
      [STREAM],
      'and then what is left of all',
    );
  }),
  logCase('refuses rules and requests that have no proper form, before it touches anything', async (opened) => {
    await old(opened, 1);
    const rule = { family: 'runtime', keepMs: HOUR_MS };
    const bad: readonly object[] = [
      { rules: undefined },
      { rules: [{ ...rule, keepMs: HOUR_MS - 1 }] },
      { rules: [{ ...rule, keepMs: '30d' }] },
      { rules: [{ ...rule, family: 'nothing' }] },
      { rules: [{ ...rule, kinds: [] }] },
      { rules: [{ ...rule, kinds: [''] }] },
      { rules: [{ ...rule, more: 1 }] },
      { rules: Array.from({ length: 65 }, () => rule) },
      { nowMs: -1 },
      { nowMs: Number.NaN },
      { passBy: Array(33).fill('a') },
      { passBy: [7] },
    ];
    for (const part of bad) {
      await rejects(
        plan(opened, part),
        ['events/invalid_request'],
        `refuses to plan ${JSON.stringify(part).slice(0, 60)}`,
      );
      await rejects(apply(opened, part), ['events/invalid_request'], 'and to do it');
    }
    holds((await left(opened)).includes(at(1)), 'nothing was taken');
    equals((await plan(opened, { nowMs: NOW_MS, rules: [] })).cutThrough, 0, 'no rules take nothing');
  }),
];
