/**
 * The processes of a host whose storage is not open yet: its tools are made before.
 *
 * Not here: the processes (`@reborn/host-runtime`).
 */
import { assert } from '@reborn/host-api';
import type { ProcessHost } from '@reborn/host-runtime';

export interface LateProcesses extends ProcessHost {
  /** Once, before the first call. */
  bind(host: ProcessHost): void;
}

export function createLateProcesses(): LateProcesses {
  let bound: ProcessHost | undefined;
  const host = (): ProcessHost => {
    assert(bound !== undefined, 'processes are there before anybody asks for them');
    return bound;
  };
  return {
    bind: (given) => void (bound = given),
    status: (scope, processId) => host().status(scope, processId),
    list: (scope) => host().list(scope),
    active: (scope) => host().active(scope),
    end: (scope, processId, reason) => host().end(scope, processId, reason),
    await: (scope, processId, terms) => host().await(scope, processId, terms),
    read: (scope, processId, from) => host().read(scope, processId, from),
  };
}
