/**
 * What a store without discipline does: it looks at the guards of a unit when it is called, and trusts them later on.
 *
 * Not here: the transaction (`batch-writer.ts`).
 */
import {
  parseMachine,
  type CommitOutcome,
  type MachineIndex,
  type ParsedWrite,
  type WriteReceipt,
} from '@reborn/host-api';
import type { SimulatedTables } from './simulated-tables.ts';

export interface CheckedUnit {
  /** Without the guards that held. */
  readonly unit: readonly ParsedWrite[];
  /** Puts their receipts back. */
  readonly complete: (outcome: CommitOutcome) => CommitOutcome;
}

export function checkedAtCall(
  unit: readonly ParsedWrite[],
  tables: SimulatedTables,
  machines: MachineIndex,
  nowMs: number,
): CheckedUnit {
  const known = new Map<number, WriteReceipt>();
  for (const [at, write] of unit.entries()) {
    if (write.kind !== 'transition') continue;
    const row = tables.row(write.machine, write.key);
    const step = parseMachine(write.machine, machines).run(row, write.command, { nowMs });
    if (step.kind === 'keep') known.set(at, { kind: 'record', row });
  }
  const left = unit.filter((_, at) => !known.has(at));
  const places = unit.flatMap((_, at) => (known.has(at) ? [] : [at]));
  const complete = (outcome: CommitOutcome): CommitOutcome => {
    if (outcome.kind === 'conflict') return { ...outcome, at: places[outcome.at] ?? outcome.at };
    const receipts = new Map(outcome.receipts.map((receipt, index) => [places[index], receipt]));
    return { kind: 'committed', receipts: unit.flatMap((_, at) => known.get(at) ?? receipts.get(at) ?? []) };
  };
  return { unit: left, complete };
}
