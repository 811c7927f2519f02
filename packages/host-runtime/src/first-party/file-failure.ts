/**
 * Why a file tool could not do what was asked: a closed set of codes, each with the sentence that a model reads. No
 * sentence holds a path: what was refused is not repeated.
 *
 * Not here: failures of the call itself (`../failure.ts`).
 * Source: specification 2, d.
 */
import type { FileRefusal } from '@reborn/host-api';
import type { Effect } from '../failure.ts';
import { ToolFailure } from '../lane/define-tool.ts';

export const FILE_FAILURES = {
  not_found: 'There is nothing at this path.',
  not_a_file: 'The path does not name a file.',
  not_a_directory: 'The path does not name a directory.',
  filesystem_denied: 'This path is not open to file tools.',
  protected_path: 'This file belongs to the memory of the agent and is not written with this tool.',
  too_large: 'The file or directory is larger than this tool takes.',
  binary_file: 'The file is not text.',
  not_read: 'This file was not read in this conversation. Read all of it with read_file first.',
  partial_read: 'Only a part of this file was read. Read the rest of it with read_file first.',
  stale_read: 'The file is not what was read any more. Read it again with read_file.',
  no_match: 'The text to replace is not in the file. Copy it from the file as it is.',
  not_unique:
    'The text to replace is in the file more than once. Give more of the lines around it, or use replace_all.',
  busy: 'Too many calls wait for this file.',
  invalid_pattern: 'The pattern is not valid.',
  invalid_glob: 'The glob is not valid.',
  no_space: 'There is no space left to write the file.',
  io_error: 'The file system could not do its work.',
  cancelled: 'The call was stopped before it was done.',
} as const satisfies Readonly<Record<string, string>>;
export type FileFailureCode = keyof typeof FILE_FAILURES;

const CODE_OF_REFUSAL: Readonly<Record<FileRefusal, FileFailureCode>> = {
  not_found: 'not_found',
  not_a_file: 'not_a_file',
  not_a_directory: 'not_a_directory',
  outside_mount: 'filesystem_denied',
  permission: 'filesystem_denied',
  too_large: 'too_large',
  no_space: 'no_space',
  io: 'io_error',
};

/** The failure to throw. `message` replaces the sentence of the code where there is something better to say. */
export function fileFailure(
  code: FileFailureCode,
  message: string = FILE_FAILURES[code],
  effect: Effect = 'none',
): ToolFailure {
  return new ToolFailure(code, message, effect);
}

/** The failure for a refusal of the port. */
export function refusalFailure(reason: FileRefusal, effect: Effect = 'none'): ToolFailure {
  return fileFailure(CODE_OF_REFUSAL[reason], undefined, effect);
}

/** Errors: `ToolFailure` `cancelled` when the call is to stop. Nothing has happened to the world by then. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw fileFailure('cancelled');
}
