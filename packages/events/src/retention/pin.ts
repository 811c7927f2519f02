/**
 * Records that are kept whatever the rules say.
 *
 * Not here: the rules (`rule.ts`), cutting (`apply-retention.ts`).
 * Source: specification 5, R-11.
 */
import {
  defineMachine,
  PAGE_RECORDS_MAX,
  principalSchema,
  streamKeySchema,
  streamName,
  transition,
  type DurableStore,
  type Principal,
  type RecordReader,
  type StreamKey,
} from '@reborn/host-api';
import { z } from 'zod';
import type { Cursor } from '../cursor.ts';
import { invalid } from '../log/request.ts';
import { toLabel } from '../redaction.ts';
import { changeRetention } from './retention-guard.ts';

const tokenSchema = z.string().refine((text) => toLabel(text) === text, 'must be a lower-case token');
const whoSchema = { by: principalSchema, reason: tokenSchema.optional() };

/** `by`: who pinned it, or released it. */
export const pinRowSchema = z.strictObject({
  status: z.enum(['pinned', 'released']),
  stream: streamKeySchema,
  cursor: z.int().positive(),
  ...whoSchema,
});
export type PinRow = z.infer<typeof pinRowSchema>;

const pinCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({ trigger: z.literal('pin'), stream: streamKeySchema, cursor: z.int().positive(), ...whoSchema }),
  z.strictObject({ trigger: z.literal('release'), by: principalSchema }),
]);
type PinCommand = z.infer<typeof pinCommandSchema>;

/** Listed by the name of the stream, lowest cursor first. */
export const pinMachine = defineMachine<PinRow, PinCommand>({
  name: 'pin',
  module: import.meta.url,
  row: pinRowSchema,
  command: pinCommandSchema,
  transitions: [
    { from: 'none', trigger: 'pin', to: 'pinned' },
    { from: 'pinned', trigger: 'pin', to: 'pinned' },
    { from: 'released', trigger: 'pin', to: 'pinned' },
    { from: 'pinned', trigger: 'release', to: 'released' },
  ],
  decide: (row, command) => {
    if (command.trigger === 'pin') {
      const { trigger: _, ...pin } = command;
      return row?.status === 'pinned' ? { kind: 'keep' } : { kind: 'write', row: { status: 'pinned', ...pin } };
    }
    if (row === undefined) return { kind: 'refuse', reason: 'release_from_none' };
    return { kind: 'write', row: { ...row, status: 'released', by: command.by } };
  },
  index: ({ stream, status, cursor }) => ({ owner: streamName(stream), status, rank: cursor }),
});

/** `reason` is a token of the caller's own vocabulary, no free text. */
export interface PinRequest {
  readonly stream: StreamKey;
  readonly cursor: Cursor;
  readonly by: Principal;
  readonly reason?: string;
}

/** `unknown_event`: there is no such record, or its content is gone already. */
export type PinOutcome = { readonly kind: 'pinned' } | { readonly kind: 'unknown_event' };
export type UnpinOutcome = { readonly kind: 'unpinned' } | { readonly kind: 'not_pinned' };

/** Idempotent: whoever pinned it first stays named. Errors: `events/invalid_request`, those of the store. */
export async function pinEvent(store: DurableStore, request: PinRequest): Promise<PinOutcome> {
  const { stream, cursor, by, reason } = request;
  if (!Number.isSafeInteger(cursor) || cursor < 1) throw invalid('cursor', 'must be the cursor of a record');
  if (reason !== undefined && !tokenSchema.safeParse(reason).success)
    throw invalid('reason', 'must be a lower-case token');
  if (!(await isThere(store, stream, cursor))) return { kind: 'unknown_event' };
  const named = { stream, cursor, by, ...(reason === undefined ? {} : { reason }) };
  await store.commit([
    transition(pinMachine, keyOf(stream, cursor), { trigger: 'pin', ...named }),
    changeRetention(stream),
  ]);
  // Retention may have taken it between the look and the pin; from here on it cannot.
  if (await isThere(store, stream, cursor)) return { kind: 'pinned' };
  await unpinEvent(store, request);
  return { kind: 'unknown_event' };
}

/** Errors: those of the store. */
export async function unpinEvent(
  store: DurableStore,
  { stream, cursor, by }: Omit<PinRequest, 'reason'>,
): Promise<UnpinOutcome> {
  const release = transition(pinMachine, keyOf(stream, cursor), { trigger: 'release', by });
  const outcome = await store.commit([release, changeRetention(stream)]);
  return outcome.kind === 'committed' ? { kind: 'unpinned' } : { kind: 'not_pinned' };
}

/** Shape: the pinned records of a stream, lowest cursor first, at most 1000. Errors: those of the store. */
export async function listPins(store: RecordReader, stream: StreamKey): Promise<readonly PinRow[]> {
  const request = { owner: streamName(stream), status: 'pinned', limit: PAGE_RECORDS_MAX };
  return (await store.list(pinMachine.name, request)).map(({ row }) => pinMachine.parseRow(row));
}

async function isThere(store: DurableStore, stream: StreamKey, cursor: number): Promise<boolean> {
  const { records } = await store.readStream({ stream, after: cursor - 1, limit: 1 });
  return records[0]?.cursor === cursor;
}

/** Injective: the cursor holds no bar. */
function keyOf(stream: StreamKey, cursor: number): string {
  return `pin|${cursor}|${streamName(stream)}`;
}
