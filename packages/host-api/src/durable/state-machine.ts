/**
 * A durable record as a state machine: a table of legal edges and a pure function that decides. Every store runs the same
 * function inside its writing transaction, so all backends agree by construction.
 *
 * Not here: how records are stored (the storage adapters) and which machines there are (each beside its subject).
 */
import type { z } from 'zod';
import { assert } from '../assert.ts';
import { describeIssues, HostApiError, parseWith } from '../errors.ts';
import type { JsonObject } from '../json.ts';

/** One legal edge. `none` is the state of a record that does not exist. */
export interface Transition<Status extends string, Trigger extends string> {
  readonly from: Status | 'none';
  readonly trigger: Trigger;
  readonly to: Status;
}

/** What the writer knows when it decides. Units: milliseconds; its own clock, read inside the transaction. */
export interface DecisionContext {
  readonly nowMs: number;
}

/** `keep` leaves the record as it is: the command was only a guard, or its effect is there already. */
export type Decision<Row> =
  | { readonly kind: 'write'; readonly row: Row }
  | { readonly kind: 'keep' }
  | { readonly kind: 'refuse'; readonly reason: string };

/** By what records of one machine are listed. Order of a list: `rank`, then key by code unit. */
export interface RecordIndex {
  readonly owner: string;
  readonly status: string;
  readonly rank: number;
}

export interface StateMachine<
  Row extends { readonly status: Status } = never,
  Command extends { readonly trigger: Trigger } = never,
  Status extends string = string,
  Trigger extends string = string,
> {
  /** The name of the collection; unique in a store. */
  readonly name: string;
  /** `import.meta.url` of the module that exports the machine: a store whose writer runs elsewhere loads it from there. */
  readonly module: string;
  readonly row: z.ZodType<Row>;
  readonly command: z.ZodType<Command>;
  readonly transitions: readonly Transition<Status, Trigger>[];
  /** Pure. Called only for a command whose edge stands in `transitions`. */
  readonly decide: (row: Row | undefined, command: Command, context: DecisionContext) => Decision<Row>;
  readonly index: (row: Row) => RecordIndex;
}

/** A machine whose row and command are known at run time only: how a store sees it. */
export interface StoredMachine {
  readonly name: string;
  readonly module: string;
  readonly transitions: readonly Transition<string, string>[];
  /**
   * Decides on data as it was stored and sent; parses both.
   * Errors: `host-api/store_corrupt` for what was stored, `host-api/invalid_value` for what was sent.
   */
  readonly run: (stored: JsonObject | undefined, command: JsonObject, context: DecisionContext) => MachineStep;
  /** Errors: `host-api/store_corrupt`. */
  readonly parseRow: (stored: JsonObject) => { readonly status: string };
}

export type MachineStep =
  | { readonly kind: 'write'; readonly row: JsonObject; readonly index: RecordIndex }
  | { readonly kind: 'keep'; readonly row: JsonObject | undefined }
  | { readonly kind: 'refuse'; readonly reason: string };

export type Machine<
  Row extends { readonly status: string },
  Command extends { readonly trigger: string },
> = StateMachine<Row, Command, Row['status'], Command['trigger']> & {
  readonly parseRow: (stored: JsonObject) => Row;
} & StoredMachine;

/** Checks a definition and gives it the form that stores run. */
export function defineMachine<Row extends { readonly status: string }, Command extends { readonly trigger: string }>(
  definition: StateMachine<Row, Command, Row['status'], Command['trigger']>,
): Machine<Row, Command> {
  const edges = new Map<string, Set<string>>();
  for (const edge of definition.transitions) {
    const key = `${edge.from}>${edge.trigger}`;
    edges.set(key, (edges.get(key) ?? new Set()).add(edge.to));
  }
  const parseRow = (stored: JsonObject): Row => {
    const result = definition.row.safeParse(stored);
    if (result.success) return result.data;
    throw new HostApiError('host-api/store_corrupt', { detail: describeIssues(result.error, definition.name) });
  };
  const run = (stored: JsonObject | undefined, sent: JsonObject, context: DecisionContext): MachineStep => {
    const row = stored === undefined ? undefined : parseRow(stored);
    const command = parseWith(definition.command, sent, `${definition.name} command`);
    const targets = edges.get(`${row?.status ?? 'none'}>${command.trigger}`);
    if (targets === undefined) return { kind: 'refuse', reason: `${command.trigger}_from_${row?.status ?? 'none'}` };
    const decision = definition.decide(row, command, context);
    switch (decision.kind) {
      case 'refuse':
        return decision;
      case 'keep':
        return { kind: 'keep', row: stored };
      case 'write':
        assert(targets.has(decision.row.status), `${definition.name} moves along its table of transitions`);
        return { kind: 'write', row: toJson(decision.row), index: indexOf(definition, decision.row) };
    }
  };
  return Object.freeze({ ...definition, run, parseRow });
}

function indexOf<Row>({ name, index }: { name: string; index: (row: Row) => RecordIndex }, row: Row): RecordIndex {
  const indexed = index(row);
  assert(Number.isFinite(indexed.rank), `${name} ranks its records by finite numbers`);
  return indexed;
}

function toJson(row: object): JsonObject {
  return JSON.parse(JSON.stringify(row)) as JsonObject;
}
