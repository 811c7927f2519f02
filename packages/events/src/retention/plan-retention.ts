/**
 * What retention would do, without doing it.
 *
 * Not here: doing it (`apply-retention.ts`), which plans again: a plan is for people, not an order.
 * Source: specification 5, R-11.
 */
import { PAGE_RECORDS_MAX, type DurableStore, type StreamKey } from '@reborn/host-api';
import { parseCursor, type Cursor } from '../cursor.ts';
import { PLAN_DETAILS_MAX, PASSED_BY_MAX } from '../limits.ts';
import { invalid } from '../log/request.ts';
import { findExpired } from './find-expired.ts';
import { parseRetentionRules, rulesOf, type RetentionRule } from './rule.ts';
import { lookAt, type Obstacle, type RetentionHold } from './view.ts';

/**
 * Nothing here asks for authority: who may take records away is decided by whoever composes the host. `streams` defaults
 * to all there are. `passBy`: subscriptions by name that are given up; they learn of their gap. Units: milliseconds
 * since 1970.
 */
export interface RetentionRequest {
  readonly store: DurableStore;
  readonly rules: readonly RetentionRule[];
  readonly nowMs: number;
  /** What live runs and others still need; said even when it is nothing, because forgetting it loses history. */
  readonly holds: readonly RetentionHold[];
  readonly passBy?: readonly string[];
  readonly streams?: readonly StreamKey[];
}

/**
 * `cutThrough`: records up to here are cut off; `earliest - 1` when none is. `removed`: how many further ones lose their
 * content one by one, because something before them stays; `removals` names the first of them as ranges. `heldBy` names
 * what keeps records that the rules let go, or keeps the cut from going further: at most 100. `gaps`: followers that are
 * given up and would miss records.
 */
export interface StreamPlan {
  readonly stream: StreamKey;
  readonly earliest: Cursor;
  readonly head: Cursor;
  readonly cutThrough: Cursor;
  readonly removed: number;
  readonly removals: readonly { readonly from: Cursor; readonly through: Cursor }[];
  readonly heldBy: readonly Obstacle[];
  readonly gaps: readonly string[];
}

/** Shape: one plan for each stream. Errors: `events/invalid_request`, those of the store and of the holds. */
export async function* planRetention(request: RetentionRequest): AsyncGenerator<StreamPlan> {
  const { rules, passBy } = parseRequest(request);
  const { store, nowMs, holds } = request;
  for await (const stream of streamsOf(request)) {
    const view = await lookAt(store, stream, { holds, passBy });
    const draft = new Draft(view.earliest - 1);
    for await (const finding of findExpired(store, view, rulesOf(rules, stream.family), nowMs)) {
      if (finding.kind === 'cut') draft.cutThrough = finding.through;
      else if (finding.kind === 'remove') draft.remove(finding.cursor);
      else draft.hold(finding.obstacle);
    }
    const through = Math.max(draft.cutThrough, draft.lastRemoved);
    yield {
      stream,
      earliest: parseCursor(view.earliest),
      head: parseCursor(view.head),
      cutThrough: parseCursor(draft.cutThrough),
      removed: draft.removed,
      removals: draft.ranges.map(([from, to]) => ({ from: parseCursor(from), through: parseCursor(to) })),
      heldBy: draft.heldBy,
      gaps: view.passedBy.filter(({ row }) => row.cursor < through).map(({ name }) => name),
    };
  }
}

/** Errors: `events/invalid_request`. */
export function parseRequest(request: RetentionRequest) {
  const rules = parseRetentionRules(request.rules);
  const { passBy = [], nowMs } = request;
  if (!Number.isSafeInteger(nowMs) || nowMs < 0) throw invalid('nowMs', 'must be milliseconds since 1970');
  const fits =
    Array.isArray(passBy) && passBy.length <= PASSED_BY_MAX && passBy.every((name) => typeof name === 'string');
  if (!fits) throw invalid('passBy', `must be at most ${PASSED_BY_MAX} names of subscriptions`);
  return { rules, passBy };
}

export async function* streamsOf({ store, streams }: RetentionRequest): AsyncGenerator<StreamKey> {
  if (streams !== undefined) {
    yield* streams;
    return;
  }
  let after: StreamKey | undefined;
  for (;;) {
    const page = await store.listStreams({ limit: PAGE_RECORDS_MAX, ...(after === undefined ? {} : { after }) });
    for (const { stream } of page) yield stream;
    after = page.at(-1)?.stream;
    if (after === undefined || page.length < PAGE_RECORDS_MAX) return;
  }
}

/** A plan in the making. */
class Draft {
  cutThrough: number;
  lastRemoved = 0;
  removed = 0;
  readonly ranges: [number, number][] = [];
  readonly heldBy: Obstacle[] = [];

  constructor(cutThrough: number) {
    this.cutThrough = cutThrough;
  }

  remove(cursor: number): void {
    const range = this.lastRemoved === cursor - 1 ? this.ranges.at(-1) : undefined;
    this.removed += 1;
    this.lastRemoved = cursor;
    if (range !== undefined && range[1] === cursor - 1) range[1] = cursor;
    else if (this.ranges.length < PLAN_DETAILS_MAX) this.ranges.push([cursor, cursor]);
  }

  hold(obstacle: Obstacle): void {
    if (this.heldBy.length < PLAN_DETAILS_MAX) this.heldBy.push(obstacle);
  }
}
