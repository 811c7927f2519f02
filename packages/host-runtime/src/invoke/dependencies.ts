/** What the pipeline works with; put together once by `createHostRuntime`. */
import type {
  CapabilityId,
  Clock,
  Diagnostics,
  DigestPort,
  DurableStore,
  HostTrustPolicy,
  Ids,
  RuntimeProfile,
  Timers,
} from '@reborn/host-api';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import type { ApproverPolicy, GrantSource } from './authority.ts';
import type { CallPolicy } from './call-policy.ts';

/** Units: `gateTtlMs` milliseconds. */
export interface RuntimeDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly digest: DigestPort;
  readonly profile: RuntimeProfile;
  readonly trust: HostTrustPolicy;
  readonly handlers: ReadonlyMap<CapabilityId, AdoptedHandler>;
  readonly grants: GrantSource;
  readonly policy: CallPolicy;
  readonly approvers: ApproverPolicy;
  readonly gateTtlMs: number;
  /** Hears of security records that could not be written beside a decision. */
  readonly diagnostics?: Diagnostics;
}
