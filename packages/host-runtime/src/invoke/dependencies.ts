/** What the pipeline works with; put together once by `createHostRuntime`. */
import type {
  CapabilityId,
  Clock,
  Diagnostics,
  Digest,
  DigestPort,
  DurableStore,
  Ids,
  Network,
  RuntimeProfile,
  Timers,
} from '@reborn/host-api';
import type { AdoptedHandler } from '../lane/adopt-handler.ts';
import type { Budgets } from '../budget/budgets.ts';
import type { LaneProbe } from '../lane/handler.ts';
import type { ProcessDesk } from '../process/process-desk.ts';
import type { SecretStore } from '../secret/secret-store.ts';
import type { ApproverPolicy, GrantSource, TrustSource } from './authority.ts';
import type { CallPolicy } from './call-policy.ts';

/** Units: `gateTtlMs` milliseconds. */
export interface RuntimeDependencies {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly digest: DigestPort;
  readonly profile: RuntimeProfile;
  readonly trust: TrustSource;
  readonly handlers: ReadonlyMap<CapabilityId, AdoptedHandler>;
  readonly grants: GrantSource;
  readonly policy: CallPolicy;
  readonly approvers: ApproverPolicy;
  readonly gateTtlMs: number;
  /** What authorities come to as digests: the same few come again and again. */
  readonly authorityDigests: Map<string, Digest>;
  readonly budgets: Budgets;
  /** Absent: no secrets are kept here, and calls that need one ask for it in vain. */
  readonly secrets: SecretStore | undefined;
  /** Absent: nobody gets out. */
  readonly network: Network | undefined;
  /** Absent: nothing goes on by itself here. */
  readonly processes: ProcessDesk | undefined;
  /** Absent: only what runs in this process is there. */
  readonly lanes: LaneProbe | undefined;
  /** Hears of security records that could not be written beside a decision. */
  readonly diagnostics?: Diagnostics;
}
