/**
 * Units of work inside a transaction: several units share one, each is applied wholly or not at all, and all of them are
 * told of only after the transaction has been committed.
 *
 * Not here: which units share a transaction, and waiting for it (`commit-queue.ts`).
 */
import {
  parseMachine,
  type CommitOutcome,
  type MachineIndex,
  type StoreOpening,
  type TransitionWrite,
  type Write,
  type WriteReceipt,
} from '@reborn/host-api';
import type { Connection } from './driver.ts';
import { isDriverError } from './errors.ts';
import { getRow, putRow } from './records.ts';
import type { WriteStatements } from './statements.ts';
import { appendRecords } from './streams.ts';

export type Unit = readonly Write[];

/** `fault`: this unit alone could not be done (what it sent, or what it met, does not have the form of its machine). */
export type UnitResult =
  | { readonly kind: 'done'; readonly outcome: CommitOutcome }
  | { readonly kind: 'fault'; readonly error: unknown };

export interface Writer {
  readonly connection: Connection;
  readonly statements: WriteStatements;
  readonly machines: MachineIndex;
  readonly clock: StoreOpening['clock'];
}

type Conflict = Extract<CommitOutcome, { kind: 'conflict' }>;

/** Returns only when the transaction is durable. Errors: those of SQLite; then nothing of any unit happened, or a dead disk hides whether it did. */
export function runUnits(writer: Writer, units: readonly Unit[]): readonly UnitResult[] {
  const { connection, statements } = writer;
  statements.begin.run();
  try {
    const results = units.map((unit) => runUnit(writer, unit));
    statements.commit.run();
    return results;
  } catch (error) {
    if (connection.inTransaction) statements.rollback.run();
    throw error;
  }
}

function runUnit(writer: Writer, unit: Unit): UnitResult {
  const { mark, keepMark, backToMark } = writer.statements;
  mark.run();
  try {
    const outcome = applyWrites(writer, unit);
    if (outcome.kind === 'conflict') backToMark.run();
    keepMark.run();
    return { kind: 'done', outcome };
  } catch (error) {
    if (isDriverError(error)) throw error;
    backToMark.run();
    keepMark.run();
    return { kind: 'fault', error };
  }
}

function applyWrites(writer: Writer, unit: Unit): CommitOutcome {
  const nowMs = writer.clock.nowMs();
  const receipts: WriteReceipt[] = [];
  for (const [at, write] of unit.entries()) {
    const receipt = applyWrite(writer, write, at, nowMs);
    if (receipt.kind === 'conflict') return receipt;
    receipts.push(receipt);
  }
  return { kind: 'committed', receipts };
}

function applyWrite(writer: Writer, write: Write, at: number, nowMs: number): WriteReceipt | Conflict {
  switch (write.kind) {
    case 'append':
      return { kind: 'appended', cursors: appendRecords(writer.statements, write) };
    case 'transition':
      return applyTransition(writer, write, at, nowMs);
  }
}

function applyTransition(writer: Writer, write: TransitionWrite, at: number, nowMs: number): WriteReceipt | Conflict {
  const { machine, key, command } = write;
  const row = getRow(writer.statements.getRecord, machine, key);
  const step = parseMachine(machine, writer.machines).run(row, command, { nowMs });
  switch (step.kind) {
    case 'refuse':
      return { kind: 'conflict', at, machine, key, reason: step.reason, row };
    case 'keep':
      return { kind: 'record', row };
    case 'write':
      putRow(writer.statements, machine, key, step);
      return { kind: 'record', row: step.row };
  }
}
