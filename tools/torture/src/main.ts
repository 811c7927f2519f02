// `npm run torture -- kill [--count 200] [--seed 1]`: exits 1 when anything did not hold, and prints how to repeat it.
import { parseArgs } from 'node:util';
import { killRounds } from './kill-rounds.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);
if (positionals[0] === 'kill' && Number.isInteger(count) && count >= 1 && Number.isInteger(seed)) {
  await kill();
} else {
  process.stderr.write('usage: npm run torture -- kill [--count <rounds>] [--seed <number>]\n');
  process.exitCode = 2;
}

async function kill(): Promise<void> {
  const report = await killRounds({ count, seed, report: (line) => process.stdout.write(`${line}\n`) });
  const { rounds, killed, uncertain, commits, violations } = report;
  process.stdout.write(
    `\n${rounds} rounds over ${commits} commits, ${killed} killed, ${uncertain} effects reported as uncertain, ${violations.length} violations\n`,
  );
  if (violations.length === 0) return;
  process.stdout.write(`${violations.join('\n')}\nrepeat: npm run torture -- kill --count ${count} --seed ${seed}\n`);
  process.exitCode = 1;
}
