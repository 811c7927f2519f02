/**
 * What the door has left in a store, by what it is: gates, effects, reservations, accounts, processes, secrets, and its
 * records by their kind.
 *
 * Not here: what has to hold of it (the files named after invariants), reading a store (`store-image.ts`).
 */
import { FAMILY_OF_KIND, toLogEntry, type LogRecord, type LogRecordKind } from '@reborn/events';
import {
  gateMachine,
  idempotencyMachine,
  limiterMachine,
  reservationMachine,
  toStreamRecord,
  workItemMachine,
  type GateRow,
  type IdempotencyRow,
  type JsonObject,
  type LimiterRow,
  type RawContent,
  type RawRecord,
  type ReservationRow,
  type WorkItemRow,
} from '@reborn/host-api';
import { secretMachine } from '@reborn/host-runtime';
import type { z } from 'zod';
import type { StoreImage } from './store-image.ts';

type SecretRow = z.infer<typeof secretMachine.row>;

/** Rows by their keys. */
export interface DoorImage {
  readonly gates: ReadonlyMap<string, GateRow>;
  readonly effects: ReadonlyMap<string, IdempotencyRow>;
  readonly reservations: ReadonlyMap<string, ReservationRow>;
  readonly accounts: ReadonlyMap<string, LimiterRow>;
  readonly processes: ReadonlyMap<string, WorkItemRow>;
  readonly secrets: ReadonlyMap<string, SecretRow>;
  /** Order: as they stand in their streams. */
  of<Kind extends LogRecordKind>(kind: Kind): readonly Extract<LogRecord, { kind: Kind }>[];
}

/** The machines of everything that the door keeps, for whoever reads an image. */
export const DOOR_MACHINES = Object.freeze([
  gateMachine,
  idempotencyMachine,
  limiterMachine,
  reservationMachine,
  workItemMachine,
  secretMachine,
]);

export function readDoorImage(image: StoreImage): DoorImage {
  const records = new Map<string, LogRecord[]>();
  for (const { stream, records: stored } of image.streams.values()) {
    for (const raw of stored) {
      const record = toRecord(stream.family, raw);
      if (record === undefined) continue;
      const same = records.get(record.kind) ?? [];
      same.push(record);
      records.set(record.kind, same);
    }
  }
  return {
    gates: rowsOf(image, gateMachine),
    effects: rowsOf(image, idempotencyMachine),
    reservations: rowsOf(image, reservationMachine),
    accounts: rowsOf(image, limiterMachine),
    processes: rowsOf(image, workItemMachine),
    secrets: rowsOf(image, secretMachine),
    of: <Kind extends LogRecordKind>(kind: Kind) =>
      (records.get(kind) ?? []) as unknown as readonly Extract<LogRecord, { kind: Kind }>[],
  };
}

/** Which attempt of which call a record or a row is about. */
export function attemptKey({
  invocationId,
  attempt,
}: {
  readonly invocationId?: string | undefined;
  readonly attempt: number;
}): string {
  return `${invocationId ?? ''}#${attempt}`;
}

/** The effect that was announced under an invocation. */
export function effectsByInvocation(door: DoorImage): ReadonlyMap<string, IdempotencyRow> {
  return new Map([...door.effects.values()].map((row) => [row.invocationId, row]));
}

function rowsOf<Row>(
  image: StoreImage,
  { name, row: schema }: { readonly name: string; readonly row: z.ZodType<Row> },
): ReadonlyMap<string, Row> {
  const rows = image.rows.get(name) ?? new Map<string, JsonObject>();
  return new Map([...rows].map(([key, row]) => [key, schema.parse(row)]));
}

function toRecord(family: string, raw: RawRecord): LogRecord | undefined {
  const { content } = raw;
  const known = content === undefined ? undefined : FAMILY_OF_KIND.get(content.kind);
  if (content === undefined || known === undefined || known !== family) return undefined;
  if (!read.has(content)) {
    const entry = toLogEntry(known, toStreamRecord(raw, content));
    read.set(content, entry.known ? entry.record : undefined);
  }
  return read.get(content);
}

/** What is there does not change: it is read once, however often somebody looks at it. */
const read = new WeakMap<RawContent, LogRecord | undefined>();
