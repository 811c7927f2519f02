/**
 * Other processes of the harness: one task each, from source, and what they print.
 *
 * Not here: what they do (`../child.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** What it has printed, a line each; what it says of errors begins with `stderr`. */
  readonly lines: readonly string[];
  /** Resolves with the signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
  /** Resolves with the first line that begins so. Errors: it ended without one. */
  heard(start: string): Promise<string>;
  say(line: string): void;
}

const ENTRY = fileURLToPath(new URL('../child.ts', import.meta.url));

export function childArguments(task: object): readonly string[] {
  return ['--conditions=@reborn/source', ENTRY, JSON.stringify(task)];
}

export function startChild(task: object, through: readonly string[] = []): Child {
  const [command = process.execPath, ...rest] = [...through, process.execPath, ...childArguments(task)];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  // A child that is killed reads nothing any more.
  child.stdin.on('error', () => undefined);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(`stderr ${line}`));
  const ended = new Promise<NodeJS.Signals | number>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
  const heard = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = lines.find((line) => line.startsWith(start));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      void ended.then(() => reject(new Error(`a process ended without "${start}": ${lines.slice(-5).join(' | ')}`)));
      look();
    });
  return { process: child, lines, ended, heard, say: (line) => void child.stdin.write(`${line}\n`) };
}
