/**
 * The calls under way in this process. Two calls of one key are one call; each of those who wait for it may give up for
 * itself, and the call is told to stop when nobody waits any more.
 *
 * Not here: calls of other processes; the store knows them (`prior.ts`, `join.ts`).
 */
import {
  isReadOnly,
  isSameOwner,
  type CorrelationId,
  type InvocationId,
  type ResourceScope,
  type RunId,
} from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import type { InvokeOutcome } from '../host-runtime.ts';
import { failedOutcome, leaseOf, startCall, type Call, type CallMode, type ParsedInvoke } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { runPipeline } from './pipeline.ts';

interface Waiter {
  readonly invocationId: InvocationId;
  readonly correlationId: CorrelationId;
  leave(): void;
}

interface Work {
  readonly call: Call;
  readonly stop: AbortController;
  readonly waiters: Set<Waiter>;
  readonly outcome: Promise<InvokeOutcome>;
  /** Under which the call is known; that of its first attempt as soon as it is read. */
  invocationId: InvocationId;
}

/** Which calls are meant, of exactly one scope. */
export interface CallTarget {
  readonly scope: ResourceScope;
  readonly invocationId?: InvocationId;
  readonly correlationId?: CorrelationId;
  readonly runId?: RunId;
}

/** `shared`: calls that go on, because others wait for them too. */
export interface CancelledCalls {
  readonly cancelled: readonly InvocationId[];
  readonly shared: readonly InvocationId[];
}

export class Desk {
  readonly #dependencies: RuntimeDependencies;
  readonly #work = new Map<string, Work>();

  constructor(dependencies: RuntimeDependencies) {
    this.#dependencies = dependencies;
  }

  /** Errors: those of `HostRuntime.invokeCapability`, and faults of the store. */
  async invoke(request: ParsedInvoke, mode: CallMode, signal: AbortSignal | undefined): Promise<InvokeOutcome> {
    const call = startCall(this.#dependencies, request, mode);
    const key = deskKey(call);
    const running = this.#work.get(key);
    if (running !== undefined && running.call.fingerprint !== call.fingerprint) {
      throw new HostRuntimeError('host-runtime/idempotency_conflict');
    }
    // Nobody joins a call that was told to stop: it goes to the store and waits there for what becomes of it.
    const work = running?.stop.signal.aborted === false ? running : this.#begin(key, call);
    return this.#wait(work, call, signal);
  }

  /** A call is meant by the invocation of any of its waiters, and by its own, which means all of them. */
  cancel(target: CallTarget): CancelledCalls {
    const [cancelled, shared] = [new Set<InvocationId>(), new Set<InvocationId>()];
    for (const work of this.#work.values()) {
      if (!isSameOwner(work.call.context.scope, target.scope)) continue;
      for (const waiter of work.waiters) {
        if (!isMeant(work, waiter, target)) continue;
        const meant = target.invocationId ?? waiter.invocationId;
        waiter.leave();
        (work.waiters.size === 0 ? cancelled : shared).add(meant);
      }
    }
    return { cancelled: [...cancelled], shared: [...shared].filter((id) => !cancelled.has(id)) };
  }

  /** The calls of exactly this scope. */
  active(scope: ResourceScope): readonly (Pick<Call, 'capabilityId' | 'mode'> & Pick<Work, 'invocationId'>)[] {
    return [...this.#work.values()]
      .filter(({ call }) => isSameOwner(call.context.scope, scope))
      .map(({ invocationId, call: { capabilityId, mode } }) => ({ invocationId, capabilityId, mode }));
  }

  #begin(key: string, call: Call): Work {
    const stop = new AbortController();
    const follower = {
      signal: stop.signal,
      identified: (invocationId: InvocationId) => void (work.invocationId = invocationId),
    };
    const outcome = Promise.resolve()
      .then(() => runPipeline(this.#dependencies, call, follower))
      .finally(() => this.#work.get(key) === work && this.#work.delete(key));
    const work: Work = { call, stop, waiters: new Set(), outcome, invocationId: call.invocationId };
    this.#work.set(key, work);
    return work;
  }

  #wait(work: Work, call: Call, signal: AbortSignal | undefined): Promise<InvokeOutcome> {
    return new Promise((resolve, reject) => {
      const { invocationId, context } = call;
      const leave = (): void => {
        if (!work.waiters.delete(waiter)) return;
        if (work.waiters.size === 0) work.stop.abort();
        else resolve(this.#leftOutcome(work));
      };
      const waiter: Waiter = { invocationId, correlationId: context.correlationId, leave };
      work.waiters.add(waiter);
      signal?.addEventListener('abort', leave, { once: true });
      if (signal?.aborted === true) leave();
      work.outcome
        // Each its own copy: what one caller does to it is no concern of the others.
        .then((outcome) => resolve(structuredClone(outcome)), reject)
        .finally(() => {
          work.waiters.delete(waiter);
          signal?.removeEventListener('abort', leave);
        });
    });
  }

  /** What somebody knows who did not wait for the end. */
  #leftOutcome(work: Work): InvokeOutcome {
    const { call, invocationId } = work;
    const effects = this.#dependencies.handlers.get(call.capabilityId)?.descriptor.effects ?? [];
    const message = 'The caller stopped waiting; the call goes on for others.';
    return failedOutcome({ ...call, invocationId }, 'cancelled', isReadOnly(effects) ? 'none' : 'uncertain', message);
  }
}

/** Callers under different leases are different workers: each learns from the store where it stands. */
function deskKey(call: Call): string {
  const lease = leaseOf(call);
  return JSON.stringify([call.effectKey, lease?.key ?? null, lease?.holder ?? null, lease?.fence ?? null]);
}

function isMeant(work: Work, waiter: Waiter, { invocationId, correlationId, runId }: CallTarget): boolean {
  return (
    (invocationId === undefined || invocationId === waiter.invocationId || invocationId === work.invocationId) &&
    (correlationId === undefined || correlationId === waiter.correlationId) &&
    (runId === undefined || runId === work.call.context.run?.runId)
  );
}
