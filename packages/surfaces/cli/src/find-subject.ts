/**
 * From what a person types for a run, a gate, a process or a call to the one that is meant. Ids may be abbreviated to a unique
 * beginning or end of at least six characters: ids of one afternoon begin alike.
 */
import {
  parseGateId,
  parseProcessId,
  parseRunId,
  type GateRow,
  type ProcessId,
  type ResourceScope,
} from '@reborn/host-api';
import type { Reborn } from '@reborn/reborn';
import type { RunRow } from '@reborn/turns';
import { CliError } from './errors.ts';

const ABBREVIATION = /^[0-9a-f-]{6,35}$/;
const RUNS_MAX = 200;

/** Errors: `host-api/invalid_id`, `cli/ambiguous_id`, `cli/not_found`, `cli/gate_closed` naming the status. */
export async function findGate(host: Reborn, scope: ResourceScope, typed: string): Promise<GateRow> {
  if (ABBREVIATION.test(typed)) return only(await host.openGates(scope), typed, 'gate', (gate) => gate.gateId);
  const gate = await host.getGate(scope, parseGateId(typed));
  if (gate === undefined) throw notFound('gate');
  if (gate.status !== 'open')
    throw new CliError('cli/gate_closed', { detail: { field: 'gate', rule: `is ${gate.status}` } });
  return gate;
}

/** Errors: `host-api/invalid_id`, `cli/ambiguous_id`, `cli/not_found`. */
export async function findRun(host: Reborn, scope: ResourceScope, typed: string): Promise<RunRow> {
  if (ABBREVIATION.test(typed))
    return only(await host.turns.listRuns(scope, RUNS_MAX), typed, 'run', (run) => run.runId);
  const run = await host.turns.getRun(scope, parseRunId(typed));
  if (run === undefined) throw notFound('run');
  return run;
}

/** A whole id is taken as it is. Errors: `host-api/invalid_id`, `cli/ambiguous_id`, `cli/not_found`. */
export async function findProcess(host: Reborn, scope: ResourceScope, typed: string): Promise<ProcessId> {
  if (!ABBREVIATION.test(typed)) return parseProcessId(typed);
  return only(await host.processes.list(scope), typed, 'process', ({ processId }) => processId).processId;
}

export function notFound(field: string): CliError {
  return new CliError('cli/not_found', { detail: { field } });
}

function only<T>(all: readonly T[], typed: string, field: string, idOf: (one: T) => string): T {
  const matching = all.filter((one) => idOf(one).startsWith(typed) || idOf(one).endsWith(typed));
  if (matching.length > 1) throw new CliError('cli/ambiguous_id', { detail: { field, count: matching.length } });
  const [one] = matching;
  if (one === undefined) throw notFound(field);
  return one;
}
