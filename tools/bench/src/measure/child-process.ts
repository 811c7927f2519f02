/** Other processes of a benchmark: the same Node.js on the same sources, one task each. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../child.ts', import.meta.url));
const CONDITIONS = '--conditions=@reborn/source';

/** The command line of a task, behind the path of Node.js. */
export function childArguments(task: object): readonly string[] {
  return ['--expose-gc', CONDITIONS, ENTRY, JSON.stringify(task)];
}

/** Starts a task that talks over a channel. */
export function startChild(task: object): ChildProcess {
  return fork(ENTRY, [JSON.stringify(task)], {
    execArgv: ['--expose-gc', CONDITIONS],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
}

/** The next message of a child. Errors: a child that ends without one. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal: gone.signal }),
      once(child, 'exit', { signal: gone.signal }).then(() => {
        throw new Error('A process of the benchmark ended without an answer');
      }),
    ]);
    return message;
  } finally {
    gone.abort();
  }
}

/** Runs a task that answers once. */
export async function askChild(task: object): Promise<unknown> {
  const child = startChild(task);
  const ended = once(child, 'exit');
  const answer = await nextMessage(child);
  await ended;
  return answer;
}
