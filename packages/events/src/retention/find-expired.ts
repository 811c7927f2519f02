/**
 * What the rules let go of a stream, in the order of its records.
 *
 * Not here: what must stay all the same (`view.ts`), taking it (`apply-retention.ts`).
 */
import type { DurableStore, StreamFilter, StreamKey, StreamRecord } from '@reborn/host-api';
import { parseCursor } from '../cursor.ts';
import { RETENTION_PAGE } from '../limits.ts';
import type { FamilyRules } from './rule.ts';
import type { Obstacle, StreamView } from './view.ts';

/**
 * `cut`: everything up to `through` can be cut off. `remove`: the content of this record can go; something before it must
 * stay. `obstacle`: what must stay although more could go behind it.
 */
export type Finding =
  | { readonly kind: 'cut'; readonly through: number }
  | { readonly kind: 'remove'; readonly cursor: number }
  | { readonly kind: 'obstacle'; readonly obstacle: Obstacle };

/** Reads only what is old enough. Shape: cuts first, then removals, cursors ascending. */
export async function* findExpired(
  store: DurableStore,
  view: StreamView,
  rules: FamilyRules,
  nowMs: number,
): AsyncGenerator<Finding> {
  const walk = new Walk(store, view);
  for await (const record of oldRecords(store, view, rules, nowMs)) {
    const keepMs = rules.keepMsOf(record.kind);
    const isOver = keepMs !== undefined && record.atMs <= nowMs - keepMs;
    if (isOver && record.cursor >= view.limit.from) {
      if (view.limit.obstacle !== undefined) yield { kind: 'obstacle', obstacle: view.limit.obstacle };
      break;
    }
    const cursor = parseCursor(record.cursor);
    if (isOver && view.pins.has(record.cursor)) yield { kind: 'obstacle', obstacle: { kind: 'pin', cursor } };
    else if (isOver) yield* walk.take(record.cursor);
  }
  yield* walk.end();
}

/** Follows the prefix that can be cut off as far as it goes. */
class Walk {
  readonly #store: DurableStore;
  readonly #view: StreamView;
  /** Everything up to here can be cut off. */
  #through: number;
  #cutting = true;

  constructor(store: DurableStore, view: StreamView) {
    this.#store = store;
    this.#view = view;
    this.#through = view.earliest - 1;
  }

  async *take(cursor: number): AsyncGenerator<Finding> {
    if (this.#cutting) {
      const first = cursor === this.#through + 1 ? cursor : await this.#nextWithContent();
      if (first === cursor) {
        this.#through = cursor;
        yield { kind: 'cut', through: cursor };
        return;
      }
      this.#cutting = false;
      if (first !== undefined) yield* this.#kept(first);
    }
    yield { kind: 'remove', cursor };
  }

  /** Records without content that lie behind the cut go with it. */
  async *end(): AsyncGenerator<Finding> {
    const { head, limit } = this.#view;
    if (!this.#cutting || this.#through >= head) return;
    const through = Math.min(((await this.#nextWithContent()) ?? head + 1) - 1, limit.from - 1);
    if (through > this.#through) yield { kind: 'cut', through };
  }

  /** What was passed by as pinned was said already. */
  *#kept(cursor: number): Generator<Finding> {
    if (this.#view.pins.has(cursor)) return;
    yield { kind: 'obstacle', obstacle: { kind: 'rule', cursor: parseCursor(cursor) } };
  }

  async #nextWithContent(): Promise<number | undefined> {
    const page = await this.#store.readStream({ stream: this.#view.stream, after: this.#through, limit: 1 });
    return page.records[0]?.cursor;
  }
}

/** Whether there is anything at all that may be over. */
export async function hasOldRecords(
  store: DurableStore,
  stream: StreamKey,
  rules: FamilyRules,
  nowMs: number,
): Promise<boolean> {
  const filter = oldFilter(rules, nowMs);
  return filter !== undefined && (await store.readStream({ stream, after: 0, limit: 1, filter })).records.length > 0;
}

/** Records that are older than the shortest time for which anything is kept. */
async function* oldRecords(
  store: DurableStore,
  { stream, earliest }: StreamView,
  rules: FamilyRules,
  nowMs: number,
): AsyncGenerator<StreamRecord> {
  const filter = oldFilter(rules, nowMs);
  if (filter === undefined) return;
  let after = earliest - 1;
  for (;;) {
    const { records, brokenOff } = await store.readStream({ stream, after, limit: RETENTION_PAGE, filter });
    yield* records;
    const last = records.at(-1);
    if (last === undefined || (records.length < RETENTION_PAGE && brokenOff !== true)) return;
    after = last.cursor;
  }
}

function oldFilter({ shortestMs, kinds }: FamilyRules, nowMs: number): StreamFilter | undefined {
  if (shortestMs === undefined || nowMs < shortestMs) return undefined;
  return { toMs: nowMs - shortestMs + 1, ...(kinds === undefined ? {} : { kinds }) };
}
