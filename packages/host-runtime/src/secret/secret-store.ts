/**
 * Where secrets are kept: by owner and name, sealed. The ports.
 *
 * Not here: sealing them (`stored-secrets.ts`), lending them to one call (`stage-secrets.ts`), the key (the composers).
 * Source: specification 2, a.8 and f.2-5; rulings, section 4.
 */
import type { Principal, ResourceScope, SecretHandle, TenantId, UserId, Write } from '@reborn/host-api';
import type { SecretValue } from './secret-value.ts';

/** Whose secret it is: a person's, or, without a user, that of everybody in the tenant. */
export interface SecretOwner {
  readonly tenantId: TenantId;
  readonly userId?: UserId | undefined;
}

/** One secret, and in whose name it is changed: the audit says so. */
export interface SecretChange {
  readonly owner: SecretOwner;
  readonly handle: SecretHandle;
  readonly by: Principal;
}

/** What may be known of a secret. Units: milliseconds since 1970. */
export interface SecretListing {
  readonly handle: SecretHandle;
  readonly shared: boolean;
  readonly storedAtMs: number;
}

/** How secrets are kept: never where the key is. */
export interface SecretKeeping {
  readonly implementation: string;
  readonly encrypted: boolean;
  readonly durable: boolean;
}

/** Where secrets can be read. A person's own secret comes before the tenant's of the same name. */
export interface SecretSource {
  /** Which of the handles are there for this scope. Opens nothing. Errors: those of the store. */
  present(scope: ResourceScope, handles: readonly SecretHandle[]): Promise<ReadonlySet<SecretHandle>>;
  /** Errors: `host-runtime/secrets_unavailable` for one that is there and cannot be opened; those of the store. */
  read(scope: ResourceScope, handle: SecretHandle): Promise<SecretValue | undefined>;
  describe(): SecretKeeping;
}

/**
 * Where secrets can be changed too.
 * Errors: `host-runtime/secrets_unavailable` where there is no key to seal with, `host-runtime/invalid_request` for what
 * cannot be a secret, `host-runtime/unavailable` when others change the same one all the time; those of the store.
 */
export interface SecretStore extends SecretSource {
  /**
   * Writes that store it, sealed, and say so in the audit; they join a unit of the caller's, which conflicts when the
   * secret was changed meanwhile.
   */
  sealed(change: SecretChange, value: SecretValue): Promise<readonly Write[]>;
  put(change: SecretChange, value: SecretValue): Promise<void>;
  /** False when there was none. Nothing of the value stays in its record. */
  remove(change: SecretChange): Promise<boolean>;
  /** Names only: a person's own and the tenant's. Order: by handle, a person's own first. */
  list(owner: SecretOwner): Promise<readonly SecretListing[]>;
}
