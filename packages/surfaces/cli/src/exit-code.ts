/** What the exit code of the command says. The table of docs/guides/cli.md and of `--help`. */
import { isFault } from '@reborn/host-api';

export const EXIT = {
  done: 0,
  runFailed: 1,
  usage: 2,
  parked: 3,
  refused: 4,
  unavailable: 5,
  bug: 70,
  interrupted: 130,
} as const;

/** Shape: one line a code, for `--help`. */
export const EXIT_CODES_TEXT = `Exit codes:
  0    done
  1    the run failed or was cancelled; the log is not as it should be
  2    bad usage, bad input, or settings that are not fine
  3    parked: the run waits for an answer
  4    refused: not authorised, not permitted, not fit for production, or busy
  5    unavailable: the store or the home folder cannot be used
  70   a bug of this program
  130  interrupted; the run can be resumed`;

const REFUSED = new Set([
  'cli/not_authorised',
  'cli/gate_closed',
  'cli/credentials_missing',
  'cli/thread_busy',
  'cli/other_workspace',
  'cli/untrusted_config',
  'cli/unknown_thread',
  'cli/unnamed_extension',
  'events/not_granted',
  'reborn/not_production_ready',
]);
const UNAVAILABLE = new Set(['cli/home_unusable', 'host-runtime/unavailable', 'turns/contended']);

/** Every fault has an exit code; what is no fault is a bug. */
export function exitCodeOf(error: unknown): number {
  if (!isFault(error) || error.code === 'cli/bug') return EXIT.bug;
  if (REFUSED.has(error.code)) return EXIT.refused;
  if (UNAVAILABLE.has(error.code) || error.code.startsWith('host-api/store_')) return EXIT.unavailable;
  return EXIT.usage;
}
