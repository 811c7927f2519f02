import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REQUEST_RULES } from '../../src/egress/request-rule.ts';
import { createEgressBench, type BenchOptions } from './egress-bench.ts';
import { HOSTILE_CLASSES, type HostileClass } from './hostile-request.ts';

const RUNS = Number(process.env['REBORN_MODEL_RUNS'] ?? 60);
/** A hole shows early; only a hole that is none takes all of them. */
const HOLE_RUNS = 500;

describe('The way out stands against', () => {
  test.each(HOSTILE_CLASSES)('$name', async (hostile) => {
    const found = await search(hostile);
    expect(found.counterexample?.map(({ request }) => request) ?? []).toEqual([]);
  });

  const holes = HOSTILE_CLASSES.flatMap((hostile) =>
    Object.entries(hostile.holes).map(([hole, open]) => [hole, hostile.name, hostile, open] as const),
  );
  test.each(holes)('nothing when %s: %s come through, and that is found', async (_hole, _name, hostile, open) => {
    expect((await search(hostile, open, HOLE_RUNS)).failed).toBe(true);
  });

  test('each rule for requests has attacks that only it stops', () => {
    const forgotten = HOSTILE_CLASSES.flatMap(({ holes }) => Object.keys(holes)).join('; ');
    const others = ['target_denied'];
    const named = REQUEST_RULES.filter(({ name }) => others.includes(name) || forgotten.includes(`asks for ${name}`));
    expect(named).toEqual(REQUEST_RULES);
  });
});

function search(hostile: HostileClass, open = (options: BenchOptions): BenchOptions => options, numRuns = RUNS) {
  const property = fc.asyncProperty(hostile.attack, async ({ options, request }) => {
    const bench = createEgressBench(open(options));
    await bench.request(request);
    return !hostile.isHarm(bench);
  });
  return fc.check(property, { numRuns, endOnFailure: numRuns === HOLE_RUNS });
}
