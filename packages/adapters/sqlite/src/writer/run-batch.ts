/**
 * Units of work inside a transaction: several units share one, each is applied wholly or not at all, and all of them are
 * told of only after the transaction has been committed.
 *
 * Not here: which units share a transaction, and waiting for it (`commit-queue.ts`).
 */
import {
  parseMachine,
  streamConflict,
  type CommitOutcome,
  type MachineIndex,
  type ParsedWrite,
  type TransitionWrite,
  type WriteReceipt,
} from '@reborn/host-api';
import type { Connection } from '../driver.ts';
import { engineCode } from '../errors.ts';
import { getRow, putRow } from '../records.ts';
import { toSent, type BatchSpan, type Unit, type UnitResult } from './protocol.ts';
import { StreamTable, type Newest } from './stream-table.ts';
import type { WriteStatements } from './write-statements.ts';

export interface BatchContext {
  readonly connection: Connection;
  readonly statements: WriteStatements;
  readonly machines: MachineIndex;
}

/** A transaction at work. Units: milliseconds. */
interface Transaction {
  readonly statements: WriteStatements;
  readonly machines: MachineIndex;
  readonly streams: StreamTable;
  readonly nowMs: number;
}

type Conflict = Extract<CommitOutcome, { kind: 'conflict' }>;

/** Returns only when the transaction is durable. Errors: those of SQLite; then nothing of any unit happened, or a dead disk hides whether it did. */
export function runBatch(
  { connection, statements, machines }: BatchContext,
  units: readonly Unit[],
  nowMs: number,
): BatchSpan & { readonly results: readonly UnitResult[]; readonly newest: Newest | undefined } {
  try {
    statements.begin.run();
    const streams = new StreamTable(statements);
    const before = statements.top.get()?.position ?? 0;
    const results = units.map((unit) => runUnit({ statements, machines, streams, nowMs }, unit));
    streams.flush();
    statements.commit.run();
    const { newest } = streams;
    return { results, before, last: newest?.position ?? before, newest };
  } catch (error) {
    if (connection.inTransaction) statements.rollback.run();
    throw error;
  }
}

function runUnit(transaction: Transaction, unit: Unit): UnitResult {
  // Appends are never refused: a unit of nothing else needs no way back.
  if (unit.every(({ kind }) => kind === 'append')) {
    return { kind: 'done', outcome: applyWrites(transaction, unit) };
  }
  const { mark, keepMark, backToMark } = transaction.statements;
  mark.run();
  const forget = transaction.streams.mark();
  const takeBack = (): void => {
    backToMark.run();
    forget();
  };
  try {
    const outcome = applyWrites(transaction, unit);
    if (outcome.kind === 'conflict') takeBack();
    keepMark.run();
    return { kind: 'done', outcome };
  } catch (error) {
    if (engineCode(error) !== undefined) throw error;
    takeBack();
    keepMark.run();
    return { kind: 'fault', error: toSent(error) };
  }
}

function applyWrites(transaction: Transaction, unit: Unit): CommitOutcome {
  const receipts: WriteReceipt[] = [];
  for (const [at, write] of unit.entries()) {
    const receipt = applyWrite(transaction, write, at);
    if (receipt.kind === 'conflict') return receipt;
    receipts.push(receipt);
  }
  return { kind: 'committed', receipts };
}

function applyWrite(transaction: Transaction, write: ParsedWrite, at: number): WriteReceipt | Conflict {
  switch (write.kind) {
    case 'append':
      return { kind: 'appended', cursors: transaction.streams.append(write) };
    case 'transition':
      return applyTransition(transaction, write, at);
    case 'import':
    case 'remove':
    case 'truncate': {
      const outcome = transaction.streams.change(write);
      if ('refused' in outcome) return streamConflict(write.stream, at, outcome.refused);
      return { kind: 'stream', records: outcome.records };
    }
  }
}

function applyTransition(transaction: Transaction, write: TransitionWrite, at: number): WriteReceipt | Conflict {
  const { statements, machines, nowMs } = transaction;
  const { machine, key, command } = write;
  const row = getRow(statements.getRecord, machine, key);
  const step = parseMachine(machine, machines).run(row, command, { nowMs });
  switch (step.kind) {
    case 'refuse':
      return { kind: 'conflict', at, machine, key, reason: step.reason, row };
    case 'keep':
      return { kind: 'record', row };
    case 'write':
      putRow(statements.putRecord, machine, key, step);
      return { kind: 'record', row: step.row };
  }
}
