/**
 * What cases about child processes work with: small Node programs, how one is asked for, and what it said.
 *
 * Not here: the cases (`processes-contract.ts`, `sandbox-cases.ts`).
 */
import type { ProcessOutcome, ProcessRequest, Processes } from '../platform.ts';
import type { VirtualPath } from '../scoped-path.ts';
import { holds } from './contract-case.ts';

/** `folder`: an empty one that programs may work in. */
export interface ProcessesHarness {
  readonly processes: Processes;
  /** The command that runs a Node program, in a sandbox too. */
  readonly node: string;
  readonly folder: VirtualPath;
}

export function nodeRequest(command: string, args: readonly string[]): ProcessRequest {
  return { command, args, env: {}, timeoutMs: 20_000, outputBytesMax: 1_000_000 };
}

/** Fails unless the program ended by itself. */
export function textsOf(outcome: ProcessOutcome): {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
} {
  holds(outcome.kind === 'exited', `the program ends by itself; found ${JSON.stringify(outcome)}`);
  const decoder = new TextDecoder();
  const { exitCode, stdout, stderr } = outcome;
  return { exitCode, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
