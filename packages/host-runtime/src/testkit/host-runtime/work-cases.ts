/**
 * What goes on behind the door: seeing it, stopping it, and whether the door is fit to begin more.
 *
 * Not here: how long a capability may take to obey (this package's own tests).
 * Source: specification 2, b.10 and f.2-13.
 */
import { equals, fixedUuid, holds } from '@reborn/host-api/testkit';
import type { CancelWorkRequest, InvokeOutcome } from '../../host-runtime.ts';
import { gateOf, NOTHING_FOUND, resolve, tells, type DoorCase, type PreparedCall } from './harness.ts';
import { checkOutcome } from './outcome-form.ts';

const CANCELLED: Partial<InvokeOutcome> = { kind: 'failed', failureKind: 'cancelled', effect: 'none' };

/** Cancels in the scope of the call. */
function cancel({ runtime, request }: PreparedCall, target: CancelWorkRequest['target']) {
  return runtime.cancelWork({ scope: request.context.scope, target });
}

/** Scopes that are not that of the call, however near. */
function otherScopes({ request }: PreparedCall) {
  const { threadId: _, ...wider } = request.context.scope;
  const { scope } = request.context;
  return [wider, { ...scope, tenantId: 'other' }, { ...scope, userId: 'bob' }, { ...scope, threadId: 'other' }];
}

async function seesNothing(call: PreparedCall, work: CancelWorkRequest['target']): Promise<void> {
  for (const scope of otherScopes(call)) {
    equals(await call.runtime.runtimeStatus({ scope }), { active: [] }, 'another scope sees nothing');
    for (const target of [{ kind: 'all' } as const, work]) {
      equals(await call.runtime.cancelWork({ scope, target }), NOTHING_FOUND, 'and stops nothing');
    }
  }
}

const aboutCall = ({ request }: PreparedCall) => {
  const { invocationId, correlationId } = request.context;
  const work = { kind: 'invocation', invocationId } as const;
  return { work, targets: [work, { kind: 'correlation', correlationId }, { kind: 'all' }] as const };
};

export const workCases: readonly DoorCase[] = [
  {
    name: 'cancels nothing where nothing is under way, and says so',
    run: async (harness) => {
      const call = await harness.prepare('completes');
      for (const target of [
        { kind: 'invocation', invocationId: fixedUuid(77) },
        { kind: 'correlation', correlationId: fixedUuid(77) },
        { kind: 'run', runId: fixedUuid(77) },
        { kind: 'process', processId: fixedUuid(77) },
        { kind: 'gate', gateId: fixedUuid(77) },
        { kind: 'all' },
      ] as const) {
        equals(await cancel(call, target), NOTHING_FOUND, `nothing was cancelled by ${target.kind}`);
      }
      const { scope } = call.request.context;
      equals(await call.runtime.runtimeStatus({ scope }), { active: [] }, 'nothing is under way');
    },
  },
  ...([0, 1, 2] as const).map((which): DoorCase => ({
    name: `stops a call by ${['its invocation', 'its correlation', 'all that its scope has'][which]}`,
    run: async (harness) => {
      const call = await harness.prepare('runs_on');
      const { runtime, request } = call;
      const { work, targets } = aboutCall(call);
      const { scope } = request.context;
      const outcome = runtime.invokeCapability(request);
      await call.atWork();
      await seesNothing(call, work);
      const active = [{ work, capabilityId: request.capabilityId, lane: 'in_process' }];
      equals(
        await runtime.runtimeStatus({ scope, correlationId: fixedUuid(77) }),
        { active },
        'it is shown, whoever asks why',
      );
      equals(await cancel(call, targets[which]), { ...NOTHING_FOUND, cancelled: [work] }, 'it was told to stop');
      tells(await outcome, CANCELLED, 'it says what it knows of its effect');
      checkOutcome(await outcome, request);
      equals(await runtime.runtimeStatus({ scope }), { active: [] }, 'it is over');
      equals(await cancel(call, targets[which]), NOTHING_FOUND, 'what is over and was never kept is not found');
    },
  })),
  {
    name: 'does not stop a call that somebody else waits for, and says so',
    run: async (harness) => {
      const call = await harness.prepare('runs_on');
      const { runtime, request, again } = call;
      const { scope } = request.context;
      const [first, second] = [runtime.invokeCapability(request), runtime.invokeCapability(again)];
      await call.atWork();
      const left = { kind: 'invocation', invocationId: again.context.invocationId } as const;
      equals(await cancel(call, left), { ...NOTHING_FOUND, unsupported: [left] }, 'it goes on');
      const given = { kind: 'failed', failureKind: 'cancelled', effect: 'uncertain' } as const;
      tells(await second, given, 'whoever gives up does not know how it ends');
      const { work } = aboutCall(call);
      const { active } = await runtime.runtimeStatus({ scope });
      equals(
        active.map((each) => each.work),
        [work],
        'it is still there',
      );
      equals(await cancel(call, { kind: 'all' }), { ...NOTHING_FOUND, cancelled: [work] }, 'until the last gives up');
      tells(await first, CANCELLED, 'who knows what it has done');
    },
  },
  {
    name: 'shows a process as a process alone, stops it, and finds it over from then on',
    run: async (harness) => {
      const call = await harness.prepare('runs_on');
      const { runtime, request, stopped } = call;
      const { scope } = request.context;
      const spawned = await runtime.spawnCapability(request);
      holds(spawned.kind === 'spawned_process', 'it is a process');
      await call.atWork();
      const work = { kind: 'process', processId: spawned.processId } as const;
      const active = [{ work, capabilityId: request.capabilityId, lane: 'in_process' }];
      equals(await runtime.runtimeStatus({ scope }), { active }, 'it is shown once');
      await seesNothing(call, work);
      equals(await cancel(call, work), { ...NOTHING_FOUND, cancelled: [work] }, 'it was told to stop');
      await stopped();
      equals(await runtime.runtimeStatus({ scope }), { active: [] }, 'it is over');
      equals(await cancel(call, work), { ...NOTHING_FOUND, alreadyTerminal: [work] }, 'and stays so');
    },
  },
  {
    name: 'closes a gate, and finds it closed from then on',
    run: async (harness) => {
      const call = await harness.prepare('asks');
      const gateId = gateOf(await call.runtime.invokeCapability(call.request));
      const work = { kind: 'gate', gateId } as const;
      await seesNothing(call, work);
      const { scope } = call.request.context;
      equals(await call.runtime.runtimeStatus({ scope }), { active: [] }, 'what waits is not under way');
      equals(await cancel(call, work), { ...NOTHING_FOUND, cancelled: [work] }, 'it is closed');
      equals(await cancel(call, work), { ...NOTHING_FOUND, alreadyTerminal: [work] }, 'once');
      const late = await resolve(call, gateId, { decision: 'approve' });
      equals(late, { kind: 'already_closed', status: 'superseded' }, 'nobody is heard any more');
      holds(gateOf(await call.runtime.invokeCapability(call.request)) !== gateId, 'the call asks anew');
      const all = await cancel(call, { kind: 'all' });
      equals([all.cancelled.length, all.alreadyTerminal, all.unsupported], [1, [], []], 'gates are part of all');
    },
  },
  {
    name: 'tells its health in components, and is ready when each of them is',
    run: async (harness) => {
      const { runtime } = await harness.prepare('completes');
      const { ready, missingLanes, components } = await runtime.health();
      equals([ready, missingLanes], [true, []], 'it is ready');
      equals(
        ready,
        components.every(({ state }) => state === 'ready'),
        'ready when every component is',
      );
      holds(
        components.every(({ name, detail }) => name !== '' && detail !== ''),
        'each has a name and a detail',
      );
    },
  },
  {
    name: 'is not ready without a lane that one of its capabilities needs, and names it',
    run: async (harness) => {
      const { runtime } = await harness.prepare('lacks_lane');
      const { ready, missingLanes, components } = await runtime.health();
      equals([ready, missingLanes], [false, ['process']], 'the lane is missing');
      holds(
        components.some(({ state }) => state === 'unavailable'),
        'a component says so',
      );
    },
  },
];
