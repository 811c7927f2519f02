/** The few statistics that a verdict rests on. */
import { createRandom } from './random.ts';

/** Resamples behind one interval: more move its ends by less than the table shows. */
const RESAMPLES = 2000;

/** Units: those of the values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Linear between the two nearest values. `NaN` of nothing. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted([...values].sort(byNumber), share);
}

/** The middle 95 % of the medians of resamples with replacement. The same seed gives the same interval. */
export function bootstrapInterval(values: readonly number[], seed: number): Interval {
  const random = createRandom(seed);
  const medians: number[] = [];
  for (let round = 0; round < RESAMPLES; round += 1) {
    const sample = values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN);
    medians.push(quantileOfSorted(sample.sort(byNumber), 0.5));
  }
  medians.sort(byNumber);
  return { low: quantileOfSorted(medians, 0.025), high: quantileOfSorted(medians, 0.975) };
}

function quantileOfSorted(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

function byNumber(left: number, right: number): number {
  return left - right;
}
