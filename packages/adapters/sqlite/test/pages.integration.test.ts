import {
  createInMemoryStore,
  LABELS,
  type DurableStore,
  type Label,
  type Labels,
  type RecordDraft,
  type StreamFilter,
} from '@reborn/host-api';
import { describe, expect, test } from 'vitest';
import { connect, type Connect } from '../src/driver.ts';
import { STATEMENTS_MAX } from '../src/limits.ts';
import { draft, openStore, opening, stream, temporaryFile } from './support.ts';

const KINDS = ['noted', 'seen', 'heard', 'rare'];

/** The same numbers each time, without any order that could help. */
function shuffled(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function strewn(count: number): readonly RecordDraft[] {
  const pick = shuffled(7);
  return Array.from({ length: count }, (_none, at) => {
    const labels: Partial<Record<Label, string>> = {};
    for (const label of LABELS) if (pick(3) > 0) labels[label] = `${label}-${pick(4)}`;
    const kind = KINDS[pick(20) === 0 ? 3 : pick(3)] ?? '';
    // Mostly in order, with some from another day.
    return { ...draft(at + 1), kind, atMs: pick(15) === 0 ? pick(3000) : 1000 + at, labels };
  });
}

async function twins(): Promise<readonly [DurableStore, DurableStore]> {
  const stores = [await openStore(await temporaryFile()), createInMemoryStore(opening)] as const;
  for (const store of stores) {
    await store.commit([{ kind: 'append', stream, records: strewn(600) }]);
    await store.commit([
      { kind: 'append', stream: { ...stream, family: 'audit' }, records: strewn(50) },
      { kind: 'remove', stream, cursors: [3, 77, 300, 301, 599] },
      { kind: 'truncate', stream, through: 20 },
    ]);
  }
  return stores;
}

/** All records that meet a filter, page by page. */
async function walk(store: DurableStore, filter: StreamFilter, limit: number, order: 'oldest' | 'newest') {
  const pages: unknown[] = [];
  for (let after = 0; ;) {
    const page = await store.readStream({ stream, after, limit, filter, order });
    pages.push(page);
    const last = page.records.at(-1);
    if (last === undefined || page.records.length < limit) return pages;
    after = last.cursor;
  }
}

test('answers every question as the store in memory does', async () => {
  const [left, right] = await twins();
  const pick = shuffled(99);
  for (let round = 0; round < 300; round += 1) {
    const labels: Partial<Record<Label, string>> = {};
    for (const label of LABELS) if (pick(8) === 0) labels[label] = `${label}-${pick(4)}`;
    const kinds = KINDS.filter(() => pick(3) === 0);
    const fromMs = pick(2000);
    const filter: StreamFilter = {
      ...(pick(2) === 0 ? { labels: labels as Labels } : {}),
      ...(kinds.length > 0 && pick(2) === 0 ? { kinds: [...kinds, 'unheard of'] } : {}),
      ...(pick(3) === 0 ? { fromMs } : {}),
      ...(pick(3) === 0 ? { toMs: fromMs + pick(700) } : {}),
    };
    const [limit, order] = [1 + pick(40), pick(2) === 0 ? 'oldest' : 'newest'] as const;
    expect([filter, limit, order, await walk(left, filter, limit, order)]).toEqual([
      filter,
      limit,
      order,
      await walk(right, filter, limit, order),
    ]);
  }
});

describe('plans', () => {
  /** A store that notes how the engine goes about each of its questions. */
  async function explained() {
    const plans: string[] = [];
    const explaining: Connect = (name, mode) => {
      const connection = connect(name, mode);
      const prepare = connection.prepare.bind(connection);
      connection.prepare = <Row>(sql: string) => {
        if (mode === 'read' && sql.startsWith('SELECT')) {
          const values = Array.from({ length: sql.split('?').length - 1 }, () =>
            sql.includes('json_each') ? '[]' : 1,
          );
          const steps = prepare<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
          plans.push(steps.map((step) => step.detail).join('; '));
        }
        return prepare<Row>(sql);
      };
      return connection;
    };
    const store = await openStore(await temporaryFile(), { connect: explaining });
    await store.commit([{ kind: 'append', stream, records: strewn(50) }]);
    return { store, plans };
  }

  test('of pages go through the index that costs what matches, in its order', async () => {
    const { store, plans } = await explained();
    expect(plans.join()).not.toMatch(/SCAN (?!sqlite_sequence)|TEMP B-TREE/);
    const table: readonly (readonly [StreamFilter, string])[] = [
      [{}, 'cursor'],
      [{ labels: { userId: 'x' } }, 'cursor'],
      [{ labels: { invocationId: 'x' } }, 'invocation'],
      [{ labels: { correlationId: 'x', runId: 'x' } }, 'correlation'],
      [{ labels: { runId: 'x' }, kinds: ['a', 'b'] }, 'run'],
      [{ labels: { threadId: 'x' }, fromMs: 5 }, 'thread'],
      [{ labels: { capabilityId: 'x' } }, 'capability'],
      [{ labels: { provider: 'x' } }, 'provider'],
      [{ labels: { actorId: 'x' } }, 'actor'],
      [{ kinds: ['a'] }, 'kind'],
      [{ kinds: ['a', 'b'] }, 'kind'],
      [{ fromMs: 1, toMs: 2 }, 'cursor'],
    ];
    for (const order of ['oldest', 'newest'] as const) {
      for (const [filter, index] of table) {
        plans.length = 0;
        await store.readStream({ stream, after: 25, limit: 1, filter, order });
        expect([filter, plans.join()]).toEqual([
          filter,
          expect.stringMatching(`USING (COVERING )?INDEX log_record_by_${index} `),
        ]);
        // What is further away in time is put in order by its cursors alone, which the index holds.
        const sorted = filter.fromMs !== undefined && index === 'cursor';
        if (sorted) expect(plans.join()).toMatch('USING COVERING INDEX log_record_by_time');
        else expect(plans.join()).not.toMatch(/SCAN log_record|TEMP B-TREE/);
      }
    }
  });

  test('of lists go through the index of their order', async () => {
    const { store, plans } = await explained();
    plans.length = 0;
    await store.list('lease', { limit: 1, owner: 'a', order: 'newest' });
    await store.list('lease', { limit: 1, status: 'held' });
    await store.list('lease', { limit: 1, owner: 'a', status: 'held' });
    await store.list('lease', { limit: 1 });
    await store.listStreams({ limit: 1 });
    await store.listStreams({ limit: 1, family: 'journal', after: stream });
    const names = [
      'record_by_owner ',
      'record_by_status ',
      'record_by_owner_and_status ',
      'record_by_rank ',
      'autoindex_stream',
      'autoindex_stream',
    ];
    expect(plans).toEqual(names.map((name) => expect.stringContaining(name)));
    expect(plans.join()).not.toMatch(/TEMP B-TREE/);
  });

  test('are kept for the forms of question that are asked, and not for all that ever were', async () => {
    const { store, plans } = await explained();
    plans.length = 0;
    const ask = async (number: number): Promise<void> => {
      const labels = Object.fromEntries(
        LABELS.filter((_label, at) => ((number >> at) & 1) === 1).map((label) => [label, 'x']),
      );
      await store.readStream({ stream, after: 0, limit: 1, filter: { labels } });
    };
    for (let number = 1; number <= STATEMENTS_MAX; number += 1) await ask(number);
    const prepared = plans.length;
    for (let number = STATEMENTS_MAX; number >= 1; number -= 1) await ask(number);
    expect([prepared, plans.length]).toEqual([STATEMENTS_MAX, prepared]);
    await ask(STATEMENTS_MAX + 1);
    await ask(STATEMENTS_MAX);
    expect(plans.length).toBe(prepared + 2);
  });
});
