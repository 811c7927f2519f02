/**
 * A unit of work, applied to the tables of a store: machines run, records get their cursors and links, streams are cut.
 * Every decision of a store is made here, so a store of one's own keeps tables and decides nothing.
 *
 * Not here: the form of units (`parse-unit.ts`), transactions and durability (each store).
 */
import type { Sha256Hex } from './chain.ts';
import type { StreamChange } from './commit-listeners.ts';
import { parseMachine, type MachineIndex, type ParsedAppend, type ParsedWrite } from './parse-unit.ts';
import type { StoreTables, TableChange } from './store-tables.ts';
import { emptyStream, planAppend, planImport, planRemove, planTruncate, type StreamState } from './stream-ledger.ts';
import type { StreamKey } from './stream.ts';
import {
  streamConflict,
  type CommitOutcome,
  type ImportWrite,
  type RemoveWrite,
  type TransitionWrite,
  type TruncateWrite,
  type WriteReceipt,
} from './unit-of-work.ts';

/** What deciding takes. Units: `nowMs` milliseconds since 1970, read inside the transaction. */
export interface UnitContext {
  readonly machines: MachineIndex;
  readonly sha256Hex: Sha256Hex;
  readonly nowMs: number;
}

/** `changes`: what was written to the tables, in order. `streams`: whom to tell (`CommitListeners.notify`). */
export interface AppliedUnit {
  readonly outcome: CommitOutcome;
  readonly changes: readonly TableChange[];
  readonly streams: readonly StreamChange[];
}

type Conflict = Extract<CommitOutcome, { kind: 'conflict' }>;

interface Applying extends UnitContext {
  readonly tables: StoreTables;
  readonly changes: TableChange[];
  readonly streams: StreamChange[];
}

/**
 * Applies the writes in order. Invariant: a unit that is refused, or that throws, may have written to the tables already:
 * the caller takes it back.
 * Errors: `host-api/invalid_value` for a command that its machine does not know, `host-api/store_corrupt` for a stored
 * record that its machine does not know.
 */
export function applyUnit(unit: readonly ParsedWrite[], context: UnitContext, tables: StoreTables): AppliedUnit {
  const { changes, streams, ...applying }: Applying = { ...context, tables, changes: [], streams: [] };
  const receipts: WriteReceipt[] = [];
  for (const [at, write] of unit.entries()) {
    const receipt = applyWrite(write, at, { ...applying, changes, streams });
    if (receipt.kind === 'conflict') return { outcome: receipt, changes, streams };
    receipts.push(receipt);
  }
  return { outcome: { kind: 'committed', receipts }, changes, streams };
}

function applyWrite(write: ParsedWrite, at: number, applying: Applying): WriteReceipt | Conflict {
  switch (write.kind) {
    case 'transition':
      return move(write, at, applying);
    case 'append':
      return append(write, applying);
    case 'import':
      return putBack(write, at, applying);
    case 'remove':
      return remove(write, at, applying);
    case 'truncate':
      return cut(write, at, applying);
  }
}

function move(
  { machine, key, command }: TransitionWrite,
  at: number,
  { tables, machines, nowMs, changes }: Applying,
): WriteReceipt | Conflict {
  const row = tables.row(machine, key);
  const step = parseMachine(machine, machines).run(row, command, { nowMs });
  switch (step.kind) {
    case 'refuse':
      return { kind: 'conflict', at, machine, key, reason: step.reason, row };
    case 'keep':
      return { kind: 'record', row };
    case 'write':
      write(tables, changes, { kind: 'row', machine, key, row: step.row, index: step.index });
      return { kind: 'record', row: step.row };
  }
}

function append({ stream, records }: ParsedAppend, applying: Applying): WriteReceipt {
  const { tables, changes, streams, sha256Hex } = applying;
  const plan = planAppend(sha256Hex, stateOf(stream, applying), records, (id) => tables.cursorOf(stream, id));
  if (plan.records.length > 0) {
    write(tables, changes, { kind: 'records', stream, records: plan.records });
    write(tables, changes, { kind: 'stream', stream, state: plan.state });
    streams.push({ stream, kinds: new Set(plan.records.map(({ content }) => content?.kind ?? '')) });
  }
  return { kind: 'appended', cursors: plan.cursors };
}

function putBack(given: ImportWrite, at: number, applying: Applying): WriteReceipt | Conflict {
  const { tables, changes, streams, sha256Hex } = applying;
  const { stream } = given;
  const state = stateOf(stream, applying);
  const plan = planImport(sha256Hex, state, given, {
    record: (cursor) => tables.record(stream, cursor),
    cursorOf: (eventId) => tables.cursorOf(stream, eventId),
  });
  if (plan.kind === 'refused') return streamConflict(stream, at, plan.reason);
  if (plan.records.length > 0) write(tables, changes, { kind: 'records', stream, records: plan.records });
  if (plan.state !== state) {
    write(tables, changes, { kind: 'stream', stream, state: plan.state });
    streams.push({ stream, kinds: new Set(plan.records.flatMap(({ content }) => content?.kind ?? [])) });
  }
  return { kind: 'stream', records: plan.records.length };
}

function remove({ stream, cursors }: RemoveWrite, at: number, applying: Applying): WriteReceipt | Conflict {
  const { tables, changes, streams } = applying;
  const state = stateOf(stream, applying);
  const plan = planRemove(state, cursors);
  if (plan.kind === 'refused') return streamConflict(stream, at, plan.reason);
  const left = plan.cursors.filter((cursor) => tables.record(stream, cursor)?.removed === false);
  if (left.length > 0) {
    write(tables, changes, { kind: 'strip', stream, cursors: left });
    write(tables, changes, { kind: 'stream', stream, state: { ...state, removed: state.removed + left.length } });
    streams.push({ stream, kinds: new Set() });
  }
  return { kind: 'stream', records: left.length };
}

function cut({ stream, through }: TruncateWrite, at: number, applying: Applying): WriteReceipt | Conflict {
  const { tables, changes, streams } = applying;
  const state = stateOf(stream, applying);
  const plan = planTruncate(state, through);
  switch (plan.kind) {
    case 'refused':
      return streamConflict(stream, at, plan.reason);
    case 'nothing':
      return { kind: 'stream', records: 0 };
    case 'cut': {
      const removed = state.removed - tables.removedUntil(stream, through);
      const baseChain = tables.record(stream, through)?.chain ?? state.baseChain;
      write(tables, changes, { kind: 'drop', stream, through });
      write(tables, changes, {
        kind: 'stream',
        stream,
        state: { ...state, earliest: through + 1, baseChain, removed },
      });
      streams.push({ stream, kinds: new Set() });
      return { kind: 'stream', records: through - state.earliest + 1 };
    }
  }
}

function stateOf(stream: StreamKey, { tables, sha256Hex }: Applying): StreamState {
  return tables.stream(stream) ?? emptyStream(sha256Hex, stream);
}

function write(tables: StoreTables, changes: TableChange[], change: TableChange): void {
  tables.write(change);
  changes.push(change);
}
