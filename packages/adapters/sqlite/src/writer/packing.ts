/**
 * How units and their results go from thread to thread: what appends is laid out flat, value after value. Copying a list
 * of texts and numbers costs a fraction of copying the objects that they make up, and both threads pay for it.
 *
 * Not here: what units are (`@reborn/host-api`), when they are sent (`commit-queue.ts`).
 */
import {
  assert,
  LABELS,
  type CommitOutcome,
  type Label,
  type ParsedAppend,
  type ParsedDraft,
  type ParsedWrite,
  type StreamKey,
  type WriteReceipt,
} from '@reborn/host-api';
import type { Packed, Unit, UnitResult } from './protocol.ts';

export function packUnits(units: readonly Unit[]): Packed {
  const values: unknown[] = [];
  for (const unit of units) {
    values.push(unit.length);
    for (const write of unit) {
      if (write.kind === 'append') packAppend(write, values);
      else values.push(write);
    }
  }
  return values;
}

export function unpackUnits(packed: Packed): readonly Unit[] {
  const units: Unit[] = [];
  for (const from = new Reader(packed); !from.ended;) {
    const writes = from.next<number>();
    units.push(Array.from({ length: writes }, () => unpackWrite(from)));
  }
  return units;
}

/** A result that says only which cursors there are is told by them; others are sent as they are. */
export function packResults(results: readonly UnitResult[]): Packed {
  const values: unknown[] = [];
  for (const result of results) {
    const lists = result.kind === 'done' ? cursorsOf(result.outcome) : undefined;
    if (lists === undefined) values.push(result);
    else {
      values.push(lists.length);
      for (const cursors of lists) values.push(cursors.length, ...cursors);
    }
  }
  return values;
}

export function unpackResults(packed: Packed): readonly UnitResult[] {
  const results: UnitResult[] = [];
  for (const from = new Reader(packed); !from.ended;) {
    const first = from.next<UnitResult | number>();
    if (typeof first !== 'number') results.push(first);
    else {
      const receipts = Array.from({ length: first }, (): WriteReceipt => {
        const length = from.next<number>();
        return { kind: 'appended', cursors: Array.from({ length }, () => from.next<number>()) };
      });
      results.push({ kind: 'done', outcome: { kind: 'committed', receipts } });
    }
  }
  return results;
}

function packAppend({ stream, records }: ParsedAppend, values: unknown[]): void {
  values.push(stream.family, stream.tenantId, records.length);
  for (const { eventId, kind, atMs, bodyText, labels } of records) {
    values.push(eventId, kind, atMs, bodyText);
    for (const label of LABELS) values.push(labels[label]);
  }
}

function unpackWrite(from: Reader): ParsedWrite {
  const first = from.next<StreamKey['family'] | Exclude<ParsedWrite, ParsedAppend>>();
  if (typeof first !== 'string') return first;
  const stream = { family: first, tenantId: from.next<StreamKey['tenantId']>() };
  const length = from.next<number>();
  return { kind: 'append', stream, records: Array.from({ length }, () => unpackDraft(from)) };
}

function unpackDraft(from: Reader): ParsedDraft {
  const [eventId, kind] = [from.next<string>(), from.next<string>()];
  const [atMs, bodyText] = [from.next<number>(), from.next<string>()];
  const labels: Partial<Record<Label, string>> = {};
  for (const label of LABELS) {
    const value = from.next<string | undefined>();
    if (value !== undefined) labels[label] = value;
  }
  return { eventId, kind, atMs, bodyText, labels };
}

function cursorsOf(outcome: CommitOutcome): readonly (readonly number[])[] | undefined {
  if (outcome.kind !== 'committed') return undefined;
  const lists: (readonly number[])[] = [];
  for (const receipt of outcome.receipts) {
    if (receipt.kind !== 'appended') return undefined;
    lists.push(receipt.cursors);
  }
  return lists;
}

class Reader {
  readonly #values: Packed;
  #at = 0;

  constructor(values: Packed) {
    this.#values = values;
  }

  get ended(): boolean {
    return this.#at === this.#values.length;
  }

  /** What stands there has the type with which it was written: both sides are this module. */
  next<T>(): T {
    assert(this.#at < this.#values.length, 'what was packed is read to its end and not beyond');
    this.#at += 1;
    return this.#values[this.#at - 1] as T;
  }
}
