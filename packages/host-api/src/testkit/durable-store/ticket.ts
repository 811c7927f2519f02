/**
 * What the cases of the store's contract share: a harness, an opening, and the simplest machine there is.
 *
 * Not here: the cases.
 */
import { z } from 'zod';
import { gateMachine } from '../../durable/gate.ts';
import { idempotencyMachine } from '../../durable/idempotency.ts';
import { leaseMachine } from '../../durable/lease.ts';
import { defineMachine, type StoredMachine } from '../../durable/state-machine.ts';
import type { RecordDraft, StreamKey } from '../../durable/stream.ts';
import {
  transition,
  type AppendWrite,
  type CommitOutcome,
  type DurableStore,
  type StoreOpening,
  type TransitionWrite,
  type WriteReceipt,
} from '../../durable/unit-of-work.ts';
import { parseEventId, parseTenantId } from '../../ids.ts';
import { jsonValueSchema, type JsonValue } from '../../json.ts';
import { holds, type ContractCase } from '../contract-case.ts';
import { createFakePlatform, fixedUuid } from '../fake-platform.ts';

export interface DurableStoreHarness {
  /** Opens an empty store. */
  open(opening: StoreOpening): Promise<DurableStore>;
  /** Opens the last store of this harness again, after it was closed. Absent where nothing is kept. */
  reopen?(opening: StoreOpening): Promise<DurableStore>;
}

/** A store and the clock that it was opened with. */
export interface OpenedStore {
  readonly store: DurableStore;
  readonly opening: StoreOpening;
  setNowMs(ms: number): void;
}

const ticketRowSchema = z.strictObject({
  status: z.enum(['open', 'closed']),
  owner: z.string(),
  rank: z.number(),
  note: jsonValueSchema,
  atMs: z.int(),
});
const ticketCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('put'), owner: z.string(), rank: z.number(), note: jsonValueSchema }),
  z.strictObject({ trigger: z.literal('close') }),
  z.strictObject({ trigger: z.literal('check_open') }),
]);

/** Put, put again, close; nothing leaves `closed`. */
export const ticketMachine = defineMachine<z.infer<typeof ticketRowSchema>, z.infer<typeof ticketCommandSchema>>({
  name: 'ticket',
  module: import.meta.url,
  row: ticketRowSchema,
  command: ticketCommandSchema,
  transitions: [
    { from: 'none', trigger: 'put', to: 'open' },
    { from: 'open', trigger: 'put', to: 'open' },
    { from: 'open', trigger: 'close', to: 'closed' },
    { from: 'open', trigger: 'check_open', to: 'open' },
  ],
  decide: (row, command, { nowMs }) => {
    if (command.trigger === 'put') {
      const { owner, rank, note } = command;
      return { kind: 'write', row: { status: 'open', owner, rank, note, atMs: nowMs } };
    }
    if (row === undefined) return { kind: 'refuse', reason: 'no_ticket' };
    return command.trigger === 'close' ? { kind: 'write', row: { ...row, status: 'closed' } } : { kind: 'keep' };
  },
  index: ({ owner, status, rank }) => ({ owner, status, rank }),
});

export function putTicket(key: string, note: JsonValue = null, owner = 'owner', rank = 0): TransitionWrite {
  return transition(ticketMachine, key, { trigger: 'put', owner, rank, note });
}

export function closeTicket(key: string): TransitionWrite {
  return transition(ticketMachine, key, { trigger: 'close' });
}

export function checkTicket(key: string): TransitionWrite {
  return transition(ticketMachine, key, { trigger: 'check_open' });
}

export function streamOf(tenant = 'acme', family: StreamKey['family'] = 'journal'): StreamKey {
  return { family, tenantId: parseTenantId(tenant) };
}

export function draft(number: number, overrides: Partial<RecordDraft> = {}): RecordDraft {
  return {
    eventId: parseEventId(fixedUuid(number)),
    kind: 'noted',
    atMs: 1,
    labels: {},
    body: { number },
    ...overrides,
  };
}

export function append(stream: StreamKey, ...records: readonly RecordDraft[]): AppendWrite {
  return { kind: 'append', stream, records };
}

/** A case that opens an empty store, uses it, and closes it whatever happens. */
export function storeCase(
  name: string,
  use: (opened: OpenedStore, harness: DurableStoreHarness) => Promise<void>,
  machines: readonly StoredMachine[] = [ticketMachine, leaseMachine, idempotencyMachine, gateMachine],
): ContractCase<DurableStoreHarness> {
  return {
    name,
    run: async (harness) => {
      let nowMs = 1_000_000;
      const opening = { machines, clock: { nowMs: () => nowMs }, timers: createFakePlatform().timers };
      const store = await harness.open(opening);
      try {
        await use({ store, opening, setNowMs: (ms) => void (nowMs = ms) }, harness);
      } finally {
        await store.close();
      }
    },
  };
}

/** The receipts of a unit that has to go through. */
export function receiptsOf(outcome: CommitOutcome): readonly WriteReceipt[] {
  holds(outcome.kind === 'committed', 'the unit is committed');
  return outcome.receipts;
}

/** The cursors of the unit's appends, in order. */
export function cursorsOf(outcome: CommitOutcome): readonly number[] {
  return receiptsOf(outcome).flatMap((receipt) => (receipt.kind === 'appended' ? receipt.cursors : []));
}
