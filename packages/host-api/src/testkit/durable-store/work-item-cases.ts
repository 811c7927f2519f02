/** The work item: edge by edge, and what it guards beyond its table. */
import { acquireLease, checkLease, leaseMachine, releaseLease, type LeaseProof } from '../../durable/lease.ts';
import {
  checkWorkRunning,
  endWork,
  requestWorkCancel,
  startWork,
  toWorkOwner,
  workItemMachine,
  workItemRowSchema,
  type NewWorkItem,
} from '../../durable/work-item.ts';
import { getRecord, type CommitOutcome } from '../../durable/unit-of-work.ts';
import { WORK_ABOUT_BYTES_MAX, WORK_RESULT_BYTES_MAX } from '../../limits.ts';
import { buildScope } from '../builder.ts';
import { equals, rejects } from '../contract-case.ts';
import { machineContract } from '../machine-contract.ts';
import { receiptsOf, storeCase } from './ticket.ts';

const item: NewWorkItem = {
  kind: 'process',
  scope: buildScope(),
  about: { capabilityId: 'notes.watch' },
  leaseKey: 'lease:process|w',
  attempt: 1,
};
const result = { kind: 'completed' };
const machines = [workItemMachine, leaseMachine];

const edges = machineContract(workItemMachine, {
  path: {
    none: [],
    running: (next) => (next === 'cancel' ? ['start', 'request_cancel'] : ['start']),
    completed: ['start', 'complete'],
    failed: ['start', 'fail'],
    cancelled: ['start', 'request_cancel', 'cancel'],
    lost: ['start', 'lose'],
  },
  command: (trigger) => {
    switch (trigger) {
      case 'start':
        return { command: { trigger, item } };
      case 'check_running':
        return { command: { trigger } };
      case 'request_cancel':
        return { command: { trigger, reason: 'user_requested' } };
      case 'complete':
      case 'fail':
      case 'cancel':
      case 'lose':
        return { command: { trigger, result } };
    }
  },
});

export const workItemCases = [
  ...edges,

  storeCase(
    'shows the end of a piece of work and its result in one commit',
    async ({ store, setNowMs }) => {
      receiptsOf(await store.commit([startWork('w', item)]));
      const running = { status: 'running', ...item, startedAtMs: 1_000_000 };
      equals(await store.get('work_item', 'w'), running, 'no result while it goes on');
      setNowMs(1_000_250);
      receiptsOf(await store.commit([endWork('w', 'completed', { output: 'done' })]));
      const ended = { ...running, status: 'completed', endedAtMs: 1_000_250, result: { output: 'done' } };
      equals(await store.get('work_item', 'w'), ended, 'the end and the result');
    },
    machines,
  ),

  storeCase(
    'ends work that was told to stop as cancelled, and only that',
    async ({ store }) => {
      receiptsOf(await store.commit([startWork('w', item)]));
      equals(reasonOf(await store.commit([endWork('w', 'cancelled', result)])), 'cancel_not_requested', 'nobody asked');
      receiptsOf(await store.commit([requestWorkCancel('w', 'first')]));
      const [again] = receiptsOf(await store.commit([requestWorkCancel('w', 'second')]));
      const requested = { reason: 'first', atMs: 1_000_000 };
      const row = again?.kind === 'record' ? workItemRowSchema.parse(again.row) : undefined;
      equals(row?.cancelRequested, requested, 'the first reason stands');
      for (const how of ['completed', 'failed'] as const) {
        equals(reasonOf(await store.commit([endWork('w', how, result)])), 'cancel_requested', `too late for ${how}`);
      }
      receiptsOf(await store.commit([endWork('w', 'cancelled', result)]));
    },
    machines,
  ),

  storeCase(
    'lets one of two racing ends through',
    async ({ store }) => {
      receiptsOf(await store.commit([startWork('w', item)]));
      const ends = await Promise.all([
        store.commit([endWork('w', 'completed', { output: 1 })]),
        store.commit([endWork('w', 'lost', { output: 2 })]),
        store.commit([requestWorkCancel('w', 'late')]),
      ]);
      const row = await getRecord(store, workItemMachine, 'w');
      const committed = ends.filter(({ kind }) => kind === 'committed').length;
      const cancelled = row?.cancelRequested !== undefined;
      equals(committed, cancelled ? 2 : 1, 'one end, and a request only before it');
    },
    machines,
  ),

  storeCase(
    'refuses the end of a piece of work under a lease that was taken over',
    async ({ store, setNowMs }) => {
      const proof = (holder: string, fence: number): LeaseProof => ({ key: item.leaseKey, holder, fence });
      receiptsOf(await store.commit([acquireLease(item.leaseKey, 'first', 1_000), startWork('w', item)]));
      setNowMs(1_001_000);
      const late = [endWork('w', 'completed', result), checkLease(proof('first', 1))];
      equals(reasonOf(await store.commit(late)), 'lease_expired', 'its time is over');
      const takeover = [
        acquireLease(item.leaseKey, 'second', 1_000),
        endWork('w', 'lost', result),
        releaseLease(proof('second', 2)),
      ];
      receiptsOf(await store.commit(takeover));
      equals(reasonOf(await store.commit(takeover)), 'lose_from_lost', 'it is lost once');
      equals(reasonOf(await store.commit(late)), 'complete_from_lost', 'nothing leaves an end');
      equals(reasonOf(await store.commit([checkWorkRunning('w')])), 'check_running_from_lost', 'nor goes on');
    },
    machines,
  ),

  storeCase(
    'lists work by its sort, its exact scope and its status, oldest first',
    async ({ store, setNowMs }) => {
      const thread = { ...item, scope: buildScope({ threadId: 'another' }) };
      const sort = { ...item, kind: 'errand' };
      for (const [at, [key, each]] of (
        [
          ['b', item],
          ['a', item],
          ['elsewhere', thread],
          ['other', sort],
        ] as const
      ).entries()) {
        setNowMs(1_000_000 + at);
        receiptsOf(await store.commit([startWork(key, each)]));
      }
      receiptsOf(await store.commit([endWork('a', 'failed', result)]));
      const owner = toWorkOwner('process', item.scope);
      const keys = async (request: { owner?: string; status?: string }): Promise<readonly string[]> =>
        (await store.list('work_item', { ...request, limit: 10 })).map(({ key }) => key);
      equals(await keys({ owner }), ['b', 'a'], 'of one sort and scope');
      equals(await keys({ owner, status: 'running' }), ['b'], 'that goes on');
      equals(await keys({ status: 'running' }), ['b', 'elsewhere', 'other'], 'of everybody');
    },
    machines,
  ),

  storeCase(
    'bounds what is known of a piece of work and what comes of it',
    async ({ store }) => {
      const large = { ...item, about: { text: 'x'.repeat(WORK_ABOUT_BYTES_MAX) } };
      const started = store.commit([startWork('w', large)]);
      await rejects(started, ['host-api/invalid_value'], 'too much about it');
      receiptsOf(await store.commit([startWork('w', item)]));
      const ended = store.commit([endWork('w', 'completed', { output: 'x'.repeat(WORK_RESULT_BYTES_MAX) })]);
      await rejects(ended, ['host-api/invalid_value'], 'too large a result');
      equals((await getRecord(store, workItemMachine, 'w'))?.status, 'running', 'nothing happened');
    },
    machines,
  ),
];

function reasonOf(outcome: CommitOutcome): string {
  return outcome.kind === 'conflict' ? outcome.reason : '';
}
