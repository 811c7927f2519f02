/**
 * Reads all imports of a workspace with dependency-cruiser and lets it apply the import rules.
 *
 * Not here: the rules (`rules.ts`), and whether the scan saw enough (`check/packages-on-disk.ts`).
 */
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import type { LocatedRoom } from './located-room.ts';
import { folderPattern } from './path-pattern.ts';
import type { RoomTable } from './room-table.ts';
import { isRuleName, violation, type Violation } from './rule-catalogue.ts';

/** One import as it was found. */
export interface Edge {
  readonly from: string;
  /** The file it leads to, relative to the root; the text of the import when it leads nowhere. */
  readonly to: string;
  readonly specifier: string;
  readonly builtin: boolean;
  readonly unresolved: boolean;
}

/** What the scan saw. */
export interface Scan {
  /** Files of the rooms, relative to the root. */
  readonly modules: readonly string[];
  readonly edges: readonly Edge[];
  readonly violations: readonly Violation[];
}

/** Scans `src` and `test` of every own room. */
export async function scanImports(
  root: string,
  table: RoomTable,
  located: readonly LocatedRoom[],
  rules: readonly IForbiddenRuleType[],
): Promise<Scan> {
  const own = located.filter((found) => !found.given);
  const folders = own
    .flatMap((found) => [`${found.folder}/src`, `${found.folder}/test`])
    .filter((folder) => existsSync(join(root, folder)));
  if (folders.length === 0) return { modules: [], edges: [], violations: [] };
  const { output } = await cruise(folders, cruiseOptions(root, table, own, rules));
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with text: ${output.slice(0, 200)}`);
  return toScan(output, own);
}

/** What is seen as the end of an import and not read: installed packages, linked ones outside of the root, build output. */
const NOT_READ = '(?:^|/)node_modules/|^[.][.]/|(?:^|/)dist/';

function cruiseOptions(
  root: string,
  table: RoomTable,
  own: readonly LocatedRoom[],
  rules: readonly IForbiddenRuleType[],
): ICruiseOptions {
  return {
    baseDir: root,
    tsPreCompilationDeps: true,
    doNotFollow: { path: NOT_READ },
    exclude: { path: own.map((found) => `${folderPattern(found.folder)}test/fixture/`) },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: [...table.conditions, 'import', 'types', 'default', 'node'],
      extensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
    validate: true,
    ruleSet: { forbidden: [...rules] },
  } as ICruiseOptions;
}

function toScan(result: ICruiseResult, own: readonly LocatedRoom[]): Scan {
  const modules = result.modules.filter((module) => own.some((room) => module.source.startsWith(`${room.folder}/`)));
  const edges = modules.flatMap((module) =>
    module.dependencies.map((dependency) => ({
      from: module.source,
      to: dependency.resolved,
      specifier: dependency.module,
      builtin: dependency.coreModule || isBuiltin(dependency.module),
      unresolved: dependency.couldNotResolve,
    })),
  );
  return { modules: modules.map((module) => module.source).sort(), edges, violations: toViolations(result, edges) };
}

function toViolations(result: ICruiseResult, edges: readonly Edge[]): readonly Violation[] {
  const written = new Map(edges.map((edge) => [`${edge.from}\n${edge.to}`, edge]));
  const circles = new Set<string>();
  return result.summary.violations.flatMap((found) => {
    const { name } = found.rule;
    if (!isRuleName(name)) throw new Error(`dependency-cruiser reports the unknown rule ${name}`);
    if (name === 'no-orphans') return [violation(name, found.from, 'imported by no production file')];
    if (found.cycle !== undefined) {
      // Each edge of a circle is reported; one report per circle says as much.
      const steps = found.cycle.map((step) => step.name);
      const members = [...new Set([found.from, ...steps])].sort().join(' ');
      if (circles.has(members)) return [];
      circles.add(members);
      return [violation(name, found.from, `imports itself by ${steps.join(' → ')}`)];
    }
    return [violation(name, found.from, describeImport(found.to, written.get(`${found.from}\n${found.to}`)))];
  });
}

function describeImport(to: string, edge: Edge | undefined): string {
  if (edge?.unresolved === true) return `imports ${edge.specifier}, which leads nowhere`;
  return edge === undefined || edge.specifier === to ? `imports ${to}` : `imports ${edge.specifier} (${to})`;
}
