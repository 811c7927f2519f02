/**
 * Secrets in the host's own store, sealed under its key. A sealed value is bound to its owner, its name and its version:
 * put into another record, it does not open.
 *
 * Not here: where the key comes from (the composers), the record (`secret-machine.ts`).
 * Source: rulings, section 4; specification 2, f.2-5.
 */
import {
  assert,
  eventIdSchema,
  getRecord,
  type Cipher,
  type Clock,
  type DurableStore,
  type Ids,
  type ResourceScope,
  type SecretHandle,
  type StoredRecord,
  type TenantId,
  type UserId,
  type Write,
} from '@reborn/host-api';
import { toAppends, type AuditRecord } from '@reborn/events';
import { HostRuntimeError } from '../errors.ts';
import { CONTENTION_RETRIES_MAX, SECRETS_PER_OWNER_MAX } from '../limits.ts';
import { fromBase64, toBase64 } from './base64.ts';
import {
  removeSecret,
  secretMachine,
  storeSecret,
  toSecretKey,
  toSecretOwnerKey,
  type SecretRow,
} from './secret-machine.ts';
import type { SecretChange, SecretListing, SecretOwner, SecretStore } from './secret-store.ts';
import { secretTextRule } from './secret-text.ts';
import { SecretValue } from './secret-value.ts';

/** Without a `cipher` names are still known and secrets can be removed; nothing is stored, and nothing is read. */
export interface StoredSecretsOptions {
  readonly store: DurableStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly cipher?: Cipher | undefined;
}

export function createStoredSecrets(options: StoredSecretsOptions): SecretStore {
  const { store, cipher } = options;
  const find = (owner: SecretOwner, handle: SecretHandle): Promise<SecretRow | undefined> =>
    getRecord(store, secretMachine, toSecretKey(owner, handle));
  /** Its owner is the one that was asked for, whatever the record says of itself. */
  const findFor = async (scope: ResourceScope, handle: SecretHandle): Promise<Found | undefined> => {
    for (const owner of ownersFor(scope)) {
      const row = await find(owner, handle);
      if (row?.status === 'stored') return { owner, handle, row };
    }
    return undefined;
  };
  const sealed = async (change: SecretChange, value: SecretValue): Promise<readonly Write[]> => {
    const rule = secretTextRule(value);
    if (rule !== undefined) throw invalid('value', rule);
    const { handle } = change;
    const owner = toPlain(change.owner);
    const row = await find(owner, handle);
    if (row?.status !== 'stored') await checkRoom(store, owner);
    const version = (row?.version ?? 0) + 1;
    const bytes = new TextEncoder().encode(value.reveal());
    const shut = await keyOf(cipher).seal(bytes, contextOf(owner, handle, version));
    return [
      storeSecret({ owner, handle, version, sealed: toBase64(shut) }),
      ...toAppends([changedRecord(options, change, 'stored')]),
    ];
  };
  const remove = async (change: SecretChange): Promise<boolean> => {
    for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
      const { owner, handle } = change;
      const row = await find(owner, handle);
      if (row?.status !== 'stored') return false;
      const gone = removeSecret(owner, handle, row.version + 1);
      const unit = [gone, ...toAppends([changedRecord(options, change, 'removed')])];
      if ((await store.commit(unit)).kind === 'committed') return true;
    }
    throw contended();
  };
  return Object.freeze({
    present: async (scope: ResourceScope, handles: readonly SecretHandle[]) => {
      const rows = await Promise.all(handles.map((handle) => findFor(scope, handle)));
      return new Set(handles.filter((_, at) => rows[at] !== undefined));
    },
    read: async (scope: ResourceScope, handle: SecretHandle) => {
      const found = await findFor(scope, handle);
      return found === undefined ? undefined : open(cipher, found);
    },
    sealed,
    put: async (change: SecretChange, value: SecretValue) => {
      for (let attempt = 0; attempt < CONTENTION_RETRIES_MAX; attempt += 1) {
        if ((await store.commit(await sealed(change, value))).kind === 'committed') return;
      }
      throw contended();
    },
    remove,
    list: async (owner: SecretOwner) => {
      const lists = await Promise.all(ownersFor(owner).map((one) => listStored(store, one)));
      // Sorting keeps the order of equals: a person's own stand first.
      return lists
        .flat()
        .map(toListing)
        .toSorted((left, right) => compare(left.handle, right.handle));
    },
    describe: () => ({
      implementation: store.durability.backend,
      encrypted: cipher !== undefined,
      durable: store.durability.survives === 'power_loss',
    }),
  });
}

interface Found {
  readonly owner: SecretOwner;
  readonly handle: SecretHandle;
  readonly row: SecretRow;
}

/** In the order in which they are asked. */
function ownersFor({ tenantId, userId }: SecretOwner): readonly SecretOwner[] {
  return userId === undefined ? [{ tenantId }] : [{ tenantId, userId }, { tenantId }];
}

/** The two axes alone: whoever hands over a whole scope means the person in it. */
function toPlain({ tenantId, userId }: SecretOwner): { readonly tenantId: TenantId; readonly userId?: UserId } {
  return userId === undefined ? { tenantId } : { tenantId, userId };
}

async function open(cipher: Cipher | undefined, { owner, handle, row }: Found): Promise<SecretValue> {
  assert(row.sealed !== undefined, 'a stored secret is sealed');
  const bytes = await keyOf(cipher).open(fromBase64(row.sealed), contextOf(owner, handle, row.version));
  if (bytes === undefined) throw unavailable('does not open with the key of this host');
  return new SecretValue(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
}

/** No two secrets have one context, nor two versions of one. */
function contextOf(owner: SecretOwner, handle: SecretHandle, version: number): string {
  return `secret|${toSecretKey(owner, handle)}|${version}`;
}

function keyOf(cipher: Cipher | undefined): Cipher {
  if (cipher === undefined) throw unavailable('needs a key, and the host has none');
  return cipher;
}

async function listStored(store: DurableStore, owner: SecretOwner): Promise<readonly StoredRecord[]> {
  const request = { owner: toSecretOwnerKey(owner), status: 'stored', limit: SECRETS_PER_OWNER_MAX };
  return store.list(secretMachine.name, request);
}

async function checkRoom(store: DurableStore, owner: SecretOwner): Promise<void> {
  const { length } = await listStored(store, owner);
  if (length >= SECRETS_PER_OWNER_MAX) throw invalid('handle', `must be one of at most ${SECRETS_PER_OWNER_MAX}`);
}

function toListing(record: StoredRecord): SecretListing {
  const { owner, handle, changedAtMs } = secretMachine.parseRow(record.row);
  return { handle, shared: owner.userId === undefined, storedAtMs: changedAtMs };
}

function changedRecord(
  { clock, ids }: StoredSecretsOptions,
  change: SecretChange,
  how: 'stored' | 'removed',
): AuditRecord {
  const { owner, handle, by } = change;
  const eventId = eventIdSchema.parse(ids.uuid());
  return { kind: 'secret_changed', eventId, atMs: clock.nowMs(), scope: toPlain(owner), by, handle, how };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function invalid(field: string, rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/invalid_request', { detail: { field, rule } });
}

function unavailable(rule: string): HostRuntimeError {
  return new HostRuntimeError('host-runtime/secrets_unavailable', { detail: { field: 'secret', rule } });
}

function contended(): HostRuntimeError {
  return new HostRuntimeError('host-runtime/unavailable', {
    detail: { field: 'secret', rule: 'was contended too often' },
  });
}
