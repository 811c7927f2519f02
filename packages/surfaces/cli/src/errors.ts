/** Faults of the command line: what somebody typed or asked for cannot be done. */
import { defineFaults } from '@reborn/host-api';

export const CliError = defineFaults('cli', {
  usage: {
    meaning: 'What was typed is not a command of this program with its arguments and options',
    remedy: 'See `reborn --help`, or `--help` after a command.',
    retryable: false,
  },
  bug: {
    meaning: 'Something went wrong inside this program',
    remedy: 'Nothing acknowledged is lost. Please report what you did.',
    retryable: false,
  },
  invalid_option: {
    meaning: 'An option or an argument does not have the required form',
    remedy: 'Correct it; `--help` after the command says what it takes.',
    retryable: false,
  },
  unreadable_file: {
    meaning: 'A file or folder that was named cannot be used',
    remedy: 'Name one that is there and that you may read; for an export, one that you may make, where there is room.',
    retryable: false,
  },
  home_unusable: {
    meaning: 'The home folder of the host cannot be used',
    remedy: 'Name a folder that you may write to with --home; `reborn doctor` looks at it more closely.',
    retryable: false,
  },
  no_home: {
    meaning: 'There is no host here yet',
    remedy: 'Go to the folder in which you ran `reborn run`, or name its home with --home.',
    retryable: false,
  },
  no_model: {
    meaning: 'No model is chosen',
    remedy:
      'Name an endpoint with --model <url>, a recording with --recording <file>, or set "model" in reborn.config.json.',
    retryable: false,
  },
  no_key: {
    meaning: "The variable that holds the key of this thread's model is not set here, so the run is left as it is",
    remedy: 'Set it in the environment, and do the same again.',
    retryable: false,
  },
  no_secret_key: {
    meaning: 'No key for secrets is chosen, so none can be stored',
    remedy:
      'Make one with `reborn secrets init --key-file <file>`, name it as "secrets" in a configuration, and name that with --config.',
    retryable: false,
  },
  not_found: {
    meaning: 'There is no such thing here, or it belongs to somebody else',
    remedy:
      'Look for what there is: `reborn runs` for runs and gates, `reborn secrets` for secrets, `reborn processes` for processes, `reborn events stats` for events, pins and followers.',
    retryable: false,
  },
  ambiguous_id: {
    meaning: 'The abbreviated id fits more than one',
    remedy: 'Give more of it, or the whole id; `reborn runs` shows whole ids.',
    retryable: false,
  },
  cursor_ahead: {
    meaning: 'Nobody was ever given that cursor',
    remedy: 'Use a cursor that `reborn events tail` has shown.',
    retryable: false,
  },
  cursor_too_old: {
    meaning: 'Retention has cut off what stood there',
    remedy: 'Begin at the earliest cursor that is left, or before it with 0.',
    retryable: false,
  },
  file_exists: {
    meaning: 'There is a file of that name already, and it is left as it is',
    remedy: 'Name another file, or remove that one.',
    retryable: false,
  },
  gate_closed: {
    meaning: 'The gate is not open any more',
    remedy: 'Nothing is left to do about it; `reborn explain <run>` says what became of it.',
    retryable: false,
  },
  credentials_missing: {
    meaning: 'Secrets that the gate waits for are not there; the gate stays open',
    remedy: 'Store them with `reborn secrets set <name>`, then approve again.',
    retryable: false,
  },
  invalid_edit: {
    meaning: 'The edited input is not one that the capability takes; the gate stays open',
    remedy: 'Correct the named field and answer again.',
    retryable: false,
  },
  not_authorised: {
    meaning: 'You may not answer this gate; it stays open for the person in whose name the call is made',
    remedy: 'Let that person answer. The attempt is in the audit.',
    retryable: false,
  },
  thread_busy: {
    meaning: 'Another run is under way in this thread',
    remedy: 'Answer what it waits for, cancel it with `reborn runs cancel <run>`, or use another --thread.',
    retryable: false,
  },
  untrusted_config: {
    meaning: 'A configuration file that merely lies in the current folder may not decide this',
    remedy: 'Look at the file; if it is yours, name it with --config.',
    retryable: false,
  },
  other_workspace: {
    meaning: 'This thread works on another folder',
    remedy: 'Leave --dir out; put a folder that was moved or replaced back; or begin a new thread for the other one.',
    retryable: false,
  },
  unnamed_extension: {
    meaning: 'The run works with an extension that is not named here, so it is left as it is',
    remedy:
      'Leave --config out: it goes on with the one with which it began. Or cancel it with `reborn runs cancel <run>`.',
    retryable: false,
  },
  unknown_thread: {
    meaning: 'This home does not know which folder and which model the run works with, so it is left alone',
    remedy:
      'Name the home in which it began with --home; or cancel it with `reborn runs cancel <run>` and begin again.',
    retryable: false,
  },
});
export type CliError = InstanceType<typeof CliError>;
export type CliErrorCode = CliError['code'];
