/**
 * Cases made from a machine's own table: every edge that stands in it can be taken, every other is refused.
 *
 * Not here: what a particular machine decides beyond its table (that machine's own tests).
 */
import type { DecisionContext, Machine } from '../durable/state-machine.ts';
import { transition } from '../durable/unit-of-work.ts';
import type { ContractCase } from './contract-case.ts';
import { equals, holds } from './contract-case.ts';
import { receiptsOf, storeCase, type DurableStoreHarness } from './durable-store/ticket.ts';

/** How to bring a record into each status, and a command for each trigger that the machine has no other reason to refuse. */
export interface MachineSamples<Row extends { readonly status: string }, Command extends { readonly trigger: string }> {
  /** The key of record number `number`, where keys have a form. */
  readonly key?: (number: number) => string;
  readonly path: Readonly<Record<Row['status'] | 'none', SamplePath<Command['trigger']>>>;
  /** Units: milliseconds; the clock when the command is sent is `nowMs`, 1 000 000 unless told. */
  readonly command: (trigger: Command['trigger'], from: Row['status'] | 'none', number: number) => Sample<Command>;
}

/** The triggers that lead from nothing to a status; where it matters, in the form that the next trigger takes. */
export type SamplePath<Trigger> = readonly Trigger[] | ((next: Trigger) => readonly Trigger[]);

/** `refused`: the reason of a machine that has one of its own for an edge that stands in its table and is never taken. */
export interface Sample<Command> extends Partial<DecisionContext> {
  readonly command: Command;
  readonly refused?: string;
}

/** One case for each status: all triggers of the machine are tried on a record of that status. */
export function machineContract<Row extends { readonly status: string }, Command extends { readonly trigger: string }>(
  machine: Machine<Row, Command>,
  samples: MachineSamples<Row, Command>,
): readonly ContractCase<DurableStoreHarness>[] {
  const statuses = Object.keys(samples.path) as (Row['status'] | 'none')[];
  const triggers = [...new Set(machine.transitions.map(({ trigger }) => trigger))] as Command['trigger'][];
  return statuses.map((from) =>
    storeCase(
      `moves a ${machine.name} from ${from} along its table only`,
      async ({ store, setNowMs }) => {
        for (const [number, trigger] of triggers.entries()) {
          const key = samples.key?.(number) ?? `record-${number}`;
          let status: Row['status'] | 'none' = 'none';
          const path: SamplePath<Command['trigger']> = samples.path[from];
          const steps = typeof path === 'function' ? path(trigger) : path;
          for (const step of steps) status = await take(step, status, key, number);
          equals(status, from, `${machine.name}: the samples lead to ${from}`);
          await tryEdge(trigger, key, number);
        }

        async function take(trigger: Command['trigger'], status: Row['status'] | 'none', key: string, number: number) {
          const sample = samples.command(trigger, status, number);
          setNowMs(sample.nowMs ?? 1_000_000);
          const [receipt] = receiptsOf(await store.commit([transition(machine, key, sample.command)]));
          holds(receipt?.kind === 'record' && receipt.row !== undefined, `${machine.name}: ${trigger} leaves a record`);
          return machine.parseRow(receipt.row).status as Row['status'];
        }

        async function tryEdge(trigger: Command['trigger'], key: string, number: number): Promise<void> {
          const before = await store.get(machine.name, key);
          const targets = machine.transitions.filter((edge) => edge.from === from && edge.trigger === trigger);
          const sample = samples.command(trigger, from, number);
          if (targets.length > 0 && sample.refused === undefined) {
            const status = await take(trigger, from, key, number);
            holds(
              targets.some(({ to }) => to === status),
              `${machine.name}: ${trigger} leads from ${from} along the table`,
            );
            return;
          }
          setNowMs(sample.nowMs ?? 1_000_000);
          const outcome = await store.commit([transition(machine, key, sample.command)]);
          const conflict = {
            kind: 'conflict',
            at: 0,
            machine: machine.name,
            key,
            reason: sample.refused ?? `${trigger}_from_${from}`,
            row: before,
          };
          equals(outcome, conflict, `${machine.name}: ${trigger} is no way from ${from}`);
          equals(await store.get(machine.name, key), before, `${machine.name}: a refused ${trigger} changes nothing`);
        }
      },
      [machine],
    ),
  );
}
