// Runs the tests of every package through Nx and closes with the totals of all of them on a line of their own.
// A package may use Vitest or `node --test` with `node-test-report.mjs`: both leave a report in one form.
// Arguments go on to Nx, for example `npm test -- --projects=@reborn/turns` or `npm test -- --skip-nx-cache`.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const reports = () =>
  globSync('{packages,tools}/**/test-results/{vitest,node-test}.json', { cwd: root, exclude: ['**/node_modules'] });
for (const report of reports()) rmSync(join(root, report));

const run = spawnSync(
  'nx',
  ['run-many', '-t', 'test', '--parallel=3', '--output-style=static', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NX_DAEMON: 'false',
      NX_TUI: 'false',
      REBORN_TEST_REPORT: '1',
      // Tests start many processes of the same program: what is compiled once is not compiled again.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/node-compile'),
    },
  },
);

let passed = 0;
let failed = 0;
let skipped = 0;
for (const report of reports()) {
  const totals = JSON.parse(readFileSync(join(root, report), 'utf8'));
  passed += totals.numPassedTests;
  failed += totals.numFailedTests;
  skipped += totals.numPendingTests + totals.numTodoTests;
}
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`);
const empty = passed === 0;
if (empty) process.stderr.write('No test ran: that is a failure of its own.\n');
if (skipped > 0) process.stderr.write('A skipped test counts as a failure: run it or remove it.\n');
process.exit(run.status === 0 && failed === 0 && !empty && skipped === 0 ? 0 : 1);
