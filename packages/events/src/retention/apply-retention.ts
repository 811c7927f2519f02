/**
 * Taking away what the rules let go and nothing needs: in bounded units, each of them guarded, each with its audit record.
 * Whatever a crash leaves undone, the next run finds and does.
 *
 * Not here: what may go (`find-expired.ts`, `view.ts`).
 * Source: specification 5, R-11; rulings, section 8.
 */
import { getRecord, parseEventId, type Ids, type Principal, type StreamKey, type Write } from '@reborn/host-api';
import { parseCursor, type Cursor } from '../cursor.ts';
import { RETENTION_CUT_MAX, RETENTION_REMOVALS_MAX, RETENTION_TRIES_MAX } from '../limits.ts';
import { toAppends } from '../record/log-record.ts';
import { missRecords, subscriptionMachine } from '../subscription/subscription.ts';
import { findExpired, hasOldRecords } from './find-expired.ts';
import { passIdle } from './pass-idle.ts';
import { parseRequest, streamsOf, type RetentionRequest } from './plan-retention.ts';
import { checkRetention } from './retention-guard.ts';
import { rulesOf, type FamilyRules } from './rule.ts';
import { lookAt, type StreamView } from './view.ts';

/** `by`: in whose name, for the audit. It stops between two units when the signal aborts. */
export interface ApplyRequest extends RetentionRequest {
  readonly ids: Ids;
  readonly by: Principal;
  readonly signal?: AbortSignal;
}

/**
 * What this run did. `cutThrough` is 0 when nothing was cut off. `done`: nothing is left to do now; otherwise it was
 * stopped, or disturbed too often.
 */
export interface RetentionReport {
  readonly stream: StreamKey;
  readonly cutThrough: Cursor;
  readonly cut: number;
  readonly removed: number;
  readonly done: boolean;
}

/** Shape: one report for each stream of which something was taken. Errors: as `planRetention`. */
export async function* applyRetention(request: ApplyRequest): AsyncGenerator<RetentionReport> {
  const { rules, passBy } = parseRequest(request);
  for await (const stream of streamsOf(request)) {
    const run = new Run({ ...request, passBy }, stream, rulesOf(rules, stream.family));
    const report = await run.go();
    if (report.cut + report.removed > 0 || !report.done) yield report;
  }
}

/** What one unit takes. */
interface Part {
  /** 0: nothing is cut off. */
  through: number;
  readonly removals: number[];
}

class Run {
  readonly #request: ApplyRequest & { readonly passBy: readonly string[] };
  readonly #stream: StreamKey;
  readonly #rules: FamilyRules;
  #cutThrough = 0;
  #cut = 0;
  #removed = 0;

  constructor(request: ApplyRequest & { readonly passBy: readonly string[] }, stream: StreamKey, rules: FamilyRules) {
    this.#request = request;
    this.#stream = stream;
    this.#rules = rules;
  }

  /** A unit that is refused was planned on what is no longer so: the rest is planned again. */
  async go(): Promise<RetentionReport> {
    let done = false;
    for (let tries = 0; tries < RETENTION_TRIES_MAX && !done; tries += 1) {
      if (this.#isStopped()) break;
      done = await this.#try();
    }
    const counts = { cut: this.#cut, removed: this.#removed };
    return { stream: this.#stream, cutThrough: parseCursor(this.#cutThrough), ...counts, done };
  }

  async #try(): Promise<boolean> {
    const { store, nowMs } = this.#request;
    if (!(await hasOldRecords(store, this.#stream, this.#rules, nowMs))) return true;
    const { head } = await store.readStream({ stream: this.#stream, after: 0, limit: 1 });
    await passIdle(store, this.#stream, head);
    const { holds, passBy } = this.#request;
    const view = await lookAt(store, this.#stream, { holds, passBy, asTheyStand: true });
    let part: Part = { through: 0, removals: [] };
    let from = view.earliest;
    for await (const finding of findExpired(store, view, this.#rules, nowMs)) {
      if (finding.kind === 'obstacle') continue;
      if (finding.kind === 'remove') part.removals.push(finding.cursor);
      // Records without content are passed over in one stride, whatever its length: a unit takes so many of them at most.
      for (; finding.kind === 'cut' && finding.through >= from + RETENTION_CUT_MAX; from += RETENTION_CUT_MAX) {
        part.through = from + RETENTION_CUT_MAX - 1;
        if (!(await this.#take(view, part))) return false;
      }
      if (finding.kind === 'cut') part.through = finding.through;
      if (part.removals.length < RETENTION_REMOVALS_MAX) continue;
      if (!(await this.#take(view, part))) return false;
      part = { through: 0, removals: [] };
    }
    return this.#take(view, part);
  }

  /** True when it was done, or there was nothing to do. */
  async #take(view: StreamView, { through, removals }: Part): Promise<boolean> {
    const { store } = this.#request;
    const cuts = through >= view.earliest && through > this.#cutThrough;
    if (!cuts && removals.length === 0) return true;
    if (this.#isStopped()) return false;
    const last = Math.max(through, removals.at(-1) ?? 0);
    const missed = await this.#misses(view, last);
    const stream = this.#stream;
    const takes: Write[] = [];
    if (cuts) takes.push({ kind: 'truncate', stream, through });
    if (removals.length > 0) takes.push({ kind: 'remove', stream, cursors: removals });
    const cut = cuts ? through - Math.max(view.earliest - 1, this.#cutThrough) : 0;
    const audit = this.#audit({ cutThrough: cuts ? through : 0, cut, removed: removals.length }, missed.names);
    const outcome = await store.commit([checkRetention(stream, view.changes), ...missed.writes, ...takes, ...audit]);
    if (outcome.kind === 'conflict') return false;
    if (cuts) this.#cutThrough = through;
    this.#cut += cut;
    this.#removed += removals.length;
    return true;
  }

  /** Followers that are given up and have not seen all that goes. In the same unit, so that none goes unmarked. */
  async #misses({ passedBy }: StreamView, last: number) {
    const writes: Write[] = [];
    const names: string[] = [];
    for (const { key, name } of passedBy) {
      const row = await getRecord(this.#request.store, subscriptionMachine, key);
      if (row === undefined || row.status === 'terminated' || row.cursor >= last) continue;
      writes.push(missRecords(key, row.cursor, last));
      names.push(name);
    }
    return { writes, names };
  }

  #audit(
    taken: { readonly cutThrough: number; readonly cut: number; readonly removed: number },
    passedBy: readonly string[],
  ): readonly Write[] {
    const { ids, nowMs, by } = this.#request;
    const { family, tenantId } = this.#stream;
    const base = { eventId: parseEventId(ids.uuid()), atMs: nowMs, scope: { tenantId } };
    return toAppends([{ kind: 'retention_applied', ...base, by, family, ...taken, passedBy: [...passedBy] }]);
  }

  #isStopped(): boolean {
    return this.#request.signal?.aborted === true;
  }
}
