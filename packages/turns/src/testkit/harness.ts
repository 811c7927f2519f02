/**
 * What the cases of the turn store's contract share: a store that is opened for one case, and a machine whose time moves
 * when it is told to.
 *
 * Not here: the cases.
 */
import {
  approveGate,
  gateMachine,
  getRecord,
  idempotencyMachine,
  leaseMachine,
  openGate,
  parseGateId,
  toThreadKey,
  type DurableStore,
  type GateId,
  type ResourceScope,
  type RunId,
  type StoredMachine,
} from '@reborn/host-api';
import {
  buildScope,
  fixedUuid,
  holds,
  type ContractCase,
  type FakePlatform,
  wrapStore,
} from '@reborn/host-api/testkit';
import { checkpointMachine } from '../checkpoint/checkpoint.ts';
import { createTurnCoordinator, type TurnCoordinator } from '../coordinator/coordinator.ts';
import type { SubmitTurnRequest } from '../coordinator/submit.ts';
import { parseLifecycleEvent, type TurnLifecycleEvent } from '../lifecycle-event.ts';
import { RUN_LEASE_MS } from '../limits.ts';
import { queueRunAfterGate, runMachine, type RunRow } from '../run.ts';
import { threadLockMachine } from '../thread-lock.ts';
import type { ClaimedRun } from '../worker/claim.ts';
import { createRunner, type Runner } from '../worker/runner.ts';
import { buildGate, buildTurn } from './builder.ts';

/** One harness serves one case. Its stores take clock and timers from `platform`. */
export interface TurnHarness {
  readonly platform: FakePlatform;
  /** Opens an empty store. */
  open(machines: readonly StoredMachine[]): Promise<DurableStore>;
  /** Opens the same store again after it was closed. Absent where nothing is kept. */
  reopen?(machines: readonly StoredMachine[]): Promise<DurableStore>;
}

export interface OpenedTurns {
  readonly store: DurableStore;
  readonly platform: FakePlatform;
  readonly coordinator: TurnCoordinator;
  readonly runner: Runner;
  /** Another worker over the same store. */
  runnerOf(holder: string): Runner;
  /** The same coordinator and worker over a store in other hands. */
  over(store: DurableStore): Pick<OpenedTurns, 'coordinator' | 'runner'>;
  /** Closes the store and opens it again; `undefined` where nothing is kept. */
  restart(): Promise<OpenedTurns | undefined>;
}

/** What a store needs to know for turns. */
export const TURN_MACHINES: readonly StoredMachine[] = [
  runMachine,
  threadLockMachine,
  checkpointMachine,
  leaseMachine,
  gateMachine,
  idempotencyMachine,
];

/** A case that opens an empty store, uses it, and closes it whatever happens. */
export function turnCase(name: string, use: (opened: OpenedTurns) => Promise<void>): ContractCase<TurnHarness> {
  return {
    name,
    run: async (harness) => {
      const first = await harness.open(TURN_MACHINES);
      const stores = [first];
      const restart = async (store: DurableStore): Promise<OpenedTurns | undefined> => {
        if (harness.reopen === undefined) return undefined;
        await store.close();
        const again = await harness.reopen(TURN_MACHINES);
        stores.push(again);
        return openTurns(harness.platform, again, restart);
      };
      try {
        await use(openTurns(harness.platform, first, restart));
      } finally {
        for (const store of stores) await store.close();
      }
    },
  };
}

/** A store to which something happens between a caller's look and its next commit, once. */
export function meanwhile(store: DurableStore, happens: () => Promise<unknown>): DurableStore {
  let happened = false;
  return wrapStore(store, {
    commit: async (writes) => {
      if (!happened) {
        happened = true;
        await happens();
      }
      return store.commit(writes);
    },
  });
}

export async function submit(opened: OpenedTurns, overrides: Partial<SubmitTurnRequest> = {}): Promise<RunId> {
  const outcome = await opened.coordinator.submitTurn(buildTurn(overrides));
  holds(outcome.kind === 'accepted', 'the turn is accepted');
  return outcome.runId;
}

export async function claim(opened: Pick<OpenedTurns, 'runner'>, only?: RunId): Promise<ClaimedRun> {
  const request = { tenantId: buildScope().tenantId, ...(only === undefined ? {} : { only }) };
  const claimed = await opened.runner.claimNext(request);
  holds(claimed !== undefined, 'there is a run to claim');
  return claimed;
}

export async function look(opened: Pick<OpenedTurns, 'store'>, runId: RunId): Promise<RunRow> {
  const run = await getRecord(opened.store, runMachine, runId);
  holds(run !== undefined, 'the run is there');
  return run;
}

/** Opens gates for the run: as many as there are numbers. */
export async function openGates(
  opened: OpenedTurns,
  run: RunRow,
  ...numbers: readonly number[]
): Promise<readonly GateId[]> {
  const outcome = await opened.store.commit(numbers.map((number) => openGate(buildGate(run, number, opened.platform))));
  holds(outcome.kind === 'committed', 'the gates are open');
  return numbers.map((number) => parseGateId(fixedUuid(number)));
}

/** Somebody answers: the gate and the run move in one unit. */
export async function answer(opened: OpenedTurns, runId: RunId, gateId: GateId): Promise<void> {
  const outcome = await opened.store.commit([
    approveGate(gateId, { by: { kind: 'host' }, reason: undefined }),
    queueRunAfterGate(runId, gateId),
  ]);
  holds(outcome.kind === 'committed', 'the gate is answered');
}

export async function lockOf(opened: Pick<OpenedTurns, 'store'>, scope: ResourceScope = buildScope()) {
  return getRecord(opened.store, threadLockMachine, toThreadKey(scope));
}

/** What the outbox says, oldest first. */
export async function readOutbox(opened: Pick<OpenedTurns, 'store'>): Promise<readonly TurnLifecycleEvent[]> {
  const stream = { family: 'turn', tenantId: buildScope().tenantId } as const;
  const page = await opened.store.readStream({ stream, after: 0, limit: 1000 });
  return page.records.flatMap((record) => parseLifecycleEvent(record) ?? []);
}

function openTurns(
  platform: FakePlatform,
  store: DurableStore,
  restart: (store: DurableStore) => Promise<OpenedTurns | undefined>,
): OpenedTurns {
  const runnerOf = (holder: string, on = store): Runner =>
    createRunner({ store: on, clock: platform.clock, ids: platform.ids, holder, leaseMs: RUN_LEASE_MS });
  const over = (on: DurableStore) => ({
    coordinator: createTurnCoordinator({
      store: on,
      clock: platform.clock,
      ids: platform.ids,
      digest: platform.digest,
    }),
    runner: runnerOf('worker-1', on),
  });
  return { store, platform, ...over(store), runnerOf, over, restart: () => restart(store) };
}
