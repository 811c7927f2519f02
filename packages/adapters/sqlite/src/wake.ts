/**
 * Telling listeners to look again: at once after commits of this store, and when somebody else has written.
 *
 * Others write a byte to the file beside the database after each transaction; whoever listens watches that file, and asks
 * the database which records it has not told of yet. Commits of others that append nothing are told to those who listen
 * to everything. A slow timer does the same look, for wake-ups that were lost.
 *
 * Not here: what there is to see (readers keep their own cursors), touching the file (`writer/writer.ts`).
 */
import { statSync, type FSWatcher } from 'node:fs';
import { CommitListeners, parseTenantId, streamFamilySchema, streamName } from '@reborn/host-api';
import type { CommitInterest, StoreOpening, StreamChange, StreamKey } from '@reborn/host-api';
import { wakeFileOf } from './files.ts';
import { LOOK_RECORDS_MAX } from './limits.ts';
import type { ReadStatements } from './read-statements.ts';
import { fromKeyBytes } from './record-key.ts';
import type { BatchSpan, Unit } from './writer/protocol.ts';

/** The part of `fs.watch` that is used. */
export type Watch = (
  file: string,
  options: { readonly persistent: false },
  listener: () => void,
) => Pick<FSWatcher, 'on' | 'close'>;

export interface WakeOptions {
  readonly timers: StoreOpening['timers'];
  readonly watch: Watch;
  /** Units: milliseconds. */
  readonly safetyNetMs: number;
  readonly path: string;
  readonly reads: ReadStatements;
  /** Whether commits of this store are under way: their answers tell of others' records, too. */
  readonly busy: () => boolean;
}

/** Streams and the kinds that were appended to them. */
type Kinds = Map<string, { readonly stream: StreamKey; readonly kinds: Set<string> }>;

export class Wake {
  readonly #options: WakeOptions;
  readonly #listeners = new CommitListeners();
  #count = 0;
  /** Everything up to this position has been told. */
  #told = 0;
  #version: unknown;
  /** This store has committed since the last look. */
  #own = false;
  /** Somebody has written while commits of this store were under way. */
  #missed = false;
  #watcher: Pick<FSWatcher, 'on' | 'close'> | undefined;
  /** Which file is watched: names can be given away. */
  #watched: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: WakeOptions) {
    this.#options = options;
  }

  /** Errors: `host-api/invalid_value`. */
  add(listener: () => void, interest?: CommitInterest): () => void {
    const remove = this.#listeners.add(listener, interest);
    this.#count += 1;
    if (this.#count === 1) this.#begin();
    let removed = false;
    return () => {
      if (removed) return;
      removed = true;
      remove();
      this.#count -= 1;
      if (this.#count === 0) this.#rest();
    };
  }

  /** After a transaction of this store. */
  committed(units: readonly Unit[], { before, last }: BatchSpan): void {
    if (units.length === 0) return;
    if (this.#count === 0) return;
    this.#own = true;
    const changes: Kinds = new Map();
    // Others were in between: their wake-up may come only now, or have been merged with ours.
    if (before > this.#told) this.#arrivedBefore(before + 1, changes);
    this.#told = Math.max(this.#told, last);
    for (const unit of units) collect(unit, changes);
    this.#listeners.notify([...changes.values()]);
  }

  /** No commit of this store is under way any more. */
  rested(): void {
    if (!this.#missed) return;
    this.#missed = false;
    this.#look('woken');
  }

  close(): void {
    this.#count = 0;
    this.#listeners.clear();
    this.#rest();
  }

  #begin(): void {
    const { reads } = this.#options;
    this.#version = attempt(reads.dataVersion);
    this.#told = attempt(() => reads.top.get()?.position) ?? 0;
    this.#watch();
    this.#lookLater();
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    const { watch, path } = this.#options;
    try {
      const watcher = watch(wakeFileOf(path), { persistent: false }, () => this.#woken());
      watcher.on('error', () => this.#unwatch());
      this.#watcher = watcher;
      this.#watched = wakeFileId(path);
    } catch {
      // The system watches no more files, or the file is gone: the timer is what is left.
    }
  }

  /** A store that commits all the time hears of itself all the time: it looks when it comes to rest. */
  #woken(): void {
    this.#missed = this.#options.busy();
    if (!this.#missed) this.#look('woken');
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #lookLater(): void {
    this.#cancel = this.#options.timers.schedule(this.#options.safetyNetMs, () => {
      // Another file under this name, or none: whoever comes later writes to that one.
      if (wakeFileId(this.#options.path) !== this.#watched) this.#unwatch();
      if (this.#watcher === undefined) this.#watch();
      this.#look('by_timer');
      this.#lookLater();
    });
  }

  /** Own commits have been told: one that is only heard of here again wakes nobody. */
  #look(why: 'woken' | 'by_timer'): void {
    if (this.#count === 0) return;
    const version = attempt(this.#options.reads.dataVersion);
    if (version === undefined || version === this.#version) return;
    this.#version = version;
    const others = !this.#own || why === 'by_timer';
    this.#own = false;
    const changes: Kinds = new Map();
    this.#arrivedBefore(Infinity, changes);
    if (changes.size > 0 || others) this.#listeners.notify([...changes.values()]);
  }

  /** What was committed since the last look, up to a position. */
  #arrivedBefore(end: number, changes: Kinds): void {
    const rows = attempt(() => this.#options.reads.arrived.all(this.#told, LOOK_RECORDS_MAX + 1));
    if (rows === undefined) return;
    if (rows.length > LOOK_RECORDS_MAX) {
      this.#told = attempt(() => this.#options.reads.top.get()?.position) ?? this.#told;
      this.#listeners.notifyAll();
      return;
    }
    for (const { position, family, tenant, kind } of rows) {
      if (position >= end) break;
      this.#told = position;
      const stream = { family: streamFamilySchema.parse(family), tenantId: parseTenantId(fromKeyBytes(tenant)) };
      note(changes, stream, kind === null ? [] : [kind]);
    }
  }
}

function collect(unit: Unit, changes: Kinds): void {
  for (const write of unit) {
    switch (write.kind) {
      case 'append':
        note(
          changes,
          write.stream,
          write.records.map(({ kind }) => kind),
        );
        break;
      case 'import':
        note(
          changes,
          write.stream,
          write.records.flatMap(({ content }) => content?.kind ?? []),
        );
        break;
      case 'remove':
      case 'truncate':
        note(changes, write.stream, []);
        break;
      case 'transition':
        break;
    }
  }
}

function note(changes: Kinds, stream: StreamChange['stream'], kinds: readonly string[]): void {
  const name = streamName(stream);
  const known = changes.get(name) ?? { stream, kinds: new Set<string>() };
  for (const kind of kinds) known.kinds.add(kind);
  changes.set(name, known);
}

function wakeFileId(path: string): number | undefined {
  return statSync(wakeFileOf(path), { throwIfNoEntry: false })?.ino;
}

/** A look that fails is made up for by the next one. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
