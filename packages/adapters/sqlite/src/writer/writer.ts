/**
 * The writer of one store, in its own thread: transactions, the head anchor, the wake-up of other processes, and
 * checkpoints of the log.
 *
 * Not here: talking to the main thread (`worker.ts`), what a transaction does (`run-batch.ts`).
 * Invariant: after a write that the operating system failed, this connection is never written through again.
 */
import { closeSync, writeSync } from 'node:fs';
import { clearTimeout, setTimeout } from 'node:timers';
import { parseTenantId, streamFamilySchema, type MachineIndex } from '@reborn/host-api';
import { readAnchor, writeAnchor } from '../anchor-file.ts';
import type { Connect, Connection } from '../driver.ts';
import { engineCode, isFatal } from '../errors.ts';
import { openWakeFile } from '../files.ts';
import { ANCHOR_MS, IDLE_MS, LOG_LOOK_UNITS, LOG_PAGES_IDLE, LOG_PAGES_MAX } from '../limits.ts';
import { fromKeyBytes } from '../record-key.ts';
import { openDatabase } from './open-writer.ts';
import type { BatchSpan, Unit, UnitResult } from './protocol.ts';
import { runBatch } from './run-batch.ts';
import type { Newest } from './stream-table.ts';
import { prepareWrites, type WriteStatements } from './write-statements.ts';

const TOUCH = new Uint8Array([10]);

/** Errors: those of `openDatabase`. */
export function openWriter(file: string, machines: MachineIndex, connect: Connect): Writer {
  const { connection, path, storeId, anchor } = openDatabase(file, connect);
  try {
    const statements = prepareWrites(connection);
    const writer = new Writer({ connection, statements, machines, path, storeId, wake: openWakeFile(path) });
    if (anchor === undefined) writer.anchorNewest();
    return writer;
  } catch (error) {
    connection.close();
    throw error;
  }
}

interface Parts {
  readonly connection: Connection;
  readonly statements: WriteStatements;
  readonly machines: MachineIndex;
  readonly path: string;
  readonly storeId: string;
  readonly wake: number;
}

export class Writer {
  readonly #parts: Parts;
  /** The newest record that is not anchored yet. */
  #unanchored: Newest | undefined;
  #anchorTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Units since the last look at the size of the log. */
  #unseen = 0;
  #dead: unknown;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get path(): string {
    return this.#parts.path;
  }

  /** A transaction is open that could not be taken back. */
  get stuck(): boolean {
    return this.#parts.connection.inTransaction;
  }

  /** Errors: those of SQLite. */
  run(units: readonly Unit[], nowMs: number): BatchSpan & { readonly results: readonly UnitResult[] } {
    if (this.#dead !== undefined) throw this.#dead;
    try {
      const { newest, ...done } = runBatch(this.#parts, units, nowMs);
      if (newest !== undefined) this.#unanchored = newest;
      this.#unseen += units.length;
      return done;
    } catch (error) {
      if (isFatal(error)) this.#dead = error;
      throw error;
    }
  }

  /** What a transaction leaves to do, once its units have been told. */
  afterBatch(): void {
    this.#wakeOthers();
    if (this.#unanchored !== undefined && this.#anchorTimer === undefined) {
      this.#anchorTimer = setTimeout(() => {
        this.#anchorTimer = undefined;
        this.#anchor();
      }, ANCHOR_MS);
    }
    if (this.#unseen >= LOG_LOOK_UNITS) this.#checkpoint(LOG_PAGES_MAX);
    this.#idleTimer ??= setTimeout(() => {
      this.#idleTimer = undefined;
      this.#checkpoint(LOG_PAGES_IDLE);
    }, IDLE_MS);
    this.#idleTimer.refresh();
  }

  /** For a database that has records and no anchor: from now on it has one. */
  anchorNewest(): void {
    const row = this.#parts.statements.newest.get();
    if (row === undefined) return;
    const { position, family, tenant, cursor, chain } = row;
    const stream = { family: streamFamilySchema.parse(family), tenantId: parseTenantId(fromKeyBytes(tenant)) };
    this.#unanchored = { position, record: { stream, cursor, chain } };
    this.#anchor();
  }

  /** The last connection to a file moves the log into it, unless this writer may not write any more. */
  close(): void {
    clearTimeout(this.#anchorTimer);
    clearTimeout(this.#idleTimer);
    this.#anchor();
    closeSync(this.#parts.wake);
    try {
      this.#parts.connection.close();
    } catch (error) {
      // Everything acknowledged is in the log already; the next one to open the file takes it from there.
      if (engineCode(error) === undefined) throw error;
    }
  }

  /** An anchor that cannot be written is written with the next record: the old one is still true. */
  #anchor(): void {
    const newest = this.#unanchored;
    if (newest === undefined || this.#dead !== undefined) return;
    this.#unanchored = undefined;
    const { path, storeId } = this.#parts;
    try {
      // Another process may be further on.
      if ((readAnchor(path)?.position ?? 0) < newest.position) writeAnchor(path, { storeId, ...newest });
    } catch {
      this.#unanchored ??= newest;
    }
  }

  /** Moves the log into the file if it has this many pages to move. */
  #checkpoint(pages: number): void {
    this.#unseen = 0;
    if (this.#dead !== undefined) return;
    const { statements } = this.#parts;
    try {
      const { log, checkpointed } = statements.log.get() ?? { log: 0, checkpointed: 0 };
      if (log - checkpointed >= pages) statements.checkpoint.get();
    } catch (error) {
      if (engineCode(error) === undefined) throw error;
      // A full disk or a busy rival: the log keeps everything until the next attempt.
      if (isFatal(error)) this.#dead = error;
    }
  }

  /** A lost wake-up is made up for by the others' safety net. */
  #wakeOthers(): void {
    try {
      writeSync(this.#parts.wake, TOUCH, 0, 1, 0);
    } catch {
      // As above.
    }
  }
}
