/**
 * Changes of trust, written into the audit of every tenant that is served. The decision holds from the moment it was made;
 * what is written here says so, and trouble with it is reported.
 *
 * Not here: deciding (`TrustBook` of `@reborn/host-api`).
 */
import {
  eventIdSchema,
  InvariantError,
  isFault,
  type Clock,
  type Diagnostics,
  type EffectiveTrust,
  type Ids,
  type TenantId,
  type TrustBook,
  type TrustChange,
  type UnitOfWork,
} from '@reborn/host-api';
import { toAppends, type AuditRecord } from '@reborn/events';

interface TrustAudit {
  readonly store: UnitOfWork;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly diagnostics: Diagnostics;
  readonly tenants: readonly TenantId[];
}

/** Returns how to stop listening; resolves when everything that was heard is written. */
export function auditTrust(book: TrustBook, audit: TrustAudit): () => Promise<void> {
  let written = Promise.resolve();
  const off = book.onChange((changes) => {
    written = written.then(() => write(audit, changes));
  });
  return () => {
    off();
    return written;
  };
}

async function write(audit: TrustAudit, changes: readonly TrustChange[]): Promise<void> {
  const { store, tenants, diagnostics } = audit;
  for (const tenantId of tenants) {
    try {
      await store.commit(toAppends(changes.map((change) => toRecord(audit, tenantId, change))));
    } catch (error) {
      if (error instanceof InvariantError) throw error;
      const cause = isFault(error) ? error.code : 'unknown';
      diagnostics.report('A change of trust could not be written into the audit', { cause });
    }
  }
}

function toRecord(
  { ids, clock }: TrustAudit,
  tenantId: TenantId,
  { identity, before, after }: TrustChange,
): AuditRecord {
  const { packageId, source } = identity;
  return {
    kind: 'trust_changed',
    eventId: eventIdSchema.parse(ids.uuid()),
    atMs: clock.nowMs(),
    scope: { tenantId },
    packageId,
    source,
    before: standing(before),
    after: standing(after),
  };
}

function standing(trust: EffectiveTrust) {
  return { class: trust.class, allowedEffects: [...trust.allowedEffects] };
}
