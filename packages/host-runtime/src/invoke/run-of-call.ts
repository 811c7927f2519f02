/**
 * A call in the name of a run: the run has to be one of the call's own scope, so that nobody parks or wakes another's.
 *
 * Not here: who holds the run; its lease is checked in every unit (`call.ts`).
 */
import { getRecord, isSameOwner } from '@reborn/host-api';
import { runMachine } from '@reborn/turns';
import { HostRuntimeError } from '../errors.ts';
import { boundaryRecord, writeBeside } from './boundary.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';

/** Errors: `host-runtime/invalid_request` for an unknown run and for one of another scope alike. */
export async function checkRun(dependencies: RuntimeDependencies, call: Call): Promise<void> {
  const { run, scope } = call.context;
  if (run === undefined) return;
  const row = await getRecord(dependencies.store, runMachine, run.runId);
  if (row !== undefined && isSameOwner(row.scope, scope)) return;
  if (row !== undefined) {
    const decided = { boundary: 'run_ownership', decision: 'scope_mismatch', code: 'run_foreign' } as const;
    // Without the run: what its owner reads is no business of whoever named it.
    const { runId: _, ...record } = boundaryRecord(dependencies, call, decided);
    await writeBeside(dependencies, record);
  }
  const detail = { field: 'request.context.run', rule: 'must be a run of the scope of the call' };
  throw new HostRuntimeError('host-runtime/invalid_request', { detail });
}
