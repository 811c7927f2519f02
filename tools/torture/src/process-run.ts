/** Starting the job as a real process, and what it said before it ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JobSettings } from './job.ts';

export interface JobRun {
  readonly child: ChildProcess;
  /** Everything it printed, a line each, as it came. */
  readonly lines: readonly string[];
  /** Resolves with the signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
  /** Resolves at the first line that is this one. */
  heard(line: string): Promise<void>;
}

const JOB = fileURLToPath(new URL('./job.ts', import.meta.url));

export function startJob(settings: JobSettings): JobRun {
  const child = spawn(process.execPath, ['--conditions=@reborn/source', JOB, JSON.stringify(settings)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const waiting = new Map<string, () => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    waiting.get(line)?.();
  });
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(`stderr ${line}`));
  const ended = new Promise<NodeJS.Signals | number>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
  const heard = (line: string): Promise<void> =>
    lines.includes(line) ? Promise.resolve() : new Promise((resolve) => void waiting.set(line, resolve));
  return { child, lines, ended, heard };
}
