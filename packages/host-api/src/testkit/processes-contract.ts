/**
 * What every port of child processes keeps. The children are small Node programs.
 *
 * Not here: sandboxes (that adapter's own tests).
 */
import type { ProcessOutcome, ProcessRequest, Processes } from '../platform.ts';
import { equals, holds, type ContractCase } from './contract-case.ts';

export interface ProcessesHarness {
  readonly processes: Processes;
  /** The command that runs a Node program. */
  readonly node: string;
}

export const processesContract: readonly ContractCase<ProcessesHarness>[] = [
  {
    name: 'gives exit code and both outputs',
    run: async (harness) => {
      const outcome = await run(harness, 'console.log("out"); console.error("err"); process.exitCode = 3');
      equals(
        texts(outcome),
        { exitCode: 3, stdout: 'out\n', stderr: 'err\n' },
        'a failing program has ended all the same',
      );
    },
  },
  {
    name: 'passes arguments as they are, without a shell',
    run: async (harness) => {
      const args = ['$HOME', '; echo no', '*', "it's", '"', '', 'é 😀'];
      const program = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))';
      const outcome = await run(harness, program, { args: ['-e', program, '--', ...args] });
      equals(texts(outcome).stdout, JSON.stringify(args), 'each argument arrives unchanged');
    },
  },
  {
    name: 'gives the environment of the request and nothing else',
    run: async (harness) => {
      const program = 'process.stdout.write(JSON.stringify(process.env))';
      const outcome = await run(harness, program, { env: { ONLY: 'this one' } });
      equals(JSON.parse(texts(outcome).stdout ?? ''), { ONLY: 'this one' }, 'nothing is inherited');
    },
  },
  {
    name: 'feeds standard input and closes it',
    run: async (harness) => {
      const program = 'process.stdin.pipe(process.stdout)';
      const stdin = new TextEncoder().encode('through');
      equals(texts(await run(harness, program, { stdin })).stdout, 'through', 'what goes in comes out');
      equals(texts(await run(harness, program)).stdout, '', 'without input there is an end at once');
    },
  },
  {
    name: 'kills a program that takes too long, ignores signals, or says too much',
    run: async (harness) => {
      const stubborn = 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)';
      equals(await run(harness, stubborn, { timeoutMs: 400 }), killed('timed_out'), 'at its timeout');
      const loud = 'process.stdout.write("x".repeat(100000)); setInterval(() => {}, 1000)';
      equals(await run(harness, loud, { outputBytesMax: 1000 }), killed('output_too_large'), 'at its bound');
    },
  },
  {
    name: 'kills a program when its caller gives up, also before it began',
    run: async (harness) => {
      const given = new AbortController();
      const running = run(harness, 'console.log("on"); setInterval(() => {}, 1000)', { signal: given.signal });
      given.abort();
      equals(await running, killed('aborted'), 'while it runs');
      equals(await run(harness, '0', { signal: given.signal }), killed('aborted'), 'before it runs');
    },
  },
  {
    name: 'says that a program cannot be started',
    run: async ({ processes }) => {
      const outcome = await processes.run({ ...request('no-such-command-of-this-contract', []) });
      equals(outcome, { kind: 'not_started', reason: 'not_found' }, 'an outcome, not a rejection');
    },
  },
];

function run(harness: ProcessesHarness, program: string, extra: Partial<ProcessRequest> = {}): Promise<ProcessOutcome> {
  return harness.processes.run({ ...request(harness.node, ['-e', program]), ...extra });
}

function request(command: string, args: readonly string[]): ProcessRequest {
  return { command, args, env: {}, timeoutMs: 20_000, outputBytesMax: 1_000_000 };
}

function texts(outcome: ProcessOutcome): {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
} {
  holds(outcome.kind === 'exited', 'the program ends by itself');
  const decoder = new TextDecoder();
  const { exitCode, stdout, stderr } = outcome;
  return { exitCode, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function killed(reason: Extract<ProcessOutcome, { kind: 'killed' }>['reason']): ProcessOutcome {
  return { kind: 'killed', reason };
}
