/**
 * Contracts as data: a case is a sentence and a function, and needs no particular test runner.
 *
 * Not here: the cases themselves (the `…-contract.ts` files of each package).
 */
import { InvariantError } from '../assert.ts';
import { isFault } from '../errors.ts';

/** One statement that every implementation of a port keeps. `run` rejects, naming the statement, when it does not hold. */
export interface ContractCase<Harness> {
  readonly name: string;
  run(harness: Harness): Promise<void>;
}

/** Throws unless `condition` holds. */
export function holds(condition: boolean, statement: string): asserts condition {
  if (!condition) throw new InvariantError(`Contract broken: ${statement}`);
}

/** Throws unless both are the same data. The order of members means nothing, nor do members that are `undefined`. */
export function equals(actual: unknown, expected: unknown, statement: string): void {
  const [left, right] = [toText(actual), toText(expected)];
  if (left !== right) throw new InvariantError(`Contract broken: ${statement}; expected ${right}, found ${left}`);
}

/** Throws unless the promise is rejected with a fault of one of these codes. */
export async function rejects(promise: Promise<unknown>, codes: readonly string[], statement: string): Promise<void> {
  const found = await promise.then(
    () => 'a result',
    (error: unknown) => (isFault(error) ? error.code : String(error)),
  );
  if (!codes.includes(found)) {
    throw new InvariantError(`Contract broken: ${statement}; expected ${codes.join(' or ')}, found ${found}`);
  }
}

function toText(value: unknown): string {
  const text = JSON.stringify(value, (_key, member: unknown) => {
    if (member instanceof Uint8Array) return { bytes: [...member] };
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
  return text ?? 'undefined';
}
