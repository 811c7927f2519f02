/**
 * Child processes by script. A call that the script does not foresee is a bug of the test.
 *
 * Not here: real processes (`@reborn/adapter-node`).
 */
import { InvariantError } from '../assert.ts';
import type { ProcessOutcome, ProcessRequest, Processes, SandboxReport } from '../platform.ts';

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

/** Has a sandbox unless told otherwise. What a script gives as an outcome is also told as output; a function tells by itself. */
export function createFakeProcesses(
  script: readonly ScriptedProcess[] = [],
  sandbox: SandboxReport = { available: true, mechanism: 'fake', detail: 'by script' },
): FakeProcesses {
  const left = [...script];
  const requests: ProcessRequest[] = [];
  return {
    requests,
    unused: () => [...left],
    sandbox: () => Promise.resolve(sandbox),
    async run(request) {
      requests.push({ ...request, args: [...request.args], env: { ...request.env } });
      if (request.signal?.aborted === true) return { kind: 'killed', reason: 'aborted' };
      if (request.sandbox !== undefined && !sandbox.available) return { kind: 'not_started', reason: 'no_sandbox' };
      const at = left.findIndex((entry) => entry.command === undefined || entry.command === request.command);
      const [found] = at < 0 ? [] : left.splice(at, 1);
      if (found === undefined) throw new InvariantError('The script of this FakeProcesses has no answer for this call');
      if (typeof found.outcome === 'function') return found.outcome(request);
      tell(found.outcome, request);
      return found.outcome;
    },
  };
}

/** A process that printed `stdout` and ended. */
export function exited(stdout: string, exitCode = 0, stderr = ''): ProcessOutcome {
  const encoder = new TextEncoder();
  return { kind: 'exited', exitCode, stdout: encoder.encode(stdout), stderr: encoder.encode(stderr) };
}

function tell(outcome: ProcessOutcome, { onOutput }: ProcessRequest): void {
  if (outcome.kind !== 'exited') return;
  for (const stream of ['stdout', 'stderr'] as const) {
    if (outcome[stream].byteLength > 0) onOutput?.(stream, outcome[stream]);
  }
}
