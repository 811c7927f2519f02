/**
 * What goes on behind the door, and what stands there.
 *
 * Not here: stopping any of it (`invoke/cancel-work.ts`), whether a host is fit for production (`@reborn/reborn`).
 * Source: specification 2, b.10.
 */
import { InvariantError, type InvocationId, type ResourceScope } from '@reborn/host-api';
import type { RuntimeHealth, RuntimeStatus } from './host-runtime.ts';
import type { CallMode } from './invoke/call.ts';
import type { RuntimeDependencies } from './invoke/dependencies.ts';
import type { Desk } from './invoke/desk.ts';
import type { LaneKind, LaneProbe, LaneState } from './lane/handler.ts';

/** Lanes in the order in which they are told. */
const LANES = ['in_process', 'process'] as const satisfies readonly LaneKind[];

export async function runtimeStatus(
  { handlers, processes }: RuntimeDependencies,
  desk: Desk,
  scope: ResourceScope,
): Promise<RuntimeStatus> {
  const running = (await processes?.active(scope)) ?? [];
  // What has become a process is shown as one, also while its caller has yet to hear of it.
  const isShown = (mode: CallMode, id: InvocationId): boolean =>
    mode === 'spawn' && running.some(({ invocationId }) => invocationId === id);
  const calls = desk
    .active(scope)
    .filter(({ mode, invocationId }) => !isShown(mode, invocationId))
    .map(({ invocationId, capabilityId }) => ({
      work: { kind: 'invocation', invocationId } as const,
      capabilityId,
      lane: handlers.get(capabilityId)?.lane ?? ('in_process' as const),
    }));
  const others = running.map(({ processId, capabilityId, lane }) => ({
    work: { kind: 'process', processId } as const,
    capabilityId,
    lane,
  }));
  return { active: [...calls, ...others] };
}

export async function health(dependencies: RuntimeDependencies): Promise<RuntimeHealth> {
  const { store, handlers, lanes: probe } = dependencies;
  const answers = await store.list('gate', { limit: 1 }).then(
    () => true,
    () => false,
  );
  const { backend, survives } = store.durability;
  const needed = LANES.filter((lane) => [...handlers.values()].some((handler) => handler.lane === lane));
  const missingLanes: LaneKind[] = [];
  const lanes = [];
  for (const lane of needed) {
    const state = lane === 'in_process' ? HERE : await probeLane(probe, lane);
    if (state?.ready !== true) missingLanes.push(lane);
    const capabilities = [...handlers.values()].filter((handler) => handler.lane === lane).length;
    const detail = `${capabilities} capabilities; ${state?.detail ?? 'nobody can say whether it is there'}`;
    lanes.push({ name: `lane ${lane}`, state: state?.ready === true ? 'ready' : 'unavailable', detail } as const);
  }
  return {
    ready: answers && missingLanes.length === 0,
    missingLanes,
    components: [
      { name: 'store', state: answers ? 'ready' : 'unavailable', detail: `${backend}, survives ${survives}` },
      { name: 'capabilities', state: 'ready', detail: `${handlers.size}` },
      ...lanes,
    ],
  };
}

/** `undefined` where nobody can say, or whoever should say it fails. */
async function probeLane(probe: LaneProbe | undefined, lane: LaneKind): Promise<LaneState | undefined> {
  try {
    return await probe?.(lane);
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    return undefined;
  }
}

const HERE = { ready: true, detail: 'in this process' } as const;
