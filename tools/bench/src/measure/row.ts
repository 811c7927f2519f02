/**
 * Rows of a result: how a comparison becomes a number, an interval and a verdict.
 *
 * Not here: how results are written and printed (`report.ts`).
 * Source: design/measures.md, E2.
 */
import { z } from 'zod';
import type { Plan, Series } from './alternate.ts';
import type { Block, Metric } from './block.ts';
import { bootstrapInterval, median, type Interval } from './statistics.ts';

const SEED = 1;
/** An A/A control outside these voids its group. */
const CONTROL = { low: 0.95, high: 1.05 };

const sideSchema = z.looseObject({ name: z.string(), unit: z.string(), median: z.number() });
const emptySchema = z.strictObject({});

/**
 * One line. `goal` is `null` where something only stands beside; `met` is `null` there, in quick runs, and where the
 * control was off. `subject` and `baseline` hold the raw samples, one a block.
 */
export const rowSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  ratio: z.number(),
  low: z.number(),
  high: z.number(),
  goal: z.number().nullable(),
  better: z.enum(['higher', 'lower']),
  met: z.boolean().nullable(),
  subject: sideSchema.or(emptySchema),
  baseline: sideSchema.or(emptySchema),
  note: z.string(),
});
export type Row = z.infer<typeof rowSchema>;

export const resultSchema = z.strictObject({
  area: z.string(),
  machine: z.string(),
  versions: z.record(z.string(), z.string()),
  rows: z.array(rowSchema),
});
export type Result = z.infer<typeof resultSchema>;

export interface Comparison {
  readonly id: string;
  readonly name: string;
  readonly subject: string;
  readonly baseline: string;
  readonly metric: Metric;
  readonly goal?: number;
  readonly note?: string;
  /** How a pair becomes one number. Default: subject ÷ baseline. */
  readonly of?: (subject: number, baseline: number) => number;
  readonly better?: 'higher' | 'lower';
}

/** Compares two sides of one series, pair by pair. */
export function compare(series: Series, plan: Plan, comparison: Comparison): Row {
  const { subject, baseline, metric, of = (left, right) => left / right } = comparison;
  const others = new Map(blocksOf(series, baseline).map((block) => [block.round, metric.of(block)]));
  const ratios = blocksOf(series, subject).map((block) => of(metric.of(block), others.get(block.round) ?? Number.NaN));
  return toRow(plan, comparison, ratios, {
    subject: describe(series, subject, metric),
    baseline: describe(series, baseline, metric),
  });
}

/** One side of a series by itself: what may not be compared still stands beside. */
export function unscored(series: Series, plan: Plan, shown: Omit<Comparison, 'baseline' | 'goal' | 'of'>): Row {
  const { id, subject, metric, note = '' } = shown;
  const name = `${shown.name}, ${metric.name}, not scored`;
  const better = shown.better ?? metric.better;
  return measured(plan, { id, name, better, note }, blocksOf(series, subject).map(metric.of), metric.name);
}

export interface Measured {
  readonly id: string;
  readonly name: string;
  readonly goal?: number;
  readonly better: 'higher' | 'lower';
  readonly note?: string;
}

/** A row of plain numbers: counts, bytes, milliseconds. */
export function measured(plan: Plan, what: Measured, values: readonly number[], unit: string): Row {
  const subject = { name: 'reborn', unit, median: rounded(median(values)), samples: values.map(rounded) };
  return toRow(plan, what, values, { subject, baseline: {} });
}

/** A row for what could not be measured here, which says why. */
export function unmeasured(what: Omit<Measured, 'better'> & { readonly better?: Row['better'] }, why: string): Row {
  const { id, name, goal = null, better = 'higher' } = what;
  const nothing = { ratio: 0, low: 0, high: 0, met: null, subject: {}, baseline: {} };
  return { id, name, ...nothing, goal, better, note: `not measured: ${why}` };
}

/** Takes the verdicts of a group back when its control shows that the machine was not quiet. */
export function voidUnlessQuiet(plan: Plan, control: Row, rows: readonly Row[]): readonly Row[] {
  const quiet = control.ratio >= CONTROL.low && control.ratio <= CONTROL.high;
  if (quiet || plan.mode === 'quick') return [...rows, control];
  const note = `void: the A/A control was ${control.ratio}`;
  return [...rows.map((row) => ({ ...row, met: null, note: joined(row.note, note) })), control];
}

function toRow(
  plan: Plan,
  what: Omit<Measured, 'better'> & { readonly better?: 'higher' | 'lower'; readonly metric?: Metric },
  values: readonly number[],
  sides: Pick<Row, 'subject' | 'baseline'>,
): Row {
  const interval = bootstrapInterval(values, SEED);
  const better = what.better ?? what.metric?.better ?? 'higher';
  const met = plan.mode === 'full' && what.goal !== undefined ? !isBeyond(interval, what.goal, better) : null;
  return {
    id: what.id,
    name: what.name,
    ratio: rounded(median(values)),
    low: rounded(interval.low),
    high: rounded(interval.high),
    goal: what.goal ?? null,
    better,
    met,
    ...sides,
    note: what.note ?? '',
  };
}

/** A goal is missed only when the whole interval lies beyond it. */
function isBeyond(interval: Interval, goal: number, better: 'higher' | 'lower'): boolean {
  return better === 'higher' ? interval.high < goal : interval.low > goal;
}

function blocksOf(series: Series, name: string): readonly Block[] {
  const blocks = series.get(name);
  if (blocks === undefined || blocks.length === 0) throw new Error(`The side "${name}" was not measured`);
  return blocks;
}

function describe(series: Series, name: string, metric: Metric): Row['subject'] {
  const blocks = blocksOf(series, name);
  const samples = blocks.map((block) => rounded(metric.of(block)));
  return {
    name,
    unit: metric.name,
    median: rounded(median(samples)),
    gcMs: rounded(median(blocks.map((block) => block.gcMs))),
    loopDelayP99Ms: rounded(median(blocks.map((block) => block.loopDelayP99Ms))),
    samples,
  };
}

/** Three significant digits are more than such a run can tell; four keep the arithmetic visible. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function joined(...notes: readonly string[]): string {
  return notes.filter((note) => note !== '').join('; ');
}
