// `npm run torture -- <area> [--count N] [--seed S] [--only <part of a name>] [--every]`: exits 1 when anything did not hold, and
// prints how to repeat it. `--count 0` runs every case that there is.
import { parseArgs } from 'node:util';
import { runAuthoriser } from './authoriser.ts';
import { runBusy } from './busy.ts';
import { runDoorErrors } from './door/door-errors.ts';
import { runEngineErrors } from './engine-errors.ts';
import { runFiles } from './files/run-files.ts';
import { runPoints } from './points.ts';
import { runKills } from './kill-rounds.ts';
import { runPostgres } from './postgres/run-postgres.ts';
import { runSyncs } from './syncs.ts';
import type { AreaOptions, AreaReport } from './trial/run-cases.ts';

interface Area {
  readonly says: string;
  /** Cases unless `--count` says otherwise. */
  readonly count: number;
  readonly run: (options: AreaOptions) => Promise<AreaReport>;
}

const AREAS: Readonly<Record<string, Area>> = {
  kill: { says: 'a job, killed around its commits and effects', count: 200, run: runKills },
  points: { says: 'a writer, killed at each call of its driver', count: 200, run: runPoints },
  errors: { says: "the engine's own errors at each call", count: 400, run: runEngineErrors },
  door: { says: "the engine's own errors at each unit of the job", count: 60, run: runDoorErrors },
  files: { says: 'damaged files', count: 300, run: (options) => runFiles({ ...options, every: values.every }) },
  busy: { says: 'a rival that holds the lock', count: 50, run: runBusy },
  syncs: { says: 'syncs, counted from outside', count: 1, run: runSyncs },
  authoriser: { says: 'the authoriser, against the reference', count: 10_000_000, run: runAuthoriser },
  postgres: { says: 'a server that dies, sessions that end, a bad wire', count: 14, run: runPostgres },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    every: { type: 'boolean', default: false },
  },
});
const [name = ''] = positionals;
const area = Object.hasOwn(AREAS, name) ? AREAS[name] : undefined;
const count = Number(values.count ?? area?.count);
const seed = Number(values.seed);
if (area === undefined || !Number.isInteger(count) || count < 0 || !Number.isInteger(seed)) {
  const lines = Object.entries(AREAS).map(([known, { says }]) => `  ${known.padEnd(12)}${says}\n`);
  process.stderr.write(
    `usage: npm run torture -- <area> [--count N] [--seed S] [--only <part of a name>]\n${lines.join('')}`,
  );
  process.exitCode = 2;
} else {
  await run(area);
}

async function run({ run: runArea }: Area): Promise<void> {
  const begun = performance.now();
  const report = (line: string): void => void process.stdout.write(`${line}\n`);
  const { only } = values;
  const { cases, failures, notes } = await runArea({ count, seed, report, ...(only === undefined ? {} : { only }) });
  const seconds = Math.round((performance.now() - begun) / 1000);
  for (const note of notes) report(note);
  report(`${name}: ${cases} cases, ${failures.length} failed, ${seconds} s`);
  if (cases === 0) report('nothing was run: that is a failure of its own');
  if (cases > 0 && failures.length === 0) return;
  process.exitCode = 1;
  for (const failure of failures) {
    report(
      `repeat: npm run torture -- ${name} --count ${count} --seed ${seed} --only '${failure.name.replaceAll("'", '')}'`,
    );
  }
}
