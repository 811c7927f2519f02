/**
 * The third error channel: a bug in this code base, never an answer to a caller.
 *
 * Not here: expected outcomes (variants of returned unions) and faults (`errors.ts`).
 */

/** A broken invariant. Nobody catches it but the edge of the process. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws `InvariantError` unless `condition` holds. The message names the invariant, never a value. */
export function assert(condition: unknown, invariant: string): asserts condition {
  if (!condition) throw new InvariantError(`Invariant broken: ${invariant}`);
}

/** Closes a `switch` over a discriminated union: it does not compile while a variant is unhandled. */
export function assertNever(value: never, union: string): never {
  void value;
  throw new InvariantError(`Invariant broken: ${union} has a variant that this code does not know`);
}
