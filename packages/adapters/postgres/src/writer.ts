/**
 * Writing batches of units through one session: decided here on what was read, written at once, and decided anew when
 * others were faster. Between batches nothing is held.
 *
 * Not here: which units share a batch (`commit-queue.ts`), what a unit does (`applyUnit` of `@reborn/host-api`).
 */
import { hash } from 'node:crypto';
import {
  applyUnit,
  streamName,
  type CommitOutcome,
  type MachineIndex,
  type Sha256Hex,
  type StoreOpening,
  type StreamChange,
} from '@reborn/host-api';
import { needsOf, type BatchNeeds, type Unit } from './batch-needs.ts';
import { commitStatement, lockStatement } from './batch-statement.ts';
import { BatchTables } from './batch-tables.ts';
import { readView, type BatchView } from './batch-view.ts';
import type { Session } from './driver.ts';
import { isConflict, isLost, toStoreFault } from './errors.ts';
import { HeadMemory } from './head-memory.ts';
import { ATTEMPTS_MAX, OPTIMISTIC_ATTEMPTS } from './limits.ts';
import type { Reconnecting } from './reconnecting.ts';
import type { TouchedStream } from './told-versions.ts';

/** `fault`: this unit alone could not be done. */
export type UnitResult =
  | { readonly kind: 'done'; readonly outcome: CommitOutcome }
  | { readonly kind: 'fault'; readonly error: unknown };

/** `written`: whether the database has changed. `streams`: each stream that has changed, once. */
export interface WrittenBatch {
  readonly results: readonly UnitResult[];
  readonly streams: readonly TouchedStream[];
  readonly written: boolean;
}

export interface WriterOptions {
  readonly schema: string;
  readonly machines: MachineIndex;
  /** Whose time machines are told. `undefined`: the database's. */
  readonly clock: StoreOpening['clock'] | undefined;
  readonly connection: Reconnecting;
}

const sha256Hex: Sha256Hex = (text) => hash('sha256', text, 'hex');

export class Writer {
  readonly #options: WriterOptions;
  readonly #heads = new HeadMemory();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Returns when the batch is durable. Errors: those of the store, `host-api/store_unavailable` with `outcome: unknown`
   * if it may have happened; in every other case nothing of any unit did.
   */
  async write(units: readonly Unit[]): Promise<WrittenBatch> {
    const needs = needsOf(units);
    for (let attempt = 0; ; attempt += 1) {
      const session = await this.#options.connection.session();
      try {
        if (attempt < OPTIMISTIC_ATTEMPTS) return await this.#trusting(session, units, needs, attempt === 0);
        return await this.#locking(session, units, needs);
      } catch (error) {
        for (const stream of needs.streams) this.#heads.forget(streamName(stream));
        // Whatever is lost here was lost before anything was written: `#settle` tells the rest.
        if (!(isConflict(error) || isLost(error)) || attempt >= ATTEMPTS_MAX) throw error;
      }
    }
  }

  /** Others have changed a stream, or there is no telling which (`undefined`). */
  forget(stream: string | undefined): void {
    if (stream === undefined) this.#heads.clear();
    else this.#heads.forget(stream);
  }

  /** Reads without a lock; the write notices if that was not enough. */
  async #trusting(
    session: Session,
    units: readonly Unit[],
    needs: BatchNeeds,
    remembering: boolean,
  ): Promise<WrittenBatch> {
    const { schema } = this.#options;
    const view = await readView(session, schema, needs, remembering ? this.#heads : undefined);
    const { batch, tables } = this.#decide(units, view);
    if (tables.changed) {
      await settle(session.query(commitStatement(schema, tables)));
      this.#remember(tables);
    }
    return batch;
  }

  /** Locks first, each in the same order as everybody: then what is read stays so, and the write goes through. */
  async #locking(session: Session, units: readonly Unit[], needs: BatchNeeds): Promise<WrittenBatch> {
    const { schema } = this.#options;
    await session.query({ text: 'BEGIN' });
    try {
      await session.query(lockStatement(schema, needs));
      const { batch, tables } = this.#decide(units, await readView(session, schema, needs, undefined));
      if (tables.changed) await session.query(commitStatement(schema, tables));
      await settle(session.query({ text: 'COMMIT' }));
      this.#remember(tables);
      return batch;
    } catch (error) {
      if (!session.lost) await session.query({ text: 'ROLLBACK' });
      throw error;
    }
  }

  #decide(units: readonly Unit[], view: BatchView): { readonly batch: WrittenBatch; readonly tables: BatchTables } {
    const { machines, clock } = this.#options;
    const tables = new BatchTables(view);
    const streams: StreamChange[] = [];
    const results = units.map((unit): UnitResult => {
      const nowMs = clock?.nowMs() ?? view.nowMs ?? 0;
      try {
        const applied = applyUnit(unit, { machines, sha256Hex, nowMs }, tables);
        if (applied.outcome.kind === 'conflict') tables.takeBack();
        else {
          tables.keep();
          streams.push(...applied.streams);
        }
        return { kind: 'done', outcome: applied.outcome };
      } catch (error) {
        tables.takeBack();
        return { kind: 'fault', error };
      }
    });
    return { batch: { results, streams: touched(tables, streams), written: tables.changed }, tables };
  }

  #remember(tables: BatchTables): void {
    for (const { key, known, changed, state } of tables.streams) {
      if (changed) this.#heads.set(streamName(key), { version: known.version + 1, state });
    }
  }
}

function touched(tables: BatchTables, changes: readonly StreamChange[]): readonly TouchedStream[] {
  const kindsOf = new Map<string, Set<string>>();
  for (const { stream, kinds } of changes) {
    const name = streamName(stream);
    kindsOf.set(name, new Set([...(kindsOf.get(name) ?? []), ...(kinds ?? [])]));
  }
  return tables.streams
    .filter(({ changed }) => changed)
    .map(({ key, known }) => ({ stream: key, kinds: kindsOf.get(streamName(key)), versions: [known.version + 1] }));
}

/** Awaits what makes a batch durable: if no answer comes, nobody knows whether it did. */
async function settle(answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    throw isLost(error) ? toStoreFault(error, { outcome: 'unknown' }) : error;
  }
}
