/**
 * The processes of this host: admitting them into the unit that begins them, carrying them on, and answering for all of
 * the store.
 *
 * Not here: whether a process may be begun (`../invoke/`), one process (`running-process.ts`).
 * Source: specification 2, b.9 and b.10.
 */
import {
  acquireLease,
  assert,
  getRecord,
  PAGE_RECORDS_MAX,
  parseProcessId,
  requestWorkCancel,
  startWork,
  toWorkOwner,
  workItemMachine,
  type Ids,
  type JsonObject,
  type ListRequest,
  type ProcessId,
  type ResourceScope,
  type WorkItemRow,
  type Write,
} from '@reborn/host-api';
import { toHostRuntimeError } from '../errors.ts';
import { PROCESS_CLOSE_MS, PROCESS_LEASE_MS, PROCESSES_LISTED_MAX, PROCESSES_MAX } from '../limits.ts';
import { awaitProcess } from './await-process.ts';
import { parseStoredResult, PROCESS_KIND, toProcessView, type ProcessAbout, type ProcessView } from './process.ts';
import type {
  AwaitProcessOutcome,
  EndProcessOutcome,
  ProcessEndReason,
  ProcessHost,
  ReadProcessOutcome,
} from './process-host.ts';
import { tailAfter } from './progress-buffer.ts';
import { recoverLost, type LostProcess, type OnLost } from './recover-lost.ts';
import { RunningProcess, type ProcessParts, type ProcessWork } from './running-process.ts';

export interface ProcessDeskOptions extends Omit<ProcessParts, 'leaseMs'> {
  readonly ids: Ids;
  /** Default: 30 seconds. */
  readonly leaseMs?: number;
}

/** `effectKey`, `attempt`: of the effect that begins it. */
export interface ProcessStart extends ProcessAbout {
  readonly scope: ResourceScope;
  readonly effectKey: string;
  readonly attempt: number;
}

/** `writes` join the unit that begins the process. `refused`: this host has no room, or closes. */
export type AdmitOutcome =
  | { readonly kind: 'admitted'; readonly processId: ProcessId; readonly writes: readonly Write[] }
  | { readonly kind: 'refused'; readonly reason: 'too_many' | 'closing' };

export interface ProcessDesk extends ProcessHost {
  /** For one unit: one that is sent again needs a new admission. */
  admit(start: ProcessStart): AdmitOutcome;
  /** Right after that unit was committed, once. Returns at once; nothing of it rejects but for a bug. */
  run(processId: ProcessId, work: ProcessWork): void;
  /** To be called when the host opens and now and then; it costs a look at each process that goes on. Errors: those of the store. */
  recoverLost(onLost: OnLost): Promise<readonly LostProcess[]>;
  /** Tells all own processes to stop and waits, within a bound, until that is written. Idempotent. */
  close(): Promise<void>;
}

export function createProcessDesk(options: ProcessDeskOptions): ProcessDesk {
  return new StoredProcessDesk(options);
}

class StoredProcessDesk implements ProcessDesk {
  readonly #parts: ProcessParts;
  readonly #ids: Ids;
  readonly #running = new Map<ProcessId, RunningProcess>();
  readonly #closing = new AbortController();
  #closed: Promise<void> | undefined;

  constructor({ ids, leaseMs = PROCESS_LEASE_MS, ...parts }: ProcessDeskOptions) {
    this.#ids = ids;
    this.#parts = { ...parts, leaseMs };
  }

  admit({ scope, attempt, ...about }: ProcessStart): AdmitOutcome {
    if (this.#closing.signal.aborted) return { kind: 'refused', reason: 'closing' };
    if (this.#running.size >= PROCESSES_MAX) return { kind: 'refused', reason: 'too_many' };
    const { holder, leaseMs } = this.#parts;
    const processId = parseProcessId(this.#ids.uuid());
    const leaseKey = leaseKeyOf(processId);
    const start = startWork(processId, { kind: PROCESS_KIND, scope, about: toJson(about), leaseKey, attempt });
    return { kind: 'admitted', processId, writes: [acquireLease(leaseKey, holder, leaseMs), start] };
  }

  run(processId: ProcessId, work: ProcessWork): void {
    assert(!this.#running.has(processId), 'a process is carried on once');
    // A new id has a new lease, and a new lease begins with its first token.
    const proof = { key: leaseKeyOf(processId), holder: this.#parts.holder, fence: 1 };
    const process = new RunningProcess(this.#parts, processId, proof, work);
    this.#running.set(processId, process);
    void process.over.finally(() => this.#running.delete(processId));
    if (this.#closing.signal.aborted) process.stop('shutdown');
  }

  status(scope: ResourceScope, processId: ProcessId): Promise<ProcessView | undefined> {
    return guarded(() => this.#look(scope, processId));
  }

  list(scope: ResourceScope): Promise<readonly ProcessView[]> {
    return guarded(() => this.#list(scope, { order: 'newest', limit: PROCESSES_LISTED_MAX }));
  }

  active(scope: ResourceScope): Promise<readonly ProcessView[]> {
    return guarded(() => this.#list(scope, { status: 'running', limit: PAGE_RECORDS_MAX }));
  }

  end(scope: ResourceScope, processId: ProcessId, reason: ProcessEndReason): Promise<EndProcessOutcome> {
    return guarded(() => this.#end(scope, processId, reason));
  }

  await(
    scope: ResourceScope,
    processId: ProcessId,
    { timeoutMs, signal }: Parameters<ProcessHost['await']>[2],
  ): Promise<AwaitProcessOutcome> {
    const { store, timers } = this.#parts;
    const closing = this.#closing.signal;
    const given = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    const look = () => this.#look(scope, processId);
    return guarded(async () => {
      const process = await awaitProcess({ store, timers, scope, timeoutMs, signal: given, look });
      if (process === undefined) return { kind: 'unknown' };
      return { kind: process.status === 'running' ? 'running' : 'ended', process };
    });
  }

  read(scope: ResourceScope, processId: ProcessId, from?: { readonly after?: number }): Promise<ReadProcessOutcome> {
    return guarded(() => this.#read(scope, processId, from?.after ?? 0));
  }

  recoverLost(onLost: OnLost): Promise<readonly LostProcess[]> {
    return recoverLost(this.#parts, onLost);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #look(scope: ResourceScope, processId: ProcessId): Promise<ProcessView | undefined> {
    const row = await this.#find(scope, processId);
    return row === undefined ? undefined : toProcessView(processId, row);
  }

  async #list(scope: ResourceScope, which: Omit<ListRequest, 'owner'>): Promise<readonly ProcessView[]> {
    const owner = toWorkOwner(PROCESS_KIND, scope);
    const found = await this.#parts.store.list(workItemMachine.name, { owner, ...which });
    return found.map(({ key, row }) => toProcessView(parseProcessId(key), workItemMachine.parseRow(row)));
  }

  async #end(scope: ResourceScope, processId: ProcessId, reason: ProcessEndReason): Promise<EndProcessOutcome> {
    const row = await this.#find(scope, processId);
    if (row === undefined) return { kind: 'unknown' };
    if (row.status !== 'running') return { kind: 'already_terminal', status: row.status };
    try {
      const outcome = await this.#parts.store.commit([requestWorkCancel(processId, reason)]);
      if (outcome.kind === 'committed') return { kind: 'ending' };
      const now = outcome.row === undefined ? undefined : workItemMachine.parseRow(outcome.row);
      assert(now !== undefined && now.status !== 'running', 'only a process that is over cannot be told to stop');
      return { kind: 'already_terminal', status: now.status };
    } finally {
      // Also when the store is in trouble: what can be stopped here is stopped.
      this.#running.get(processId)?.stop(reason);
    }
  }

  async #read(scope: ResourceScope, processId: ProcessId, after: number): Promise<ReadProcessOutcome> {
    const row = await this.#find(scope, processId);
    if (row === undefined) return { kind: 'unknown' };
    const { status } = row;
    const live = row.status === 'running' ? this.#running.get(processId) : undefined;
    const shown = row.status === 'running' ? live?.shown() : parseStoredResult(row.result).shown;
    if (shown === undefined) return { kind: 'read', source: 'elsewhere', status, text: '', from: after, next: after };
    const { text, from } = tailAfter(shown, after);
    const source = live === undefined ? 'stored' : 'live';
    return { kind: 'read', source, status, text, from, next: from + text.length };
  }

  async #find(scope: ResourceScope, processId: ProcessId): Promise<WorkItemRow | undefined> {
    const row = await getRecord(this.#parts.store, workItemMachine, processId);
    const owner = toWorkOwner(PROCESS_KIND, scope);
    return row !== undefined && toWorkOwner(row.kind, row.scope) === owner ? row : undefined;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const own = [...this.#running.values()];
    for (const process of own) process.stop('shutdown');
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#parts.timers.schedule(PROCESS_CLOSE_MS, resolve);
    });
    try {
      await Promise.race([Promise.all(own.map(({ over }) => over)), late]);
    } finally {
      cancel();
      for (const process of own) process.drop();
    }
  }
}

function leaseKeyOf(processId: ProcessId): string {
  return `lease:process|${processId}`;
}

function toJson(about: ProcessAbout & Pick<ProcessStart, 'effectKey'>): JsonObject {
  const { capabilityId, provider, lane, invocationId, correlationId, effectKey, runId } = about;
  const said = { capabilityId, provider, lane, invocationId, correlationId, effectKey };
  return { ...said, ...(runId === undefined ? {} : { runId }) };
}

/** Errors: `host-runtime/unavailable`. */
async function guarded<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw toHostRuntimeError(error);
  }
}
