/**
 * Cases of an area, one after the other in a few lanes: each in a folder of its own, which stays behind when it failed.
 *
 * Not here: what a case does (the areas), how a failure is repeated (`main.ts`).
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWatchdog } from './watchdog.ts';

export interface Place {
  readonly folder: string;
  /** A line of the trace, kept beside the files of a case that failed. */
  note(line: string): void;
}

export interface Case {
  /** Unique in its area: a failing case is repeated by its name. */
  readonly name: string;
  /** Returns sentences; none when everything held. Whatever is thrown counts as one. */
  run(place: Place): Promise<readonly string[]>;
}

/** What everybody who starts an area decides. */
export interface AreaOptions {
  /** Cases at most; 0 for all that there are. */
  readonly count: number;
  readonly seed: number;
  /** Only cases whose name holds this. */
  readonly only?: string;
  readonly report: (line: string) => void;
}

export interface Failure {
  readonly name: string;
  readonly sentences: readonly string[];
  /** Where its files and its trace are. */
  readonly kept: string;
}

export interface AreaReport {
  readonly cases: number;
  readonly failures: readonly Failure[];
  /** What was seen besides, such as counts of outcomes. */
  readonly notes: readonly string[];
}

/** A case that takes longer hangs. */
const CASE_MS_MAX = 120_000;

export async function runCases(
  cases: readonly Case[],
  { only, report, lanes = 2 }: Pick<AreaOptions, 'only' | 'report'> & { readonly lanes?: number },
): Promise<Omit<AreaReport, 'notes'>> {
  const chosen = cases.filter(({ name }) => only === undefined || name.includes(only));
  const root = mkdtempSync(join(tmpdir(), 'reborn-torture-'));
  const failures: Failure[] = [];
  const watchdog = startWatchdog(CASE_MS_MAX);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < chosen.length; at = next++) {
      const one = chosen[at];
      if (one === undefined) return;
      watchdog.alive(one.name);
      const failure = await runCase(one, join(root, `case-${at}`));
      if (failure === undefined) continue;
      failures.push(failure);
      report(`${failure.name}: ${failure.sentences.join('; ')}\n  kept: ${failure.kept}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    watchdog.stop();
  }
  if (failures.length === 0) rmSync(root, { recursive: true, force: true });
  return { cases: chosen.length, failures };
}

async function runCase({ name, run }: Case, folder: string): Promise<Failure | undefined> {
  const lines: string[] = [];
  mkdirSync(folder);
  const sentences = await run({ folder, note: (line) => void lines.push(line) }).catch((error: unknown) => [
    `it ended with ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  ]);
  if (sentences.length === 0) {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
  if (existsSync(folder)) writeFileSync(join(folder, 'trace.txt'), [name, ...lines, ...sentences, ''].join('\n'));
  return { name, sentences, kept: folder };
}
