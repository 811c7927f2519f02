/**
 * Child processes by script. A call that the script does not foresee is a bug of the test.
 *
 * Not here: real processes (`@reborn/adapter-node`).
 */
import { InvariantError } from '../assert.ts';
import type { ProcessOutcome, ProcessRequest, Processes } from '../platform.ts';

/** Shape: used once, in order. With a `command`, it answers that command only. */
export interface ScriptedProcess {
  readonly command?: string;
  readonly outcome: ProcessOutcome | ((request: ProcessRequest) => ProcessOutcome | Promise<ProcessOutcome>);
}

export interface FakeProcesses extends Processes {
  /** Every request, also the ones that had no answer. */
  readonly requests: readonly ProcessRequest[];
  /** What nobody has asked for. */
  unused(): readonly ScriptedProcess[];
}

export function createFakeProcesses(script: readonly ScriptedProcess[] = []): FakeProcesses {
  const left = [...script];
  const requests: ProcessRequest[] = [];
  return {
    requests,
    unused: () => [...left],
    async run(request) {
      requests.push({ ...request, args: [...request.args], env: { ...request.env } });
      if (request.signal?.aborted === true) return { kind: 'killed', reason: 'aborted' };
      const at = left.findIndex((entry) => entry.command === undefined || entry.command === request.command);
      const [found] = at < 0 ? [] : left.splice(at, 1);
      if (found === undefined) throw new InvariantError('The script of this FakeProcesses has no answer for this call');
      return typeof found.outcome === 'function' ? found.outcome(request) : found.outcome;
    },
  };
}

/** A process that printed `stdout` and ended. */
export function exited(stdout: string, exitCode = 0, stderr = ''): ProcessOutcome {
  const encoder = new TextEncoder();
  return { kind: 'exited', exitCode, stdout: encoder.encode(stdout), stderr: encoder.encode(stderr) };
}
