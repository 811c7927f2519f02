/**
 * From errors of the operating system to the closed refusals of the port: one fixed table, and nothing else gets out.
 *
 * Not here: what the refusals mean (`platform.ts` of `@reborn/host-api`).
 */
import type { FileOutcome, FileRefusal } from '@reborn/host-api';

const REFUSALS: ReadonlyMap<string, FileRefusal> = new Map<string, FileRefusal>([
  ['ENOENT', 'not_found'],
  ['ENOTDIR', 'not_a_directory'],
  ['EISDIR', 'not_a_file'],
  ['ENXIO', 'not_a_file'],
  ['ELOOP', 'outside_mount'],
  ['EACCES', 'permission'],
  ['EPERM', 'permission'],
  ['EROFS', 'permission'],
  ['ENOSPC', 'no_space'],
  ['EDQUOT', 'no_space'],
  ['EFBIG', 'too_large'],
]);

/** Runs file work and turns whatever it throws into a refusal. Only bugs of this program pass through. */
export async function toFileOutcome<T>(work: () => Promise<T>): Promise<FileOutcome<T>> {
  try {
    return { kind: 'ok', value: await work() };
  } catch (error) {
    return { kind: 'refused', reason: toFileRefusal(error) };
  }
}

/** The refusal for anything that file work throws. An error without a number of the system is not ours to hide. */
export function toFileRefusal(error: unknown): FileRefusal {
  if (error instanceof RefusedFile) return error.reason;
  const code = errnoOf(error);
  if (code === undefined) throw error;
  return REFUSALS.get(code) ?? 'io';
}

/** Carries a refusal out of nested file work. Never leaves this package. */
export class RefusedFile extends Error {
  readonly reason: FileRefusal;
  constructor(reason: FileRefusal) {
    super(reason);
    this.reason = reason;
  }
}

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
