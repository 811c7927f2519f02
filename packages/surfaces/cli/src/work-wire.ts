/**
 * What `--json` gives about processes and budgets, version 1. The rules of `wire.ts` hold here too.
 *
 * Not here: runs, gates and events (`wire.ts`).
 */
import type { JsonObject, ProcessId } from '@reborn/host-api';
import type { BudgetStanding, EndProcessOutcome, ProcessView } from '@reborn/host-runtime';
import { toIso, toJson, WIRE_VERSION } from './wire.ts';

export function processesWire(processes: readonly ProcessView[]): JsonObject {
  return toJson({ v: WIRE_VERSION, kind: 'processes', processes: processes.map(processWire) });
}

export function processEndedWire(processId: ProcessId, outcome: EndProcessOutcome): JsonObject {
  const { kind, ...facts } = outcome;
  return toJson({ v: WIRE_VERSION, kind: 'process_ended', processId, outcome: kind, ...facts });
}

export function budgetsWire(accounts: readonly BudgetStanding[]): JsonObject {
  return toJson({
    v: WIRE_VERSION,
    kind: 'budgets',
    accounts: accounts.map(({ endsAtMs, ...account }) => ({
      ...account,
      endsAt: endsAtMs === undefined ? undefined : toIso(endsAtMs),
    })),
  });
}

function processWire({ startedAtMs, endedAtMs, ...process }: ProcessView): object {
  return {
    ...process,
    startedAt: toIso(startedAtMs),
    endedAt: endedAtMs === undefined ? undefined : toIso(endedAtMs),
  };
}
