import { assertNever } from './assert.ts';
import type { CapabilityDescriptor } from './capability.ts';
import { leaseMachine, type LeaseRow } from './durable/lease.ts';
import { gateMachine } from './durable/gate.ts';
import { getRecord, transition, type CommitOutcome, type DurableStore } from './durable/unit-of-work.ts';
import { parseTenantId, parseUserId, type Digest, type TenantId, type UserId } from './ids.ts';
import type { JsonValue } from './json.ts';
import type { ResourceScope } from './scope.ts';
import { parseScopedPath, type ScopedPath, type VirtualPath } from './scoped-path.ts';
import type { EffectiveTrust, TrustClass } from './trust.ts';
import { wireTrustClassSchema } from './trust.ts';
import type { Verdict } from './verdict.ts';

const tenant: TenantId = parseTenantId('acme');
const user: UserId = parseUserId('alice');
export const scope: ResourceScope = { tenantId: tenant, userId: user };

// @ts-expect-error a user is not a tenant
export const swapped: TenantId = user;
// @ts-expect-error plain text is no id
export const unparsed: TenantId = 'acme';
// @ts-expect-error plain text is no digest
export const digest: Digest = 'sha256:00';
// @ts-expect-error a scope has a user
export const half: ResourceScope = { tenantId: tenant };
// @ts-expect-error a scope is not changed after it was parsed into a call
export const wrongAxis: ResourceScope = { tenantId: tenant, userId: user, threadId: user };

const guest: ScopedPath = parseScopedPath('/workspace/a');
// @ts-expect-error what a guest names is not where something lives
export const inside: VirtualPath = guest;

// @ts-expect-error trust cannot be written down
export const written: EffectiveTrust = { packageId: 'notes', class: 'system', allowedEffects: [], toJSON: () => ({}) };
// @ts-expect-error trust cannot be read: a class is not the trust itself
export const read: EffectiveTrust = 'system' satisfies TrustClass;
// @ts-expect-error privileged classes do not come in
export const privileged: 'system' = wireTrustClassSchema.parse('system');

// @ts-expect-error functions are no JSON
export const notJson: JsonValue = { run: () => 1 };
// @ts-expect-error undefined is no JSON
export const undefinedJson: JsonValue = { a: undefined };

declare const descriptor: CapabilityDescriptor;
// @ts-expect-error effects are a closed list
export const isFlying = descriptor.effects.includes('fly');

transition(leaseMachine, 'k', { trigger: 'acquire', holder: 'me', ttlMs: 1000 });
// @ts-expect-error a command of another machine
transition(leaseMachine, 'k', { trigger: 'supersede' });
// @ts-expect-error a lease has no such field
transition(leaseMachine, 'k', { trigger: 'acquire', holder: 'me', ttlMs: 1000, force: true });
// @ts-expect-error a gate is not renewed
transition(gateMachine, 'k', { trigger: 'renew', holder: 'me', fence: 1, ttlMs: 1 });

declare const store: DurableStore;
export const row: Promise<LeaseRow | undefined> = getRecord(store, leaseMachine, 'k');

export function explain(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'allow':
      return verdict.by;
    case 'approval':
    case 'auth':
    case 'deny':
      return verdict.code;
    default:
      return assertNever(verdict, 'Verdict');
  }
}

export function forgets(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'allow':
    case 'approval':
    case 'auth':
      return verdict.by;
    default:
      // @ts-expect-error deny was forgotten
      return assertNever(verdict, 'Verdict');
  }
}

export function rowOf(outcome: CommitOutcome): unknown {
  // @ts-expect-error a conflict has no receipts
  return outcome.receipts;
}
