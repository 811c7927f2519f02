/** A result as a table for people, and as a file for programs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { resultSchema, type Result, type Row } from './row.ts';

const HEADINGS = ['id', 'subject', 'baseline', 'result', '95 %', 'goal', 'verdict', 'what'];

/** One Markdown table: it can stand in `docs/benchmarks.md` as it is. */
export function describeResult(result: Result): string {
  const rows = result.rows.map((row) => [
    row.id,
    sideOf(row.subject),
    sideOf(row.baseline),
    row.note.startsWith('not measured') ? '–' : String(row.ratio),
    row.note.startsWith('not measured') ? '–' : `${row.low} – ${row.high}`,
    row.goal === null ? '' : `${row.better === 'higher' ? '≥' : '≤'} ${row.goal}`,
    verdictOf(row),
    row.note === '' ? row.name : `${row.name} (${row.note})`,
  ]);
  const widths = HEADINGS.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Errors: whatever is not a result is not written. */
export async function writeResult(result: Result, folder: string): Promise<string> {
  const file = join(folder, `${result.area}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(resultSchema.parse(result), undefined, 2)}\n`);
  return file;
}

function sideOf(side: Row['subject']): string {
  return 'median' in side ? `${String(side.median)} ${String(side.unit)}` : '';
}

function verdictOf(row: Row): string {
  if (row.met === null) return '';
  return row.met ? 'met' : 'missed';
}
