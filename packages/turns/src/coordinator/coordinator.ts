/**
 * The public door of turns: submit, cancel, look. Whoever works on runs uses `./runner`; whoever answers gates uses the
 * host runtime.
 */
import {
  getRecord,
  parseResourceScope,
  parseRunId,
  type DurableStore,
  type ResourceScope,
  type RunId,
} from '@reborn/host-api';
import { TurnsError } from '../errors.ts';
import { RUNS_PAGE_MAX } from '../limits.ts';
import { runMachine, type RunRow } from '../run.ts';
import type { TranscriptEntry } from '../transcript/entry.ts';
import { readThread } from '../transcript/transcript.ts';
import { cancelRun, isOwn, type CancelRunOutcome, type CancelRunRequest } from './cancel.ts';
import { submitTurn, type SubmitDependencies, type SubmitTurnOutcome, type SubmitTurnRequest } from './submit.ts';

export interface TurnCoordinator {
  submitTurn(request: SubmitTurnRequest): Promise<SubmitTurnOutcome>;
  cancelRun(request: CancelRunRequest): Promise<CancelRunOutcome>;
  /** `undefined` for an unknown run and for a run of another owner alike. */
  getRun(scope: ResourceScope, runId: RunId): Promise<RunRow | undefined>;
  /** Newest submission first, of everything that the scope does not narrow. Shape of `limit`: 1 to 200. */
  listRuns(scope: ResourceScope, limit: number): Promise<readonly RunRow[]>;
  /** Oldest first. Errors: `turns/invalid_request` when the scope names no thread. */
  readThread(scope: ResourceScope): Promise<readonly TranscriptEntry[]>;
}

export function createTurnCoordinator(dependencies: SubmitDependencies): TurnCoordinator {
  const { store } = dependencies;
  return {
    submitTurn: (request) => submitTurn(dependencies, request),
    cancelRun: (request) => cancelRun(dependencies, request),
    getRun: (scope, runId) => getRun(store, scope, runId),
    listRuns: (scope, limit) => listRuns(store, scope, limit),
    readThread: async (scope) => {
      const owner = parseResourceScope(scope);
      if (owner.threadId === undefined) throw invalid('scope.threadId', 'must be given');
      return readThread(store, owner);
    },
  };
}

async function getRun(store: DurableStore, scope: ResourceScope, runId: RunId): Promise<RunRow | undefined> {
  const run = await getRecord(store, runMachine, parseRunId(runId));
  return run !== undefined && isOwn(run, parseResourceScope(scope)) ? run : undefined;
}

async function listRuns(store: DurableStore, scope: ResourceScope, limit: number): Promise<readonly RunRow[]> {
  const owner = parseResourceScope(scope);
  if (!Number.isInteger(limit) || limit < 1 || limit > RUNS_PAGE_MAX) {
    throw invalid('limit', `must be a whole number from 1 to ${RUNS_PAGE_MAX}`);
  }
  const { tenantId, ...labels } = owner;
  const found: RunRow[] = [];
  let before = 0;
  // By the outbox, whose labels know the owner: other people's runs cost nothing.
  for (;;) {
    const { records, brokenOff } = await store.readStream({
      stream: { family: 'turn', tenantId },
      after: before,
      limit: RUNS_PAGE_MAX,
      order: 'newest',
      filter: { labels, kinds: ['run_submitted'] },
    });
    for (const record of records) {
      const run = await getRecord(store, runMachine, parseRunId(record.labels.runId));
      if (run !== undefined && isOwn(run, owner)) found.push(run);
      if (found.length === limit) return found;
    }
    before = records.at(-1)?.cursor ?? 0;
    if (before <= 1 || (records.length < RUNS_PAGE_MAX && brokenOff !== true)) return found;
  }
}

function invalid(field: string, rule: string): TurnsError {
  return new TurnsError('turns/invalid_request', { detail: { field, rule } });
}
