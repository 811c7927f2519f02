/**
 * What the units of the door are called, and which of them have to be among those around which a process is killed.
 *
 * Not here: killing (`../killing-storage.ts`).
 */
import type { Write } from '@reborn/host-api';

/** What moves in it, or, where nothing moves, what is said in it. The same work is the same name in every run of it. */
export function unitName(writes: readonly Write[]): string {
  const moves = writes.flatMap((write) =>
    write.kind === 'transition' ? [`${write.machine}.${String(write.command['trigger'])}`] : [],
  );
  const kinds = writes.flatMap((write) => (write.kind === 'append' ? write.records.map(({ kind }) => kind) : []));
  const marks = kinds.filter((kind) => kind === 'secrets_staged');
  const named = [...new Set([...moves.filter((move) => move !== 'lease.check'), ...marks])];
  return (named.length > 0 ? named : [...new Set(kinds)]).toSorted().join(' ');
}

/** The write points of the door, each with the unit in which it lies; several lie in one. */
export const WRITE_POINTS: Readonly<Record<string, RegExp>> = {
  'run start': /\brun\.submit\b/,
  'approval save': /\bgate\.open\b.*\bidempotency\.suspend\b/,
  block: /\brun\.park\b/,
  approve: /\bgate\.approve\b/,
  'credential stored with its answer': /\bgate\.approve\b.*\bsecret\.store\b/,
  consume: /\bgate\.consume\b.*\bidempotency\.intend\b/,
  revoke: /\bgate\.revoke\b/,
  reserve: /\bidempotency\.intend\b.*\breservation\.open\b/,
  'secret stage': /\bidempotency\.intend\b.*\bsecrets_staged\b/,
  intent: /\bidempotency\.intend\b/,
  outcome: /\bidempotency\.settle\b/,
  reconcile: /\bidempotency\.settle\b.*\breservation\.reconcile\b/,
  discard: /\bidempotency\.reopen\b.*\breservation\.re/,
  'process start': /\bidempotency\.settle\b.*\bwork_item\.start\b/,
  'process end': /\breservation\.reconcile\b.*\bwork_item\.complete\b/,
  'process stop': /\bwork_item\.request_cancel\b/,
};

/** Which write points no unit holds. */
export function findUnreachedPoints(names: Iterable<string>): readonly string[] {
  const reached = [...names];
  return Object.entries(WRITE_POINTS)
    .filter(([, point]) => !reached.some((name) => point.test(name)))
    .map(([point]) => `no unit holds the write point "${point}"`);
}
