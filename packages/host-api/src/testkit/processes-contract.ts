/**
 * What every port of child processes keeps. The children are small Node programs.
 *
 * Not here: what holds in a sandbox (`sandbox-cases.ts`; its cases belong to this contract).
 */
import type { ProcessRequest, ProcessOutcome } from '../platform.ts';
import { equals, holds, type ContractCase } from './contract-case.ts';
import { nodeRequest, textsOf, type ProcessesHarness } from './processes-harness.ts';
import { sandboxCases } from './sandbox-cases.ts';

/** Says its own id and that of a program that it started, and would stay for long. */
const FAMILY = `
const { spawn } = require("child_process");
const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
process.stdout.write(JSON.stringify([process.pid, child.pid]) + "\\n");
`;

/** Ends when those processes are gone; one that was killed may wait for somebody to take note of it. */
const WAIT = `
const { readFileSync } = require("fs");
const isGone = (pid) => {
  try { process.kill(pid, 0); } catch { return true; }
  try { return /\\) [ZX]/.test(readFileSync("/proc/" + pid + "/stat", "utf8")); } catch { return false; }
};
const pids = JSON.parse(process.argv[1]);
const look = () => void (pids.every(isGone) ? process.stdout.write("gone") : setTimeout(look, 10));
look();
`;

export const processesContract: readonly ContractCase<ProcessesHarness>[] = [
  {
    name: 'gives exit code and both outputs',
    run: async (harness) => {
      const outcome = await run(harness, 'console.log("out"); console.error("err"); process.exitCode = 3');
      equals(
        textsOf(outcome),
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
      equals(textsOf(outcome).stdout, JSON.stringify(args), 'each argument arrives unchanged');
    },
  },
  {
    name: 'gives the environment of the request and nothing else',
    run: async (harness) => {
      const program = 'process.stdout.write(JSON.stringify(process.env))';
      const outcome = await run(harness, program, { env: { ONLY: 'this one' } });
      equals(JSON.parse(textsOf(outcome).stdout ?? ''), { ONLY: 'this one' }, 'nothing is inherited');
    },
  },
  {
    name: 'feeds standard input and closes it',
    run: async (harness) => {
      const program = 'process.stdin.pipe(process.stdout)';
      const stdin = new TextEncoder().encode('through');
      equals(textsOf(await run(harness, program, { stdin })).stdout, 'through', 'what goes in comes out');
      equals(textsOf(await run(harness, program)).stdout, '', 'without input there is an end at once');
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
      const outcome = await processes.run({ ...nodeRequest('no-such-command-of-this-contract', []) });
      equals(outcome, { kind: 'not_started', reason: 'not_found' }, 'an outcome, not a rejection');
    },
  },
  {
    name: 'kills what a program started together with the program, whatever the reason',
    run: async (harness) => {
      const reasons = ['timed_out', 'aborted', 'output_too_large'] as const;
      for (const reason of reasons) {
        const { outcome, pids } = await endFamily(harness, reason);
        equals(outcome, killed(reason), `the program is killed: ${reason}`);
        equals(await waitFor(harness, pids), 'gone', `and so is what it started: ${reason}`);
      }
    },
  },
  {
    name: 'ends what a program leaves behind',
    run: async (harness) => {
      const outcome = await run(harness, `${FAMILY} process.exit(0);`);
      const pids = JSON.parse(textsOf(outcome).stdout ?? '[]') as number[];
      equals(pids.length, 2, 'the program started another one');
      equals(await waitFor(harness, pids), 'gone', 'nothing goes on behind it');
    },
  },
  {
    name: 'tells what comes out as it comes, whole and in order',
    run: async (harness) => {
      const program = `
        process.stdout.write("x".repeat(100000), () => process.stderr.write("err", () => process.stdin.resume()));
        process.stdin.on("end", () => process.stdout.write("end"));`;
      const heard = { stdout: '', stderr: '' };
      const decoder = new TextDecoder();
      const onOutput: ProcessRequest['onOutput'] = (stream, chunk) => void (heard[stream] += decoder.decode(chunk));
      const { exitCode, ...whole } = textsOf(await run(harness, program, { onOutput, stdin: new Uint8Array() }));
      equals(exitCode, 0, 'the program ends');
      equals(whole, { stdout: `${'x'.repeat(100_000)}end`, stderr: 'err' }, 'the outcome has all of it');
      equals(heard, whole, 'the parts are the whole');
    },
  },
  {
    name: 'tells no more than the bound',
    run: async (harness) => {
      let bytes = 0;
      const onOutput: ProcessRequest['onOutput'] = (_stream, chunk) => void (bytes += chunk.byteLength);
      const loud = 'process.stdout.write("x".repeat(1000000)); setInterval(() => {}, 1000)';
      equals(await run(harness, loud, { outputBytesMax: 1000, onOutput }), killed('output_too_large'), 'it is killed');
      holds(bytes <= 1000, 'what is beyond the bound is not told');
    },
  },
  ...sandboxCases,
];

function run(harness: ProcessesHarness, program: string, extra: Partial<ProcessRequest> = {}): Promise<ProcessOutcome> {
  return harness.processes.run({ ...nodeRequest(harness.node, ['-e', program]), ...extra });
}

type Ending = 'timed_out' | 'aborted' | 'output_too_large';

/** A program and one that it started, ended for a reason after both were there. */
async function endFamily(harness: ProcessesHarness, reason: Ending) {
  const stop = new AbortController();
  let said = '';
  const onOutput: ProcessRequest['onOutput'] = (_stream, chunk) => {
    said += new TextDecoder().decode(chunk);
    if (reason === 'aborted' && said.endsWith('\n')) stop.abort();
  };
  const flood = reason === 'output_too_large' ? 'setTimeout(() => process.stdout.write("x".repeat(1000000)), 50);' : '';
  const outcome = await run(harness, `${FAMILY} ${flood}`, {
    timeoutMs: reason === 'timed_out' ? 1000 : 20_000,
    outputBytesMax: 1000,
    signal: stop.signal,
    onOutput,
  });
  const pids = JSON.parse(said === '' ? '[]' : said) as number[];
  equals(pids.length, 2, 'the program started another one');
  return { outcome, pids };
}

async function waitFor(harness: ProcessesHarness, pids: readonly number[]): Promise<string | undefined> {
  const args = ['-e', WAIT, '--', JSON.stringify(pids)];
  return textsOf(await harness.processes.run({ ...nodeRequest(harness.node, args), timeoutMs: 5000 })).stdout;
}

function killed(reason: Extract<ProcessOutcome, { kind: 'killed' }>['reason']): ProcessOutcome {
  return { kind: 'killed', reason };
}
