/**
 * The door of one host, with everything that stands behind it: trust, budgets, secrets, processes, the catalog.
 *
 * Not here: the loop and the followers of the log (`create-reborn.ts`).
 */
import { createTrustBook, type DurableStore, type HostTrustPolicy, type TrustBook } from '@reborn/host-api';
import {
  createBudgets,
  createCatalog,
  createHostRuntime,
  createProcessDesk,
  staticGrants,
  type Budgets,
  type CallPolicy,
  type Catalog,
  type HostRuntimeService,
  type ProcessDesk,
  type SecretStore,
} from '@reborn/host-runtime';
import { auditTrust } from './binding/trust-changes.ts';
import type { HostPlan } from './plan.ts';
import type { RebornOptions } from './reborn.ts';
import { openSecretStore } from './secrets.ts';

export interface Door {
  readonly runtime: HostRuntimeService;
  readonly catalog: Catalog;
  readonly secrets: SecretStore;
  readonly budgets: Budgets;
  readonly processes: ProcessDesk;
  readonly trust: TrustBook;
  /** Stops listening to changes of trust; resolves when all of them are written. */
  settleTrust(): Promise<void>;
}

/** What the rest of the host has decided. */
export interface DoorParts {
  readonly store: DurableStore;
  readonly holder: string;
  readonly trust: HostTrustPolicy;
  readonly policy: CallPolicy;
}

/** Errors: `host-runtime/invalid_composition` naming the part. */
export function assembleDoor(options: RebornOptions, plan: HostPlan, parts: DoorParts): Door {
  const { clock, timers, ids, digest, diagnostics } = options.platform;
  const { store, holder, policy } = parts;
  const { network, approvers, gateTtlMs } = options;
  const catalog = createCatalog(plan.tools, digest);
  const trust = createTrustBook(parts.trust);
  const secrets = openSecretStore(options.secrets, store, options.platform);
  const processes = createProcessDesk({ store, clock, timers, ids, diagnostics, holder });
  plan.processes.bind(processes);
  const budgets = createBudgets({ store, clock, limits: options.budgets ?? [] });
  const runtime = createHostRuntime({
    store,
    clock,
    timers,
    ids,
    digest,
    diagnostics,
    trust,
    policy,
    secrets,
    budgets,
    processes,
    profile: plan.profile,
    capabilities: plan.tools,
    grants: staticGrants(plan.grants),
    ...(plan.lanes === undefined ? {} : { lanes: plan.lanes }),
    ...(network === undefined ? {} : { network }),
    ...(approvers === undefined ? {} : { approvers }),
    ...(gateTtlMs === undefined ? {} : { gateTtlMs }),
  });
  const settleTrust = auditTrust(trust, { store, clock, ids, diagnostics, tenants: plan.tenants });
  return { runtime, catalog, secrets, budgets, processes, trust, settleTrust };
}
