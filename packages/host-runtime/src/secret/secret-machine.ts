/**
 * One secret of one owner as a record: sealed bytes, and a version that grows with each change and never begins again.
 *
 * Not here: sealing (`stored-secrets.ts`). Nothing of a value stands in a command, a row, an index or a key.
 * Source: rulings, section 4; measures, I4.
 */
import {
  boundedLine,
  defineMachine,
  secretHandleSchema,
  tenantIdSchema,
  toScopeKey,
  transition,
  userIdSchema,
  type Decision,
  type DecisionContext,
  type ScopeKey,
  type SecretHandle,
  type TransitionWrite,
} from '@reborn/host-api';
import { z } from 'zod';
import { SECRET_SEALED_CHARS_MAX } from '../limits.ts';
import type { SecretOwner } from './secret-store.ts';

const sealed = boundedLine(SECRET_SEALED_CHARS_MAX).regex(/^[A-Za-z0-9+/]+={0,2}$/, 'must be base64');
const version = z.int().positive();

/** `sealed`: base64, and gone from a record that was removed. Units: milliseconds since 1970. */
export const secretRowSchema = z
  .strictObject({
    status: z.enum(['stored', 'removed']),
    owner: z.strictObject({ tenantId: tenantIdSchema, userId: userIdSchema.optional() }),
    handle: secretHandleSchema,
    version,
    sealed: sealed.optional(),
    changedAtMs: z.int().nonnegative(),
  })
  .refine(({ status, sealed }) => (status === 'stored') === (sealed !== undefined), {
    path: ['sealed'],
    message: 'stands in a stored secret only',
  });
export type SecretRow = z.infer<typeof secretRowSchema>;

/** `version`: the one that the change leads to, and that was sealed into it. */
const secretCommandSchema = z.discriminatedUnion('trigger', [
  z.strictObject({
    trigger: z.literal('store'),
    owner: secretRowSchema.shape.owner,
    handle: secretHandleSchema,
    version,
    sealed,
  }),
  z.strictObject({ trigger: z.literal('remove'), version }),
]);
type SecretCommand = z.infer<typeof secretCommandSchema>;

/** Refusals: `version_stale` (changed meanwhile: look again), and each illegal edge as `<trigger>_from_<status>`. */
export const secretMachine = defineMachine<SecretRow, SecretCommand>({
  name: 'secret',
  module: import.meta.url,
  row: secretRowSchema,
  command: secretCommandSchema,
  transitions: [
    { from: 'none', trigger: 'store', to: 'stored' },
    { from: 'stored', trigger: 'store', to: 'stored' },
    { from: 'removed', trigger: 'store', to: 'stored' },
    { from: 'stored', trigger: 'remove', to: 'removed' },
  ],
  decide: decideSecret,
  index: (row) => ({ owner: toSecretOwnerKey(row.owner), status: row.status, rank: 0 }),
});

/** By what the secrets of one owner are listed. Injective: a person is never taken for the whole tenant. */
export function toSecretOwnerKey({ tenantId, userId }: SecretOwner): ScopeKey {
  return toScopeKey({ tenantId, ...(userId === undefined ? {} : { userId }) });
}

export function toSecretKey(owner: SecretOwner, handle: SecretHandle): string {
  return `${toSecretOwnerKey(owner)}#${handle}`;
}

export function storeSecret(secret: Omit<Extract<SecretCommand, { trigger: 'store' }>, 'trigger'>): TransitionWrite {
  return transition(secretMachine, toSecretKey(secret.owner, secret.handle), { trigger: 'store', ...secret });
}

export function removeSecret(owner: SecretOwner, handle: SecretHandle, version: number): TransitionWrite {
  return transition(secretMachine, toSecretKey(owner, handle), { trigger: 'remove', version });
}

function decideSecret(
  row: SecretRow | undefined,
  command: SecretCommand,
  { nowMs }: DecisionContext,
): Decision<SecretRow> {
  if (command.version !== (row?.version ?? 0) + 1) return { kind: 'refuse', reason: 'version_stale' };
  switch (command.trigger) {
    case 'store': {
      const { trigger: _, ...secret } = command;
      return { kind: 'write', row: { status: 'stored', ...secret, changedAtMs: nowMs } };
    }
    case 'remove':
      if (row === undefined) return { kind: 'refuse', reason: 'remove_from_none' };
      return {
        kind: 'write',
        row: { ...row, status: 'removed', version: command.version, sealed: undefined, changedAtMs: nowMs },
      };
  }
}
