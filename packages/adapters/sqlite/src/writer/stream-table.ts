/**
 * The streams of one transaction: what the ledger decides is stored here. Heads are read once and written once, however
 * many units append.
 *
 * Not here: what happens to a stream (`stream-ledger.ts` of `@reborn/host-api`), reading (`pages.ts`).
 */
import {
  emptyStream,
  LABELS,
  planAppend,
  planImport,
  planRemove,
  planTruncate,
  streamName,
  type HeadAnchor,
  type ImportWrite,
  type ParsedAppend,
  type RawContent,
  type RawRecord,
  type RemoveWrite,
  type StreamKey,
  type StreamRefusal,
  type StreamState,
  type StreamWrite,
  type TruncateWrite,
} from '@reborn/host-api';
import type { SqlValue } from '../driver.ts';
import { toKeyBytes } from '../record-key.ts';
import { sha256Hex } from '../sha256.ts';
import type { WriteStatements } from './write-statements.ts';

/** A stream as the transaction has it. Without an id, the file does not know it yet. */
interface Held {
  readonly key: StreamKey;
  readonly id: number | undefined;
  readonly state: StreamState;
}

/** The newest record of the store. */
export interface Newest {
  readonly position: number;
  readonly record: HeadAnchor;
}

export type StreamOutcome = { readonly records: number } | { readonly refused: StreamRefusal };

export class StreamTable {
  readonly #statements: WriteStatements;
  #held = new Map<string, Held>();
  /** Streams whose heads the file does not have yet. */
  #changed = new Set<string>();
  #newest: Newest | undefined;

  constructor(statements: WriteStatements) {
    this.#statements = statements;
  }

  /** The last record that this transaction has added. */
  get newest(): Newest | undefined {
    return this.#newest;
  }

  /** How to forget what is done from here on; the file's own rows are taken back by the savepoint. */
  mark(): () => void {
    const [held, changed, newest] = [new Map(this.#held), new Set(this.#changed), this.#newest];
    return () => {
      this.#held = held;
      this.#changed = changed;
      this.#newest = newest;
    };
  }

  append({ stream, records }: ParsedAppend): readonly number[] {
    const held = this.#hold(stream);
    const plan = planAppend(sha256Hex, held.state, records, (eventId) => this.#cursorOf(held, eventId));
    if (plan.records.length > 0) this.#add(held, plan.state, plan.records);
    return plan.cursors;
  }

  change(write: StreamWrite): StreamOutcome {
    switch (write.kind) {
      case 'import':
        return this.#import(write);
      case 'remove':
        return this.#remove(write);
      case 'truncate':
        return this.#truncate(write);
    }
  }

  /** Before the transaction ends: the heads that have moved. */
  flush(): void {
    for (const name of this.#changed) {
      const held = this.#held.get(name);
      if (held?.id !== undefined) this.#statements.putStream.run(...stateValues(held.state), held.id);
    }
    this.#changed.clear();
  }

  #import(write: ImportWrite): StreamOutcome {
    const held = this.#hold(write.stream);
    const plan = planImport(sha256Hex, held.state, write, {
      record: (cursor) => this.#linkOf(held, cursor),
      cursorOf: (eventId) => this.#cursorOf(held, eventId),
    });
    if (plan.kind === 'refused') return { refused: plan.reason };
    if (plan.state !== held.state) this.#add(held, plan.state, plan.records);
    return { records: plan.records.length };
  }

  #remove({ stream, cursors }: RemoveWrite): StreamOutcome {
    const held = this.#hold(stream);
    const plan = planRemove(held.state, cursors);
    if (plan.kind === 'refused') return { refused: plan.reason };
    if (held.id === undefined) return { records: 0 };
    let records = 0;
    for (const cursor of plan.cursors) records += this.#statements.removeContent.run(held.id, cursor).changes;
    if (records > 0) this.#keep({ ...held, state: { ...held.state, removed: held.state.removed + records } });
    return { records };
  }

  #truncate({ stream, through }: TruncateWrite): StreamOutcome {
    const held = this.#hold(stream);
    const plan = planTruncate(held.state, through);
    if (plan.kind === 'refused') return { refused: plan.reason };
    if (plan.kind === 'nothing' || held.id === undefined) return { records: 0 };
    const { countBare, cutOff, getLink } = this.#statements;
    const baseChain = getLink.get(held.id, through)?.chain ?? held.state.baseChain;
    const removed = held.state.removed - (countBare.get(held.id, through)?.count ?? 0);
    const records = cutOff.run(held.id, through).changes;
    this.#keep({ ...held, state: { ...held.state, earliest: through + 1, baseChain, removed } });
    return { records };
  }

  #cursorOf({ id }: Held, eventId: string): number | undefined {
    return id === undefined ? undefined : this.#statements.findEvent.get(id, eventId)?.cursor;
  }

  #linkOf({ id }: Held, cursor: number): Pick<RawRecord, 'eventId' | 'chain'> | undefined {
    const link = id === undefined ? undefined : this.#statements.getLink.get(id, cursor);
    return link === undefined ? undefined : { eventId: link.event_id, chain: link.chain };
  }

  #hold(key: StreamKey): Held {
    const name = streamName(key);
    const known = this.#held.get(name);
    if (known !== undefined) return known;
    const row = this.#statements.getStream.get(key.family, toKeyBytes(key.tenantId));
    const { id, ...state } = row ?? { id: undefined, ...emptyStream(sha256Hex, key) };
    const held = { key, id, state };
    this.#held.set(name, held);
    return held;
  }

  #keep(held: Held): void {
    const name = streamName(held.key);
    this.#held.set(name, held);
    this.#changed.add(name);
  }

  #add(held: Held, state: StreamState, records: readonly RawRecord[]): void {
    const id = held.id ?? this.#begin(held.key, state);
    this.#keep({ ...held, id, state });
    for (const { cursor, eventId, chain, content } of records) {
      const { lastInsertRowid } = this.#statements.addRecord.run(id, cursor, eventId, chain, ...contentValues(content));
      this.#newest = { position: Number(lastInsertRowid), record: { stream: held.key, cursor, chain } };
    }
  }

  #begin({ family, tenantId }: StreamKey, state: StreamState): number {
    return Number(this.#statements.addStream.run(family, toKeyBytes(tenantId), ...stateValues(state)).lastInsertRowid);
  }
}

function stateValues({ head, headChain, earliest, baseChain, removed }: StreamState): readonly SqlValue[] {
  return [head, headChain, earliest, baseChain, removed];
}

/** In the order of `CONTENT_COLUMNS`. */
function contentValues(content: RawContent | undefined): readonly SqlValue[] {
  const values: SqlValue[] = [content?.kind ?? null, content?.atMs ?? null, content?.bodyText ?? null];
  for (const label of LABELS) values.push(content?.labels[label] ?? null);
  return values;
}
