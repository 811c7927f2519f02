// Writes the generated reference pages; with --check it only compares and fails on a difference.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allPages } from './pages.ts';

const root = join(import.meta.dirname, '../../..');
const check = process.argv.includes('--check');
const stale = allPages(root).filter(
  ({ file, text }) => !existsSync(join(root, file)) || readFileSync(join(root, file), 'utf8') !== text,
);
for (const { file, text } of stale) {
  if (!check) writeFileSync(join(root, file), text);
  process.stdout.write(check ? `${file} differs from the code: run \`npm run reference\`.\n` : `wrote ${file}\n`);
}
process.exitCode = check && stale.length > 0 ? 1 : 0;
