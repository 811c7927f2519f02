// `npm run simulate -- --bugs` plants every bug and says how many seeds find it; otherwise
// `npm run simulate -- [--seeds 60] [--operations 300] [--seed S] [--keep 3,8,13 --luck 2] [--bug name] [--trace]`: exits 1 when
// anything did not hold or a mark was not reached, and prints how to repeat it.
import { parseArgs } from 'node:util';
import { BUGS, isBugName } from './bugs.ts';
import { runCampaign } from './campaign.ts';
import { findBug } from './find-bug.ts';
import { shrink } from './shrink.ts';
import { simulate, type SimulationOptions, type SimulationResult } from './world/simulate.ts';

/** Lines of the trace that are shown of a failing run. */
const TRACE_LINES = 40;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '60' },
    operations: { type: 'string', default: '300' },
    seed: { type: 'string' },
    keep: { type: 'string' },
    luck: { type: 'string', default: '0' },
    bug: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
  },
});
const [seeds, operations, luck] = [Number(values.seeds), Number(values.operations), Number(values.luck)];
const seed = Number(values.seed ?? '1');
const { bug, keep } = values;
const areNumbers = [seeds, operations, seed, luck].every((number) => Number.isInteger(number) && number >= 0);
if (!areNumbers || (bug !== undefined && !isBugName(bug))) {
  print(
    'usage: npm run simulate -- [--seeds N] [--operations M] [--seed S] [--keep 3,8] [--luck L] [--bug name | --bugs] [--trace]',
  );
  print(`bugs: ${Object.keys(BUGS).join(', ')}`);
  process.exitCode = 2;
} else {
  const planted = bug === undefined ? {} : { bug };
  if (values.bugs) await runBugs();
  else if (values.seed !== undefined) await runOne({ seed, operations, luck, ...planted });
  else await runMany(planted);
}

async function runMany(planted: Pick<SimulationOptions, 'bug'>): Promise<void> {
  const {
    failed,
    unstable,
    unreached,
    units,
    seeds: done,
  } = await runCampaign({ firstSeed: 1, seeds, operations, ...planted });
  if (failed !== undefined) return reportFailure({ seed: failed.seed, operations, ...planted }, failed);
  for (const name of unstable) print(`seed ${name} did something else the second time`);
  for (const mark of unreached) print(`never reached: ${mark}`);
  print(
    `${done} seeds of ${operations} operations, ${units} units of work, no violations, ${unreached.length} marks unreached`,
  );
  if (unstable.length + unreached.length > 0) process.exitCode = 1;
}

async function runBugs(): Promise<void> {
  for (const name of Object.keys(BUGS).filter(isBugName)) {
    const { seeds: tried, found } = await findBug(name, { seedsMax: seeds, operations });
    const first = found?.violations[0];
    print(`${name}: ${first === undefined ? 'NOT FOUND' : `${first.invariant}, seed ${found?.seed}`}, ${tried} seeds`);
    if (first === undefined) process.exitCode = 1;
  }
}

async function runOne(options: SimulationOptions): Promise<void> {
  const onTrace = values.trace ? print : () => undefined;
  const drawn = await simulate({ ...options, ...(keep === undefined ? { onTrace } : {}) });
  const kept = keep?.split(',');
  const steps = drawn.steps.filter((step) => kept?.includes(step.seed) === true);
  const result = kept === undefined ? drawn : await simulate({ ...options, steps, onTrace });
  print(`cast: ${result.cast}; faults: ${result.faults.join(', ') || 'none'}`);
  print(`trace: ${result.traceHash}`);
  if (result.violations.length === 0)
    return print(`seed ${options.seed}: ${result.units} units of work, no violations`);
  return reportFailure(options, result);
}

async function reportFailure(options: SimulationOptions, failed: SimulationResult): Promise<void> {
  process.exitCode = 1;
  for (const { invariant, sentence } of failed.violations) print(`${invariant}: ${sentence}`);
  const planted = options.bug === undefined ? '' : ` --bug ${options.bug}`;
  const command = `npm run simulate -- --seed ${options.seed} --operations ${options.operations}${planted}`;
  print(`repeat: ${command}`);
  const { result: small, luck } = await shrink(options, failed);
  print(
    `\n${small.steps.length} of ${failed.steps.length} operations are enough, with: ${small.faults.join(', ') || 'no faults'}`,
  );
  for (const { atMs, process: name, operation } of small.steps) print(`  ${atMs} ${name} ${operation}`);
  print(`repeat: ${command} --keep ${small.steps.map((step) => step.seed).join(',')} --luck ${luck} --trace`);
  const lines: string[] = [];
  const onTrace = (line: string): void => void (line.endsWith(': timer') || lines.push(line));
  await simulate({ ...options, steps: small.steps, luck, onTrace });
  print(`\nthe end of its trace:\n${lines.slice(-TRACE_LINES).join('\n')}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
