/**
 * `builtin.shell`: one command of a shell, run in the workspace.
 *
 * What holds a command is its sandbox where the machine has one, then its folders and nothing else are there and no
 * network; without one it runs as the user of the host, held by its process group and by nothing else. The look at its
 * text (`shell-check.ts`) is advice.
 *
 * Not here: starting and holding processes (the `Processes` port), who has to be asked (grants and gates).
 * Source: specification 2, d and f.2-19.
 */
import {
  boundedText,
  WORKSPACE,
  type JsonObject,
  type MountView,
  type ProcessOutcome,
  type Processes,
  type ProcessRequest,
} from '@reborn/host-api';
import { z } from 'zod';
import type { Effect } from '../failure.ts';
import { confine, type Hold } from '../lane/confinement.ts';
import { ToolFailure, type DefinedTool } from '../lane/define-tool.ts';
import type { HandlerCall } from '../lane/handler.ts';
import { createLineReader } from '../lane/line-reader.ts';
import { PROCESS_MS_MAX, PROGRAM_GRACE_MS } from '../limits.ts';
import { defineBuiltin, toolPathSchema } from './builtin.ts';
import {
  SHELL_ANSWER_BYTES_MAX,
  SHELL_COMMAND_BYTES_MAX,
  SHELL_DEADLINE_MS,
  SHELL_OUTPUT_BYTES_MAX,
  SHELL_OUTPUT_READ_BYTES_MAX,
  SHELL_TIMEOUT_S_MAX,
} from './limits.ts';
import { cutMiddle } from './cut-middle.ts';
import { placePath } from './placed-path.ts';
import { checkShellCommand } from './shell-check.ts';
import { SHELL_REFUSALS, type ShellRefusalCode } from './shell-refusal.ts';

/** `mounts`: the folders that commands see in a sandbox; they begin in one that permits `execute`. */
export interface ShellParts {
  readonly processes: Processes;
  readonly mounts: MountView;
  /** Commands run in a sandbox or not at all; otherwise in one where the machine has one. */
  readonly sandboxOnly: boolean;
}

/**
 * The home is the folder that the command begins in, whatever that is called where it runs; both outputs are one, in the
 * order in which they are written.
 */
const START = 'HOME=$PWD; export HOME; exec /bin/sh -c "$1" 2>&1';
const ENVIRONMENT = Object.freeze({ PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', TERM: 'dumb' });

const PROMPT = `Runs one command with \`sh -c\` and returns what it says: both outputs as one text, in the order in which they were written.

A command that fails is no failure of this tool: look at \`exit_code\` and \`success\`. It has no input and no terminal, so use options that ask nothing (\`-y\`, \`--no-pager\`, \`--batch\`). Its environment is small: PATH, LANG, TERM and HOME, which is the folder it begins in. Nothing that it leaves running in the background survives it. It is stopped after \`timeout\` seconds, and so is one that writes more than 8 MiB; what it did until then stays done. Of a long output you see the beginning and the end; write it to a file and search there if you need the middle.

\`sandboxed\` says whether it ran in a sandbox: then only the workspace is there, and no network. Some commands are refused as they are written, such as those that take other rights, run what they download, feed text to a shell, upload files, or touch files that hold credentials by custom. Do not look for a way around that: use the file tools, or say what you need.`;

const inputSchema = z.strictObject({
  command: boundedText(SHELL_COMMAND_BYTES_MAX)
    .min(1)
    .superRefine((command, context) => {
      const code = checkShellCommand(command);
      if (code !== undefined) context.addIssue({ code: 'custom', message: ruleOf(code) });
    })
    .describe('What `sh -c` runs.'),
  workdir: toolPathSchema.optional().describe('The folder to begin in, relative to the workspace; by default that.'),
  timeout: z
    .int()
    .min(1)
    .max(SHELL_TIMEOUT_S_MAX)
    .default(SHELL_TIMEOUT_S_MAX)
    .describe('Seconds after which the command is stopped.'),
});
type ShellInput = z.output<typeof inputSchema>;

const outputSchema = z.strictObject({
  output: z.string(),
  exit_code: z.int(),
  success: z.boolean(),
  sandboxed: z.boolean(),
});

/** Closed: why a command has no exit code. One that began may have done anything. */
const FAILURES = {
  no_sandbox: { effect: 'none', message: 'Commands run in a sandbox only, and this machine offers none.' },
  not_started: { effect: 'none', message: 'The command could not be started in this folder.' },
  timed_out: { effect: 'uncertain', message: 'The command did not end in time and was stopped.' },
  cancelled: { effect: 'uncertain', message: 'The command was stopped before it ended.' },
  output_too_large: { effect: 'uncertain', message: 'The command wrote more than it may and was stopped.' },
  killed: { effect: 'uncertain', message: 'The command was ended by a signal.' },
} as const satisfies Readonly<Record<string, { readonly effect: Effect; readonly message: string }>>;

const KILLED = {
  timed_out: 'timed_out',
  aborted: 'cancelled',
  output_too_large: 'output_too_large',
  signal: 'killed',
} as const satisfies Readonly<Record<Extract<ProcessOutcome, { kind: 'killed' }>['reason'], keyof typeof FAILURES>>;

/** Without `network` where no command is ever run outside a sandbox. */
export function createShellTool(parts: ShellParts): DefinedTool {
  const tool = defineBuiltin({
    id: 'builtin.shell',
    description:
      'Runs one shell command in the workspace and returns what it says and its exit code. It has no input, no terminal ' +
      'and at most 120 seconds, and nothing it starts outlives it. Use the file tools to read, search and change files.',
    prompt: PROMPT,
    input: inputSchema,
    output: outputSchema,
    effects: [
      'spawn_process',
      'execute_code',
      'read_filesystem',
      'write_filesystem',
      'delete_filesystem',
      ...(parts.sandboxOnly ? [] : (['network'] as const)),
    ],
    permission: 'ask',
    deadlineMs: SHELL_DEADLINE_MS,
    outputBytesMax: SHELL_ANSWER_BYTES_MAX,
    lane: 'process',
    mounts: parts.mounts,
    run: (input, call) => runCommand(parts, input, call),
  });
  return { ...tool, sandboxed: parts.sandboxOnly };
}

async function runCommand(parts: ShellParts, input: ShellInput, call: HandlerCall): Promise<JsonObject> {
  const { processes, mounts, sandboxOnly } = parts;
  const place = placePath(call.mounts ?? mounts, input.workdir ?? WORKSPACE, 'execute');
  const reach = { composed: mounts, granted: call.mounts };
  const hold = await confine(processes, { required: sandboxOnly, mounts: [] }, reach);
  if (hold.kind === 'refused') throw failure('no_sandbox');
  if (call.signal.aborted) throw failure('cancelled', 'none');
  const ended = await processes.run(toRequest(input, place.path, hold, call));
  switch (ended.kind) {
    case 'not_started':
      throw failure(ended.reason === 'no_sandbox' ? 'no_sandbox' : 'not_started');
    case 'killed':
      throw failure(KILLED[ended.reason]);
    case 'exited':
      return {
        output: cutMiddle(ended.stdout, SHELL_OUTPUT_BYTES_MAX),
        exit_code: ended.exitCode,
        success: ended.exitCode === 0,
        sandboxed: hold.kind === 'sandboxed',
      };
  }
}

/** In the background its own time is the time of the process. */
function toRequest(
  { command, timeout }: ShellInput,
  workingFolder: NonNullable<ProcessRequest['workingFolder']>,
  hold: Exclude<Hold, { kind: 'refused' }>,
  { signal, progress }: HandlerCall,
): ProcessRequest {
  const lines = progress === undefined ? undefined : createLineReader((line) => progress(`${line}\n`));
  return {
    command: '/bin/sh',
    args: ['-c', START, 'sh', command],
    env: ENVIRONMENT,
    workingFolder,
    timeoutMs: progress === undefined ? timeout * 1000 : PROCESS_MS_MAX + PROGRAM_GRACE_MS,
    outputBytesMax: SHELL_OUTPUT_READ_BYTES_MAX,
    signal,
    ...(hold.kind === 'sandboxed' ? { sandbox: hold.sandbox } : {}),
    ...(lines === undefined ? {} : { onOutput: (_stream: 'stdout' | 'stderr', chunk: Uint8Array) => lines(chunk) }),
  };
}

function ruleOf(code: ShellRefusalCode): string {
  const { class: kind, rule } = SHELL_REFUSALS[code];
  return `${rule} (${kind}: ${code})`;
}

function failure(code: keyof typeof FAILURES, effect: Effect = FAILURES[code].effect): ToolFailure {
  return new ToolFailure(code, FAILURES[code].message, effect);
}
