/** What the cases about retention share: records of different age, a plan, a run. */
import { streamName, type StreamFamily, type StreamKey, type Write } from '@reborn/host-api';
import { buildScope, equals, FAKE_START_MS } from '@reborn/host-api/testkit';
import type { Cursor } from '../../cursor.ts';
import type { LogRecord } from '../../record/log-record.ts';
import { applyRetention, type ApplyRequest, type RetentionReport } from '../../retention/apply-retention.ts';
import { planRetention, type StreamPlan } from '../../retention/plan-retention.ts';
import type { RetentionRule } from '../../retention/rule.ts';
import { buildLogRecord } from '../builder.ts';
import type { OpenedLog } from '../harness.ts';

export const HOUR_MS = 60 * 60 * 1000;
export const STREAM: StreamKey = { family: 'runtime', tenantId: buildScope().tenantId };
/** Facts for an hour, and the ends of subscriptions for ever. */
export const RULES: readonly RetentionRule[] = [
  { family: 'runtime', kinds: ['run_failed'], keepMs: 'forever' },
  { family: 'runtime', keepMs: HOUR_MS },
];
/** Everything that was there at the start is over by now; what came an hour later is not. */
export const NOW_MS = FAKE_START_MS + HOUR_MS;

export type Keeping = Partial<Omit<ApplyRequest, 'store'>>;

/** Runs 1 to `count`, all of them over by `NOW_MS`. */
export async function old(opened: OpenedLog, count: number, first = 1): Promise<void> {
  await append(
    opened,
    Array.from({ length: count }, (_, at) => buildLogRecord('run_submitted', first + at)),
  );
}

/** Something of `kind`, over by `NOW_MS` unless its rule keeps it. */
export async function oldOf(opened: OpenedLog, kind: 'run_failed' | 'run_completed', number: number): Promise<void> {
  await append(opened, [buildLogRecord(kind, number)]);
}

/** A run that is not over. */
export async function young(opened: OpenedLog, number: number): Promise<void> {
  await append(opened, [buildLogRecord('run_submitted', number, { atMs: NOW_MS - 1 })]);
}

async function append({ log }: OpenedLog, records: readonly LogRecord[]): Promise<void> {
  const results = await log.appendBatch(records);
  equals(
    results.every(({ kind }) => kind === 'appended'),
    true,
    'the records are there',
  );
}

export async function plan({ store }: Pick<OpenedLog, 'store'>, keeping: Keeping = {}): Promise<StreamPlan> {
  const plans = await collect(planRetention({ ...DEFAULTS, ...keeping, store }));
  const [found] = plans.filter(({ stream }) => streamName(stream) === streamName(STREAM));
  return found ?? EMPTY_PLAN;
}

export async function apply(
  { store, platform }: Pick<OpenedLog, 'store' | 'platform'>,
  keeping: Keeping = {},
): Promise<readonly RetentionReport[]> {
  return collect(applyRetention({ ...DEFAULTS, ids: platform.ids, by: { kind: 'host' }, ...keeping, store }));
}

/** The cursors of the records that are left with their content. */
export async function left({ store }: Pick<OpenedLog, 'store'>, family: StreamFamily = 'runtime') {
  const page = await store.readStream({ stream: { ...STREAM, family }, after: 0, limit: 1000 });
  return page.records.map(({ cursor }) => cursor);
}

/** What the audit says about retention: family, last cursor cut, and the counts. */
export async function audited({ store }: Pick<OpenedLog, 'store'>) {
  const page = await store.readStream({ stream: { ...STREAM, family: 'audit' }, after: 0, limit: 1000 });
  return page.records.map(({ kind, body }) => ({ kind, ...body }));
}

/** Whether a unit takes records away. */
export function takes(writes: readonly Write[]): boolean {
  return writes.some(({ kind }) => kind === 'truncate' || kind === 'remove');
}

export const at = (cursor: number): Cursor => cursor as Cursor;

const DEFAULTS = { rules: RULES, nowMs: NOW_MS, holds: [] };
const EMPTY_PLAN: StreamPlan = {
  stream: STREAM,
  earliest: at(1),
  head: at(0),
  cutThrough: at(0),
  removed: 0,
  removals: [],
  heldBy: [],
  gaps: [],
};

async function collect<T>(found: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const one of found) all.push(one);
  return all;
}
