/**
 * What a process that may die asked for and what it was told, in a file of its own: every line is written before anybody
 * acts upon it, and an acknowledgement is synced.
 *
 * Not here: what is asked (`workload.ts`), whether it is there (`judge.ts`).
 */
import { existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createHistory, type HistoryRecorder, type UnitOutcome } from '@reborn/simulator';
import type { Write } from '@reborn/host-api';

type Line =
  | { readonly asked: number; readonly writes: readonly Write[] }
  | { readonly told: number; readonly outcome: UnitOutcome };

/** Notes to `file` whatever is noted in it. */
export function createOracle(file: string): HistoryRecorder {
  const opened = openSync(file, 'a');
  const say = (line: Line): void => void writeSync(opened, `${JSON.stringify(line)}\n`);
  const history = createHistory();
  return {
    ...history,
    ask: (writes) => {
      const asked = history.units.length;
      const settle = history.ask(writes);
      say({ asked, writes });
      return (outcome) => {
        settle(outcome);
        say({ told: asked, outcome });
        fdatasyncSync(opened);
      };
    },
  };
}

/** Reads what processes have left, each from a file of its own; a line that was cut off by the end of one says nothing. */
export function readOracles(...files: readonly string[]): HistoryRecorder {
  const history = createHistory();
  for (const file of files) {
    const settles = new Map<number, (outcome: UnitOutcome) => void>();
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    for (const text of lines) {
      const line = JSON.parse(text) as Line;
      if ('writes' in line) settles.set(line.asked, history.ask(line.writes));
      else settles.get(line.told)?.(line.outcome);
    }
  }
  return history;
}
