/**
 * What a batch of units names, and so has to be known before it can be decided.
 *
 * Not here: fetching it (`batch-view.ts`), deciding (`applyUnit` of `@reborn/host-api`).
 */
import { streamName, type ParsedWrite, type StreamKey } from '@reborn/host-api';

export type Unit = readonly ParsedWrite[];

/** Positions of streams are those in `streams`. Nothing stands there twice. */
export interface BatchNeeds {
  readonly rows: readonly { readonly machine: string; readonly key: string }[];
  readonly streams: readonly StreamKey[];
  /** Streams that are more than appended to: what is remembered of them is not good enough. */
  readonly changed: ReadonlySet<string>;
  readonly events: readonly { readonly stream: number; readonly eventId: string }[];
  readonly records: readonly { readonly stream: number; readonly cursor: number }[];
  readonly cuts: readonly { readonly stream: number; readonly through: number }[];
}

export function needsOf(units: readonly Unit[]): BatchNeeds {
  const needs = new Needs();
  for (const unit of units) for (const write of unit) needs.add(write);
  return needs.all();
}

/** How a row is found again. Injective: no name of a machine holds a line break. */
export function rowName(machine: string, key: string): string {
  return `${machine}\n${key}`;
}

class Needs {
  readonly #rows = new Map<string, BatchNeeds['rows'][number]>();
  readonly #streams = new Map<string, { readonly at: number; readonly key: StreamKey }>();
  readonly #changed = new Set<string>();
  readonly #events = new Map<string, BatchNeeds['events'][number]>();
  readonly #records = new Map<string, BatchNeeds['records'][number]>();
  readonly #cuts = new Map<string, BatchNeeds['cuts'][number]>();

  add(write: ParsedWrite): void {
    if (write.kind === 'transition') {
      const { machine, key } = write;
      this.#rows.set(rowName(machine, key), { machine, key });
      return;
    }
    const stream = this.#stream(write.stream);
    if (write.kind !== 'append') this.#changed.add(streamName(write.stream));
    switch (write.kind) {
      case 'append':
        for (const { eventId } of write.records) this.#events.set(`${stream} ${eventId}`, { stream, eventId });
        return;
      case 'import':
        this.#record(stream, write.base.cursor);
        for (const { eventId, cursor } of write.records) {
          this.#events.set(`${stream} ${eventId}`, { stream, eventId });
          this.#record(stream, cursor);
        }
        return;
      case 'remove':
        for (const cursor of write.cursors) this.#record(stream, cursor);
        return;
      case 'truncate':
        this.#record(stream, write.through);
        this.#cuts.set(`${stream} ${write.through}`, { stream, through: write.through });
    }
  }

  all(): BatchNeeds {
    return {
      rows: [...this.#rows.values()],
      streams: [...this.#streams.values()].map(({ key }) => key),
      changed: this.#changed,
      events: [...this.#events.values()],
      records: [...this.#records.values()],
      cuts: [...this.#cuts.values()],
    };
  }

  #stream(key: StreamKey): number {
    const name = streamName(key);
    const known = this.#streams.get(name);
    if (known !== undefined) return known.at;
    const at = this.#streams.size;
    this.#streams.set(name, { at, key });
    return at;
  }

  #record(stream: number, cursor: number): void {
    this.#records.set(`${stream} ${cursor}`, { stream, cursor });
  }
}
