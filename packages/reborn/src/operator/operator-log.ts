/**
 * The log in the hands of an operator: whole streams, whoever owns their records. Whoever can open the storage has this
 * authority already; here it has one door, and what it takes away stands in the audit.
 *
 * Not here: a host that works (`create-reborn.ts`), the rules of retention (`@reborn/events`).
 */
import {
  grantIdSchema,
  PAGE_RECORDS_MAX,
  parseCapabilityGrant,
  type HeadAnchor,
  type Platform,
  type Principal,
  type StoreDurability,
  type StreamFamily,
  type StreamInfo,
  type StreamKey,
  type TenantId,
} from '@reborn/host-api';
import {
  applyRetention,
  createEventLog,
  DEFAULT_RETENTION_RULES,
  exportStream,
  importStream,
  listPins,
  listSubscriptions,
  LOG_READ_CAPABILITY,
  pinEvent,
  planRetention,
  readScopeByGrant,
  unpinEvent,
  type Cursor,
  type EventLog,
  type ImportReport,
  type PinOutcome,
  type PinRow,
  type ReadScope,
  type RetentionReport,
  type RetentionRule,
  type StreamPlan,
  type SubscriptionStanding,
  type UnpinOutcome,
  type VerifyOutcome,
} from '@reborn/events';
import { HOST_MACHINES } from '../host-machines.ts';
import type { HostStorage } from '../host-storage.ts';
import { runHolds } from './run-holds.ts';

/** `operator`: in whose name it is done, for the audit. */
export interface OperatorLogOptions {
  readonly platform: Pick<Platform, 'clock' | 'timers' | 'ids' | 'digest'>;
  readonly storage: HostStorage;
  readonly operator: Principal;
}

/** `rules` default to `DEFAULT_RETENTION_RULES`, `streams` to all; `passBy` gives subscriptions up by name. */
export interface RetainRequest {
  readonly rules?: readonly RetentionRule[];
  readonly streams?: readonly StreamKey[];
  readonly passBy?: readonly string[];
  readonly signal?: AbortSignal;
}

/** A stream with those who follow it. */
export interface StreamStanding extends StreamInfo {
  readonly subscriptions: readonly SubscriptionStanding[];
  readonly pins: readonly PinRow[];
}

/** Hosts may work on the same storage meanwhile. */
export interface OperatorLog {
  readonly log: EventLog;
  readonly durability: StoreDurability;
  /** Every record of one tenant. */
  scopeOf(tenantId: TenantId): ReadScope;
  /** Order: by family, then tenant. Errors: those of the store. */
  streams(family?: StreamFamily): AsyncIterable<StreamStanding>;
  anchor(): Promise<HeadAnchor | undefined>;
  /** Errors: as `EventLog.verify`. */
  verify(stream: StreamKey, signal?: AbortSignal): Promise<VerifyOutcome>;
  /** Errors: as `exportStream`. */
  export(stream: StreamKey): AsyncIterable<string>;
  /** Errors: as `importStream`. */
  import(stream: StreamKey, text: AsyncIterable<string>): Promise<ImportReport>;
  planRetention(request?: RetainRequest): AsyncIterable<StreamPlan>;
  applyRetention(request?: RetainRequest): AsyncIterable<RetentionReport>;
  pin(stream: StreamKey, cursor: Cursor, reason?: string): Promise<PinOutcome>;
  unpin(stream: StreamKey, cursor: Cursor): Promise<UnpinOutcome>;
  close(): Promise<void>;
}

/** Errors: those of the storage. */
export async function openOperatorLog(options: OperatorLogOptions): Promise<OperatorLog> {
  const { platform, storage, operator: by } = options;
  const { clock, timers, ids, digest } = platform;
  const store = await storage.open({ machines: HOST_MACHINES, clock, timers });
  const log = createEventLog(store, { digest });
  const scopeOf = (tenantId: TenantId): ReadScope =>
    readScopeByGrant(tenantId, grantTo(tenantId, ids.uuid()), clock.nowMs());
  const retention = ({ rules = DEFAULT_RETENTION_RULES, ...rest }: RetainRequest) => ({
    store,
    rules,
    nowMs: clock.nowMs(),
    holds: runHolds(store),
    ...rest,
  });
  async function* streams(family?: StreamFamily): AsyncGenerator<StreamStanding> {
    let after: StreamKey | undefined;
    for (;;) {
      const limit = PAGE_RECORDS_MAX;
      const page = await store.listStreams({
        limit,
        ...(family === undefined ? {} : { family }),
        ...(after === undefined ? {} : { after }),
      });
      for (const info of page) {
        const { stream } = info;
        yield { ...info, subscriptions: await listSubscriptions(store, stream), pins: await listPins(store, stream) };
      }
      after = page.at(-1)?.stream;
      if (page.length < limit) return;
    }
  }
  return {
    log,
    durability: store.durability,
    scopeOf,
    streams,
    anchor: () => store.anchor(),
    verify: ({ family, tenantId }, signal) =>
      log.verify({ family, scope: scopeOf(tenantId), ...(signal === undefined ? {} : { signal }) }),
    export: ({ family, tenantId }) => exportStream(store, { family, scope: scopeOf(tenantId) }),
    import: ({ family, tenantId }, text) => importStream(store, { family, scope: scopeOf(tenantId), text }),
    planRetention: (request = {}) => planRetention(retention(request)),
    applyRetention: (request = {}) => applyRetention({ ...retention(request), ids, by }),
    pin: (stream, cursor, reason) =>
      pinEvent(store, { stream, cursor, by, ...(reason === undefined ? {} : { reason }) }),
    unpin: (stream, cursor) => unpinEvent(store, { stream, cursor, by }),
    close: () => store.close(),
  };
}

/** For this door alone, and for the moment: it is nowhere kept. */
function grantTo(tenantId: TenantId, id: string) {
  return parseCapabilityGrant({
    id: grantIdSchema.parse(id),
    capability: LOG_READ_CAPABILITY,
    grantee: { kind: 'tenant', id: tenantId },
    issuedBy: { kind: 'host' },
    allowedEffects: [],
  });
}
