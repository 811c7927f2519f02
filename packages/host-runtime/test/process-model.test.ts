/**
 * The work item under its lease, against a model that is simple enough to be seen through. Units race in pairs: whatever
 * the store says, one of the two orders must explain it.
 */
import {
  acquireLease,
  checkLease,
  checkWorkRunning,
  endWork,
  getRecord,
  releaseLease,
  renewLease,
  requestWorkCancel,
  startWork,
  workItemMachine,
  type DurableStore,
  type WorkItemEnd,
  type Write,
} from '@reborn/host-api';
import { buildScope, createFakePlatform } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { BACKENDS, openStore } from './open-store.ts';
import { PROCESS_MACHINES } from './process-world.ts';

const LEASE_MS = 1_000;
const START = { op: 'start' } as const;
const RUNS = Number(process.env['REBORN_MODEL_RUNS'] ?? 60);

/** `fence`: under which token somebody who believes to hold the lease acts. */
type Op =
  | { readonly op: 'start' | 'request_cancel' | 'recover' }
  | { readonly op: 'beat'; readonly fence: number }
  | { readonly op: 'end'; readonly fence: number; readonly how: Exclude<WorkItemEnd, 'lost'> };

interface Model {
  readonly status: 'none' | 'running' | WorkItemEnd;
  readonly cancel: boolean;
  readonly result: number | undefined;
  readonly fence: number;
  readonly isHeld: boolean;
  readonly expiresAtMs: number;
}

const fence = fc.integer({ min: 1, max: 2 });
const how = fc.constantFrom('completed' as const, 'failed' as const, 'cancelled' as const);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constantFrom('start' as const, 'request_cancel' as const, 'recover' as const) }),
  fc.record({ op: fc.constant('beat' as const), fence }),
  { weight: 2, arbitrary: fc.record({ op: fc.constant('end' as const), fence, how }) },
);
const step = fc.record({
  passMs: fc.constantFrom(0, 0, 400, LEASE_MS),
  race: fc.array(op, { minLength: 1, maxLength: 2 }),
});

test.each(BACKENDS)('Racing hosts do to a work item on %s what they do in the model', async (backend) => {
  const { clock, advance } = createFakePlatform();
  const store = await openStore(backend, PROCESS_MACHINES, clock);
  onTestFinished(() => store.close());
  let items = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      items += 1;
      const key = `item-${items}`;
      let model: Model = { status: 'none', cancel: false, result: undefined, fence: 0, isHeld: false, expiresAtMs: 0 };
      for (const [at, { passMs, race }] of [{ passMs: 0, race: [START] }, ...steps].entries()) {
        advance(passMs);
        const moment = { known: model.fence, at, nowMs: clock.nowMs() };
        const units = race.map((each, nth) => unitOf(key, each, model.fence, 2 * at + nth));
        const outcomes = await Promise.all(units.map((unit) => store.commit(unit)));
        const found = { went: outcomes.map(({ kind }) => kind === 'committed'), item: await look(store, key) };
        const explained = [false, true].map((turned) => play(model, race, turned, moment));
        expect(explained.map(({ shown }) => shown)).toContainEqual(found);
        model = explained.find(({ shown }) => JSON.stringify(shown) === JSON.stringify(found))?.model ?? model;
      }
    }),
    { numRuns: backend === 'memory' ? RUNS : Math.ceil(RUNS / 4) },
  );
});

/** The units that hosts send. `known`: the token that a host who recovers has read. */
function unitOf(key: string, each: Op, known: number, number: number): readonly Write[] {
  const leaseKey = `lease:${key}`;
  const proof = { key: leaseKey, holder: 'host', fence: 'fence' in each ? each.fence : known + 1 };
  const item = { kind: 'process', scope: buildScope(), about: {}, leaseKey, attempt: 1 };
  switch (each.op) {
    case 'start':
      return [acquireLease(leaseKey, 'host', LEASE_MS), startWork(key, item)];
    case 'request_cancel':
      return [requestWorkCancel(key, 'because')];
    case 'beat':
      return [renewLease(proof, LEASE_MS), checkWorkRunning(key)];
    case 'end':
      return [endWork(key, each.how, { number }), checkLease(proof), releaseLease(proof)];
    case 'recover':
      return [acquireLease(leaseKey, 'host', LEASE_MS), endWork(key, 'lost', { number }), releaseLease(proof)];
  }
}

interface Moment {
  readonly known: number;
  readonly at: number;
  readonly nowMs: number;
}

function play(start: Model, race: readonly Op[], turned: boolean, moment: Moment) {
  const went: boolean[] = [];
  let model = start;
  const order = [...race.entries()];
  for (const [nth, each] of turned ? order.toReversed() : order) {
    const next = take(model, each, 2 * moment.at + nth, moment);
    went[nth] = next !== undefined;
    model = next ?? model;
  }
  const { status, cancel, result } = model;
  return { model, shown: { went, item: { status, cancel, result } } };
}

/** `undefined`: the unit is refused. */
function take(model: Model, each: Op, number: number, { known, nowMs }: Moment): Model | undefined {
  const isLive = model.isHeld && model.expiresAtMs > nowMs;
  const expiresAtMs = nowMs + LEASE_MS;
  switch (each.op) {
    case 'start':
      if (isLive || model.status !== 'none') return undefined;
      return { ...model, status: 'running', fence: model.fence + 1, isHeld: true, expiresAtMs };
    case 'request_cancel':
      return model.status === 'running' ? { ...model, cancel: true } : undefined;
    case 'beat':
      return isLive && model.fence === each.fence && model.status === 'running' ? { ...model, expiresAtMs } : undefined;
    case 'end':
      if (model.status !== 'running' || (each.how === 'cancelled') !== model.cancel) return undefined;
      return isLive && model.fence === each.fence
        ? { ...model, status: each.how, result: number, isHeld: false }
        : undefined;
    case 'recover':
      if (model.status !== 'running' || isLive || known !== model.fence) return undefined;
      return { ...model, status: 'lost', result: number, fence: model.fence + 1, isHeld: false };
  }
}

async function look(store: DurableStore, key: string) {
  const row = await getRecord(store, workItemMachine, key);
  const result = row === undefined || row.status === 'running' ? undefined : row.result['number'];
  return { status: row?.status ?? 'none', cancel: row?.cancelRequested !== undefined, result };
}
