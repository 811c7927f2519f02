/** The command `reborn` as a child process: the real one, started as this process was. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface CliProcess {
  readonly pid: number;
  /** Resolves when the process is gone and everything that it printed was read. */
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
}

export interface CliStarter {
  start(args: readonly string[], onLine?: (line: string) => void): CliProcess;
  /** Ends whatever is still at work. */
  stopAll(): void;
}

/** Beside the door of `@reborn/cli`, in its source or in its build, whichever this process resolves. */
const MAIN = fileURLToPath(import.meta.resolve('@reborn/cli')).replace(/index(\.[jt]s)$/, 'main$1');

/** All processes work in `cwd` and see the environment without colours. */
export function createCliStarter(cwd: string): CliStarter {
  const atWork = new Set<ChildProcess>();
  // Node itself warns on stderr when both wishes about colours are there.
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const env = { ...inherited, NO_COLOR: '1' };
  return {
    start: (args, onLine = () => undefined) => {
      const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      atWork.add(child);
      child.on('close', () => atWork.delete(child));
      const lines: string[] = [];
      const take = (line: string): void => {
        lines.push(line);
        onLine(line);
      };
      const read = [child.stdout, child.stderr].map(async (stream) => {
        for await (const line of createInterface({ input: stream })) take(line);
      });
      return { pid: child.pid ?? 0, ended: endOf(child, read, lines), kill: (signal) => void child.kill(signal) };
    },
    stopAll: () => {
      for (const child of atWork) child.kill('SIGKILL');
    },
  };
}

async function endOf(child: ChildProcess, read: readonly Promise<void>[], lines: readonly string[]): Promise<Ended> {
  const exit = await new Promise<Pick<Ended, 'code' | 'signal'>>((resolve) => {
    child.on('error', () => resolve({ code: 1, signal: null }));
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  await Promise.all(read);
  return { ...exit, lines };
}
