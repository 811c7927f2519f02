// `npm run bench -- events [--quick] [--only P1,P2]`: prints a table and writes bench-results/<area>.json. A goal that is
// missed does not fail the command, but for memory, which is a promise and not a speed; a group that breaks does.
import { parseArgs } from 'node:util';
import { FULL, QUICK } from './measure/alternate.ts';
import { describeResult, writeResult } from './measure/report.ts';
import { RESULTS } from './measure/work-folder.ts';
import { GROWTH_MAX } from './events/memory.ts';
import { AREAS, FAILED, runArea } from './run-area.ts';

/** Units: milliseconds. */
const END_MS = 2000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const [area, ...more] = positionals;
if (area !== undefined && AREAS.has(area) && more.length === 0) {
  await measure(area);
} else {
  const areas = [...AREAS.keys()].join(' | ');
  process.stderr.write(`usage: npm run bench -- <${areas}> [--quick] [--only <id>,<id> …]\n`);
  process.exitCode = 2;
}

async function measure(area: string): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const start = performance.now();
  const only = values.only.split(',').filter((id) => id !== '');
  const result = await runArea(area, { plan: values.quick ? QUICK : FULL, only, say });
  const file = await writeResult(result, RESULTS);
  const minutes = ((performance.now() - start) / 60_000).toFixed(1);
  process.stdout.write(`\n${describeResult(result)}\n\n${result.rows.length} rows in ${minutes} minutes, in ${file}\n`);
  if (result.rows.some((row) => row.note.endsWith(FAILED))) failAndEnd();
  const grown = result.rows.find((row) => row.id.startsWith('memory.') && row.ratio > GROWTH_MAX);
  if (grown === undefined) return;
  process.stderr.write(`${grown.name}: ${grown.ratio}, which is more than ${GROWTH_MAX}\n`);
  process.exitCode = 1;
}

/** What broke may have left stores and processes open, which would keep this process alive. */
function failAndEnd(): void {
  process.exitCode = 1;
  setTimeout(() => process.kill(process.pid, 'SIGTERM'), END_MS).unref();
}
