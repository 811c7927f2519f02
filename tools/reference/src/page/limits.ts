/** The page of bounds, from the `limits.ts` of each package: name, value and the reason that stands above it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from '../markdown.ts';

const LIMIT = /\/\*\* (?<reason>[^]*?) \*\/\nexport const (?<name>[A-Z0-9_]+)[^=]*= (?<value>[^;]+);/g;

export interface Limit {
  readonly file: string;
  readonly name: string;
  readonly value: string;
  readonly reason: string;
}

/** Every bound of every package. Order: by file, then as they stand in it. */
export function readLimits(root: string): readonly Limit[] {
  const files = globSync('packages/**/src/**/limits.ts', { cwd: root, exclude: ['**/node_modules'] }).sort();
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(LIMIT)].map(({ groups }) => ({
      file,
      name: groups?.['name'] ?? '',
      value: (groups?.['value'] ?? '').replaceAll(/\s+/g, ' '),
      reason:
        (groups?.['reason'] ?? '')
          .split('*/')
          .at(-1)
          ?.replaceAll(/\s*\n \*\s*/g, ' ')
          .trim() ?? '',
    })),
  );
}

export function limitsPage(root: string): string {
  const byFile = Map.groupBy(readLimits(root), (limit) => limit.file);
  const sections = [...byFile].flatMap(([file, limits]) => [
    `## ${file}`,
    table(
      ['name', 'value', 'why'],
      limits.map(({ name, value, reason }) => [`\`${name}\``, `\`${value}\``, reason]),
    ),
  ]);
  return ['# Limits', 'A bound on everything. Bytes are UTF-8 bytes.', ...sections].join('\n\n');
}
