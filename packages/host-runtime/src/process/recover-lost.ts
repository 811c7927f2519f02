/**
 * Processes whose host is gone: their lease has run out. They are marked lost, each once, and never started again.
 *
 * Not here: what a lost process means for budgets and records (the pipeline says it by `onLost`).
 * Source: specification 2, b.9 and f.1, last row.
 */
import {
  acquireLease,
  endWork,
  getRecord,
  InvariantError,
  isFault,
  leaseMachine,
  PAGE_RECORDS_MAX,
  parseProcessId,
  releaseLease,
  workItemMachine,
  type ProcessId,
  type ResourceScope,
  type WorkItemRow,
  type Write,
} from '@reborn/host-api';
import { CONTENTION_RETRIES_MAX } from '../limits.ts';
import {
  effectKeyOf,
  PROCESS_KIND,
  toProcessView,
  toStoredResult,
  type ProcessResult,
  type ProcessView,
} from './process.ts';
import type { ProcessParts } from './running-process.ts';

/** `effectKey`, `attempt`: of the effect that began it. `result`: what is written; the effect is uncertain. */
export interface LostProcess {
  readonly process: ProcessView;
  readonly scope: ResourceScope;
  readonly effectKey: string;
  readonly attempt: number;
  readonly result: Extract<ProcessResult, { kind: 'failed' }>;
}

/** What becomes durable in the unit that marks it lost. Asked again when the unit has to be tried again. */
export type OnLost = (lost: LostProcess) => Promise<readonly Write[]>;

/**
 * Marks every process lost whose lease has run out, and returns those that this call has marked. One that cannot be marked
 * is reported, and left for the next time. Shape: looks at the 1000 oldest that go on.
 * Errors: those of the store, while it is looked through.
 */
export async function recoverLost(parts: ProcessParts, onLost: OnLost): Promise<readonly LostProcess[]> {
  const { store } = parts;
  const running = await store.list(workItemMachine.name, { status: 'running', limit: PAGE_RECORDS_MAX });
  const marked: LostProcess[] = [];
  for (const { key, row } of running) {
    try {
      const item = workItemMachine.parseRow(row);
      const lost = item.kind === PROCESS_KIND ? await recover(parts, parseProcessId(key), item, onLost) : undefined;
      if (lost !== undefined) marked.push(lost);
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      const code = isFault(error) ? { code: error.code } : {};
      parts.diagnostics?.report('A lost process could not be marked as lost', { processId: key, ...code });
    }
  }
  return marked;
}

/**
 * One unit takes the lease over, which fences the old host off, marks the process lost, and gives the lease back. Of two
 * hosts that try, the second finds the process lost.
 */
async function recover(
  parts: ProcessParts,
  processId: ProcessId,
  item: WorkItemRow,
  onLost: OnLost,
): Promise<LostProcess | undefined> {
  const { store, clock, holder, leaseMs } = parts;
  const key = item.leaseKey;
  for (let tries = 0; tries < CONTENTION_RETRIES_MAX; tries += 1) {
    const lease = await getRecord(store, leaseMachine, key);
    if (lease?.status === 'held' && lease.expiresAtMs > clock.nowMs()) return undefined;
    const lost = toLost(processId, item);
    const outcome = await store.commit([
      acquireLease(key, holder, leaseMs),
      endWork(processId, 'lost', toStoredResult(lost.result, { text: '', from: 0 })),
      ...(await onLost(lost)),
      releaseLease({ key, holder, fence: (lease?.fence ?? 0) + 1 }),
    ]);
    if (outcome.kind === 'committed') return lost;
    // Its host is alive after all, or it is over.
    if (outcome.reason === 'lease_held' || outcome.machine === workItemMachine.name) return undefined;
  }
  return undefined;
}

function toLost(processId: ProcessId, item: WorkItemRow): LostProcess {
  const message = 'The host of this process stopped. The work may or may not have been done, and it is not repeated.';
  return {
    process: toProcessView(processId, item),
    scope: item.scope,
    effectKey: effectKeyOf(item),
    attempt: item.attempt,
    result: { kind: 'failed', errorKind: 'host_lost', message, effect: 'uncertain' },
  };
}
