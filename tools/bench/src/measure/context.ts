/** What every group of rows needs to run. */
import type { Plan } from './alternate.ts';
import type { WorkFolder } from './work-folder.ts';
import type { Row } from './row.ts';

export interface Context {
  readonly plan: Plan;
  readonly folder: WorkFolder;
  /** Tells people what is at hand. */
  readonly say: (line: string) => void;
}

/** Rows that are measured together. */
export interface Group {
  readonly id: string;
  run(context: Context): Promise<readonly Row[]>;
}

/** Counts are made smaller in quick runs: what is shown there is only that a row runs. */
export function scaled(context: Context, count: number): number {
  return context.plan.mode === 'full' ? count : Math.max(100, Math.floor(count / 100));
}
