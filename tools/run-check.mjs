// The checks of a working day, one after the other, stopping at the first that fails. Arguments go on to Nx.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const more = process.argv.slice(2);
const checks = [
  ['format', 'oxfmt', ['--check', '.']],
  ['boundaries', 'tsx', ['--conditions=@reborn/source', 'tools/boundaries/src/main.ts']],
  ['reference pages', 'tsx', ['--conditions=@reborn/source', 'tools/reference/src/main.ts', '--check']],
  ['unused code', 'knip', ['--no-config-hints']],
  [
    'types, lint, unit tests',
    'nx',
    ['run-many', '-t', 'typecheck', 'lint', 'test:unit', '--output-style=static', ...more],
  ],
];

for (const [name, command, args] of checks) {
  process.stdout.write(`\n— ${name}\n`);
  const run = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  if (run.status !== 0) {
    process.stderr.write(`\nThe check "${name}" failed.\n`);
    process.exit(1);
  }
}
process.stdout.write('\nEverything holds.\n');
