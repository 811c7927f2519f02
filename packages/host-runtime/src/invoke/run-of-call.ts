/**
 * A call in the name of a run: the run has to be one of the call's own scope, so that nobody parks or wakes another's, and
 * the lease has to be that run's own.
 *
 * Not here: who holds the run; its lease is checked in every unit (`call.ts`).
 */
import { getRecord, isSameOwner } from '@reborn/host-api';
import { runLeaseKey, runMachine } from '@reborn/turns';
import { HostRuntimeError } from '../errors.ts';
import { boundaryRecord, writeBeside } from './boundary.ts';
import type { Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';

/** Errors: `host-runtime/invalid_request` for an unknown run and for one of another scope alike, and for a lease of another. */
export async function checkRun(dependencies: RuntimeDependencies, call: Call): Promise<void> {
  const { run, scope } = call.context;
  if (run === undefined) return;
  if (run.lease.key !== runLeaseKey(run.runId)) throw invalid('request.context.run.lease', 'must be that of the run');
  const row = await getRecord(dependencies.store, runMachine, run.runId);
  if (row !== undefined && isSameOwner(row.scope, scope)) return;
  if (row !== undefined) {
    const decided = { boundary: 'run_ownership', decision: 'scope_mismatch', code: 'run_foreign' } as const;
    // Without the run: what its owner reads is no business of whoever named it.
    const { runId: _, ...record } = boundaryRecord(dependencies, call, decided);
    await writeBeside(dependencies, record);
  }
  throw invalid('request.context.run', 'must be a run of the scope of the call');
}

function invalid(field: string, rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/invalid_request', { detail: { field, rule } });
}
