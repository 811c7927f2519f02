/**
 * The rules that the command line brings with it: what may be written at all, and a reporter that follows the log.
 *
 * Not here: asking before a write; the profile does that.
 */
import { HostApiError, resolveToolPath, WORKSPACE, type JsonValue } from '@reborn/host-api';
import type { RuntimeEvent, RuntimeEventKind } from '@reborn/events';
import type { EventDelivery, GateCall, HookSpec, Mint } from '@reborn/hooks';
import type { HostExtension } from '@reborn/reborn';

/** Folders of the workspace that an agent may write to when somebody approves; everything else is the person's own. */
export const WRITABLE_FOLDERS: readonly string[] = ['digests'];

const REPORTED: readonly RuntimeEventKind[] = [
  'dispatch_succeeded',
  'dispatch_failed',
  'hook_decision_emitted',
  'run_parked',
  'run_completed',
  'run_failed',
  'run_cancelled',
];

export function cliPolicy(): HostExtension {
  return { id: 'cli-policy', version: '1', source: 'bundled', hooks: [originals, reporter] };
}

/** Originals stay as they are: files are written below the writable folders or not at all. */
const originals: HookSpec = {
  point: 'before_capability',
  id: 'originals',
  version: 1,
  capabilities: ['builtin.write_file', 'builtin.apply_patch'],
  body: (call: GateCall, mint: Mint<'before_capability'>) =>
    isWritable(call.input) ? mint.observe() : mint.refuse('hook_out_of_policy'),
};

/** Writes down what became of each call and of the run. It watches; it can restrict nothing. */
const reporter: HookSpec = {
  point: 'event_triggered',
  id: 'reporter',
  version: 1,
  kinds: REPORTED,
  body: (event: RuntimeEvent, delivery: EventDelivery) => {
    const text = reportOf(event);
    if (text !== undefined) delivery.note(`reporter: ${text}`);
  },
};

function isWritable(input: JsonValue): boolean {
  const path = typeof input === 'object' && input !== null && 'path' in input ? input['path'] : undefined;
  if (typeof path !== 'string') return false;
  try {
    const scoped = resolveToolPath(path);
    return WRITABLE_FOLDERS.some((folder) => scoped.startsWith(`${WORKSPACE}/${folder}/`));
  } catch (error) {
    if (HostApiError.is(error)) return false;
    throw error;
  }
}

function reportOf(event: RuntimeEvent): string | undefined {
  switch (event.kind) {
    case 'dispatch_succeeded':
      return `${event.capabilityId} succeeded, ${event.outputBytes} bytes`;
    case 'dispatch_failed':
      return `${event.capabilityId} failed (${event.errorKind}), effect ${event.effect}`;
    case 'hook_decision_emitted':
      return event.verb === 'refuse' ? 'a hook refused a call' : undefined;
    case 'run_parked':
      return `the run waits for ${event.gates === 1 ? 'an answer' : `${event.gates} answers`}`;
    case 'run_completed':
      return 'the run is complete';
    case 'run_failed':
      return `the run failed (${event.errorKind})`;
    case 'run_cancelled':
      return 'the run was cancelled';
    default:
      return undefined;
  }
}
