/**
 * The front door for code: what one takes to make a host, and what a host does.
 *
 * Not here: making one (`create-reborn.ts`).
 */
import type {
  CapabilityGrant,
  ExecutionContext,
  GateId,
  GateRow,
  InvocationId,
  Network,
  NetworkTarget,
  Platform,
  Processes,
  ResourceScope,
  RunId,
  RuntimeProfileName,
  TenantId,
  TrustBook,
} from '@reborn/host-api';
import type { EventLog, SubscriptionStanding } from '@reborn/events';
import type {
  ApproverPolicy,
  BudgetLimit,
  BudgetStanding,
  Catalog,
  HostRuntime,
  ProcessHost,
} from '@reborn/host-runtime';
import type { TurnCoordinator } from '@reborn/turns';
import type { AgentLoopDriver, ModelProvider } from '@reborn/turns/loop';
import type { Explanation } from './explain.ts';
import type { ExtensionSource } from './extension/extension-source.ts';
import type { HostExtension } from './extension/host-extension.ts';
import type { HostStorage } from './host-storage.ts';
import type { ReadinessReport } from './readiness.ts';
import type { HostSecrets, SecretsOption } from './secrets.ts';
import type { EndSubscriptionOutcome, SubscriptionTarget } from './subscriptions.ts';
import type { HostEvents } from './watching.ts';
import type { DriveOutcome } from './worker/worker.ts';

/**
 * `profile` defaults to `local`, `tenants` to the one tenant `default`. `grants`: in `local` and `test` every composed
 * tool is granted unless grants are given; in `production` nothing is granted by default. A host without a `model` is a
 * door only: its runs fail, its runtime serves loops of others. `extensions`: handed over in code, or found in a folder; a
 * found one that cannot be taken is listed in `readiness()` and is not there. Units: milliseconds.
 */
export interface RebornOptions {
  readonly platform: Platform;
  readonly storage: HostStorage;
  readonly model?: ModelProvider;
  readonly extensions?: readonly (HostExtension | ExtensionSource)[];
  readonly profile?: RuntimeProfileName;
  readonly tenants?: readonly string[];
  readonly grants?: readonly CapabilityGrant[];
  readonly approvers?: ApproverPolicy;
  readonly secrets?: SecretsOption;
  /** Absent: no call gets out to a network. */
  readonly network?: Network;
  /** Where tools may talk to that are granted by default; absent, to any public host. Grants name hosts themselves. */
  readonly targets?: readonly NetworkTarget[];
  /** What starts and holds the programs of capabilities; absent, what starts those of packages says for all. */
  readonly processes?: Processes;
  /** Absent: nothing is limited. */
  readonly budgets?: readonly BudgetLimit[];
  /** Whether the model gets tools to wait for, read and end processes. */
  readonly backgroundTools?: boolean;
  readonly system?: string;
  readonly driver?: AgentLoopDriver;
  readonly leaseMs?: number;
  readonly gateTtlMs?: number;
}

/** A run of an owner. */
export interface RunTarget {
  readonly scope: ResourceScope;
  readonly runId: RunId;
}

export interface WorkOptions {
  readonly signal?: AbortSignal;
}

export type ExplainSubject = { readonly runId: RunId } | { readonly invocationId: InvocationId };

/** A running host. Everything it acknowledges is in its storage; it may be killed at any moment. */
export interface Reborn {
  readonly turns: TurnCoordinator;
  readonly runtime: HostRuntime;
  readonly log: EventLog;
  readonly events: HostEvents;
  readonly secrets: HostSecrets;
  /** What is published about each capability: its schemas, and what a model is told about its use. */
  readonly catalog: Catalog;
  /** Work that goes on by itself. */
  readonly processes: ProcessHost;
  /** What the operator thinks of packages; a change holds for every call that is judged after it. */
  readonly trust: TrustBook;
  /** Every account of the scope that has a limit, as it stands. Order: widest first. Errors: those of the store. */
  budgets(scope: ResourceScope): Promise<readonly BudgetStanding[]>;
  /** The identity of a new call in the name of `scope`; for loops that make their own calls. */
  newContext(scope: ResourceScope): ExecutionContext;
  /**
   * Works on one run until it ends, waits for a gate, or is held by another worker. The signal stops the work; the run
   * goes on wherever it is driven next. Errors: those of the store, after which the run goes on when its lease has run
   * out; `reborn/closed`.
   */
  drive(target: RunTarget, options?: WorkOptions): Promise<DriveOutcome>;
  /** As `drive`, and waits for gates and for other workers. */
  follow(target: RunTarget, options?: WorkOptions): Promise<DriveOutcome>;
  /** Gates of this owner that wait for an answer, oldest first. Runs that are over ask nothing any more. */
  openGates(scope: ResourceScope): Promise<readonly GateRow[]>;
  /** `undefined` for an unknown gate and for one that is neither the owner's nor theirs to answer. */
  getGate(scope: ResourceScope, gateId: GateId): Promise<GateRow | undefined>;
  /** `undefined` for what is unknown and for what belongs to somebody else alike. */
  explain(scope: ResourceScope, subject: ExplainSubject): Promise<Explanation | undefined>;
  /** Which event hooks follow a tenant's events, and how far behind each is. */
  subscriptions(tenantId: TenantId): Promise<readonly SubscriptionStanding[]>;
  /**
   * Ends one for good, with `subscription_terminated` in the same unit: its hook hears nothing more, whoever runs it, and
   * no retention waits for it. For hooks that were taken away or replaced; a changed hook has a subscription of its own.
   */
  endSubscription(target: SubscriptionTarget): Promise<EndSubscriptionOutcome>;
  /** Lets everything that follows the log catch up with what is there now. Errors: those of the store. */
  settle(): Promise<void>;
  readiness(): ReadinessReport;
  /** Stops work, settles, stops followers and closes the storage. Idempotent; everything else is refused from then on. */
  close(): Promise<void>;
}
