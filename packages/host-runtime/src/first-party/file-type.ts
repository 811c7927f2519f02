/**
 * Kinds of files by the ending of their names, for filters.
 *
 * Not here: filters by glob (`glob-pattern.ts`).
 */
import { z } from 'zod';

const ENDINGS = {
  c: ['.c', '.h'],
  cpp: ['.cpp', '.cc', '.cxx', '.hpp', '.hh', '.hxx', '.h'],
  csharp: ['.cs'],
  css: ['.css', '.scss', '.sass', '.less'],
  csv: ['.csv', '.tsv'],
  go: ['.go'],
  html: ['.html', '.htm', '.xhtml'],
  java: ['.java'],
  js: ['.js', '.jsx', '.mjs', '.cjs'],
  json: ['.json', '.jsonl', '.json5'],
  kotlin: ['.kt', '.kts'],
  md: ['.md', '.markdown', '.mdx'],
  php: ['.php'],
  py: ['.py', '.pyi'],
  ruby: ['.rb'],
  rust: ['.rs'],
  sh: ['.sh', '.bash', '.zsh', '.fish'],
  sql: ['.sql'],
  swift: ['.swift'],
  toml: ['.toml'],
  ts: ['.ts', '.tsx', '.mts', '.cts'],
  txt: ['.txt'],
  xml: ['.xml', '.svg'],
  yaml: ['.yaml', '.yml'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export const fileTypeSchema = z.enum(Object.keys(ENDINGS) as (keyof typeof ENDINGS)[]);
export type FileType = z.infer<typeof fileTypeSchema>;

/** True when the name has one of the endings of the type. Upper and lower case are the same. */
export function isOfType(name: string, type: FileType): boolean {
  const lower = name.toLowerCase();
  return ENDINGS[type].some((ending) => lower.endsWith(ending));
}
