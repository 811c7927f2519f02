/**
 * Runs, locks, leases and gates against a model that is simple enough to be seen through: whatever happens in whatever
 * order, the store says what the model says, and from wherever it stands every run can still be brought to an end.
 */
import {
  approveGate,
  createInMemoryStore,
  gateMachine,
  getRecord,
  openGate,
  parseEventId,
  parseThreadId,
  toThreadKey,
  type GateId,
  type LeaseProof,
  type RunId,
} from '@reborn/host-api';
import { buildScope, createFakePlatform, fixedUuid } from '@reborn/host-api/testkit';
import { createTurnCoordinator, queueRunAfterGate, runMachine, type RunStatus } from '@reborn/turns';
import { createRunner, threadLockMachine, type ClaimedRun } from '@reborn/turns/runner';
import { buildCheckpoint, buildGate, buildTurn, TURN_MACHINES } from '@reborn/turns/testkit';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const LEASE_MS = 30_000;
const CRASHES_MAX = 5;
const THREADS = 3;
const { tenantId } = buildScope();
const failure = { kind: 'no_progress', explanation: '' } as const;

type Op =
  | { readonly op: 'submit'; readonly thread: number }
  | { readonly op: 'claim' | 'recover' }
  | { readonly op: 'advance'; readonly ms: number }
  | { readonly op: 'heartbeat' | 'step' | 'complete' | 'fail' | 'settle'; readonly pick: number }
  | { readonly op: 'park'; readonly pick: number; readonly gates: number }
  | { readonly op: 'answer' | 'cancel'; readonly pick: number };

const pick = fc.nat({ max: 1_000 });
const ops: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('submit' as const), thread: fc.nat({ max: THREADS - 1 }) }) },
  { weight: 5, arbitrary: fc.constant({ op: 'claim' as const }) },
  { weight: 1, arbitrary: fc.constant({ op: 'recover' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('advance' as const), ms: fc.constantFrom(10_000, LEASE_MS - 5, LEASE_MS) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom(
        'heartbeat' as const,
        'step' as const,
        'complete' as const,
        'fail' as const,
        'settle' as const,
      ),
      pick,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ op: fc.constant('park' as const), pick, gates: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('answer' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('cancel' as const), pick }) },
);

interface ModelRun {
  readonly thread: number;
  status: RunStatus;
  cancelled: boolean;
  crashes: number;
  gates: GateId[];
  queuedAtMs: number;
  /** The sitting that is at work, and until when. */
  lease?: LeaseProof;
  leaseUntilMs: number;
}

test('Runs do what the model does, and none of them is ever stuck', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ops, { maxLength: 60 }), async (sequence) => {
      const world = new World();
      for (const op of sequence) {
        await world.take(op);
        await world.compare();
      }
      await world.bringToAnEnd();
    }),
    { numRuns: 200 },
  );
});

class World {
  readonly #platform = createFakePlatform();
  readonly #store = createInMemoryStore({ machines: TURN_MACHINES, ...this.#platform });
  readonly #coordinator = createTurnCoordinator({ store: this.#store, ...this.#platform });
  readonly #runner = createRunner({ store: this.#store, ...this.#platform, holder: 'worker', leaseMs: LEASE_MS });
  readonly #runs = new Map<RunId, ModelRun>();
  readonly #sittings: ClaimedRun[] = [];
  readonly #openGates = new Map<GateId, RunId>();
  #gatesMade = 0;

  async take(op: Op): Promise<void> {
    // No two things happen in one moment, so that the queue has one order.
    this.#platform.advance(1);
    switch (op.op) {
      case 'submit':
        return this.#submit(op.thread);
      case 'claim':
        return this.#claim();
      case 'recover':
        return this.#recover();
      case 'advance':
        return this.#platform.advance(op.ms);
      case 'answer':
        return this.#answer(op.pick);
      case 'cancel':
        return this.#cancel([...this.#runs.keys()][op.pick % Math.max(1, this.#runs.size)]);
      case 'heartbeat':
      case 'step':
      case 'complete':
      case 'fail':
      case 'settle':
      case 'park': {
        const claimed = this.#sittings[op.pick % Math.max(1, this.#sittings.length)];
        return claimed === undefined ? undefined : this.#work(op, claimed);
      }
    }
  }

  async compare(): Promise<void> {
    for (const [runId, model] of this.#runs) {
      const run = await getRecord(this.#store, runMachine, runId);
      const found = {
        status: run?.status,
        cancelled: run?.cancel !== undefined,
        crashes: run?.crashes,
        gates: run?.gates,
      };
      const { status, cancelled, crashes, gates } = model;
      expect(found).toEqual({ status, cancelled, crashes, gates });
    }
    for (let thread = 0; thread < THREADS; thread += 1) {
      const lock = await getRecord(this.#store, threadLockMachine, toThreadKey(scopeOf(thread)));
      expect(lock?.status === 'busy' ? lock.runId : undefined).toBe(this.#activeIn(thread));
    }
    const open = await this.#store.list(gateMachine.name, { status: 'open', limit: 1000 });
    expect(open.map(({ key }) => key).toSorted()).toEqual([...this.#openGates.keys()].toSorted());
  }

  async bringToAnEnd(): Promise<void> {
    this.#platform.advance(LEASE_MS);
    await this.#recover();
    for (const runId of this.#runs.keys()) await this.#cancel(runId);
    await this.compare();
    for (let thread = 0; thread < THREADS; thread += 1) expect(this.#activeIn(thread)).toBeUndefined();
  }

  async #submit(thread: number): Promise<void> {
    const outcome = await this.#coordinator.submitTurn(buildTurn({ scope: scopeOf(thread) }));
    const active = this.#activeIn(thread);
    if (active !== undefined) {
      expect(outcome).toEqual({ kind: 'thread_busy', activeRunId: active, status: this.#runs.get(active)?.status });
      return;
    }
    expect(outcome.kind).toBe('accepted');
    if (outcome.kind !== 'accepted') return;
    const queuedAtMs = this.#nowMs();
    this.#runs.set(outcome.runId, {
      thread,
      status: 'queued',
      cancelled: false,
      crashes: 0,
      gates: [],
      queuedAtMs,
      leaseUntilMs: 0,
    });
  }

  async #claim(): Promise<void> {
    const claimed = await this.#runner.claimNext({ tenantId });
    const queued = [...this.#runs].filter(([, run]) => run.status === 'queued');
    const [first] = queued.toSorted(([, left], [, right]) => left.queuedAtMs - right.queuedAtMs);
    expect(claimed?.run.runId).toBe(first?.[0]);
    if (claimed === undefined || first === undefined) return;
    Object.assign(first[1], { status: 'running', lease: claimed.lease, leaseUntilMs: this.#nowMs() + LEASE_MS });
    this.#sittings.push(claimed);
  }

  async #recover(): Promise<void> {
    const expired = [...this.#runs].filter(([, run]) => run.status === 'running' && run.leaseUntilMs <= this.#nowMs());
    const moved = await this.#runner.recoverExpired({ tenantId });
    expect(moved.toSorted()).toEqual(expired.map(([runId]) => runId).toSorted());
    for (const [, run] of expired) {
      if (run.cancelled) this.#end(run, 'cancelled');
      else if ((run.crashes += 1) >= CRASHES_MAX) this.#end(run, 'failed');
      else Object.assign(run, { status: 'queued', queuedAtMs: this.#nowMs() });
    }
  }

  async #work(op: Extract<Op, { pick: number }>, claimed: ClaimedRun): Promise<void> {
    const { runId } = claimed.run;
    const run = this.#runs.get(runId);
    if (run === undefined) throw new Error('a sitting is of a run');
    const live =
      run.status === 'running' && run.lease?.fence === claimed.lease.fence && this.#nowMs() < run.leaseUntilMs;
    const checkpoint = buildCheckpoint();
    const outcome = live ? { kind: 'written' } : { kind: 'lost' };
    switch (op.op) {
      case 'heartbeat':
        expect(await this.#runner.heartbeat(claimed.lease)).toBe(live);
        if (live && !run.cancelled) run.leaseUntilMs = this.#nowMs() + LEASE_MS;
        return;
      case 'step':
        expect(await this.#runner.writeStep(claimed, { checkpoint, entries: [] })).toEqual(outcome);
        return;
      case 'complete':
        expect(
          await this.#runner.endSitting(claimed, { kind: 'completed', replyEntryId: parseEventId(fixedUuid(1)) }),
        ).toEqual(outcome);
        if (live) this.#end(run, 'completed');
        return;
      case 'fail':
        expect(await this.#runner.endSitting(claimed, { kind: 'failed', failure })).toEqual(outcome);
        if (live) this.#end(run, 'failed');
        return;
      case 'settle': {
        const settled = this.#runner.endSitting(claimed, { kind: 'cancelled' });
        if (live && !run.cancelled) return expect(settled).rejects.toMatchObject({ code: 'turns/invalid_request' });
        expect(await settled).toEqual(outcome);
        if (live) this.#end(run, 'cancelled');
        return;
      }
      case 'park': {
        const gates = await this.#ask(claimed, 'gates' in op ? op.gates : 1);
        expect(await this.#runner.endSitting(claimed, { kind: 'parked', gates, checkpoint })).toEqual(outcome);
        if (!live) return;
        if (run.cancelled) this.#end(run, 'cancelled');
        else Object.assign(run, { status: 'parked', gates });
        return;
      }
      case 'answer':
      case 'cancel':
        return;
    }
  }

  async #ask({ run }: ClaimedRun, count: number): Promise<GateId[]> {
    const gates = Array.from({ length: count }, () =>
      buildGate(run, (this.#gatesMade += 1), { clock: { nowMs: () => this.#nowMs() + 1e9 } }),
    );
    await this.#store.commit(gates.map((gate) => openGate(gate)));
    for (const { gateId } of gates) this.#openGates.set(gateId, run.runId);
    return gates.map(({ gateId }) => gateId);
  }

  async #answer(pickOf: number): Promise<void> {
    const [gateId, runId] = [...this.#openGates][pickOf % Math.max(1, this.#openGates.size)] ?? [];
    const run = runId === undefined ? undefined : this.#runs.get(runId);
    if (gateId === undefined || runId === undefined || run === undefined) return;
    const outcome = await this.#store.commit([
      approveGate(gateId, { by: { kind: 'host' }, reason: undefined }),
      queueRunAfterGate(runId, gateId),
    ]);
    const over = isOver(run.status);
    expect(outcome.kind).toBe(over ? 'conflict' : 'committed');
    if (over) return;
    this.#openGates.delete(gateId);
    run.gates = run.gates.filter((gate) => gate !== gateId);
    if (run.status === 'parked') Object.assign(run, { status: 'queued', queuedAtMs: this.#nowMs() });
  }

  async #cancel(runId: RunId | undefined): Promise<void> {
    const run = runId === undefined ? undefined : this.#runs.get(runId);
    if (runId === undefined || run === undefined) return;
    const request = { scope: scopeOf(run.thread), actor: { kind: 'host' }, runId, reason: 'policy' } as const;
    const outcome = await this.#coordinator.cancelRun(request);
    if (isOver(run.status)) {
      expect(outcome).toEqual({ kind: 'already_over', status: run.status });
      return;
    }
    expect(outcome).toEqual({ kind: run.status === 'running' ? 'cancel_requested' : 'cancelled' });
    if (run.status !== 'running') this.#end(run, 'cancelled');
    run.cancelled = true;
  }

  #end(run: ModelRun, status: RunStatus): void {
    for (const gateId of run.gates) this.#openGates.delete(gateId);
    Object.assign(run, { status, gates: [] });
  }

  #activeIn(thread: number): RunId | undefined {
    return [...this.#runs].find(([, run]) => run.thread === thread && !isOver(run.status))?.[0];
  }

  #nowMs(): number {
    return this.#platform.clock.nowMs();
  }
}

function scopeOf(thread: number) {
  const threadId = parseThreadId(`thread-${thread}`);
  return { ...buildScope(), threadId };
}

function isOver(status: RunStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}
