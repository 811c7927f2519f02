/**
 * What a unit of a call leads to. Every unit of the pipeline goes through here, so that no conflict is taken for another.
 */
import type { CommitOutcome } from '@reborn/host-api';
import { HostRuntimeError } from '../errors.ts';
import { leaseOf, type Call } from './call.ts';

/** `contended`: somebody else moved a record of this call; begin again from what is known. */
export type Step<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'contended' };

/** Errors: `host-runtime/lease_lost`. */
export function stepOf<T>(call: Call, committed: CommitOutcome, value: T): Step<T> {
  if (committed.kind === 'committed') return { kind: 'done', value };
  refuseLostLease(call, committed);
  return { kind: 'contended' };
}

/** Errors: `host-runtime/lease_lost` when the unit was refused because its caller does not hold its run any more. */
export function refuseLostLease(call: Call, conflict: Extract<CommitOutcome, { kind: 'conflict' }>): void {
  const isOwnLease = conflict.machine === 'lease' && conflict.key === leaseOf(call)?.key;
  if (isOwnLease) throw new HostRuntimeError('host-runtime/lease_lost');
}
