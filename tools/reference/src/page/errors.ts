/** The page of all error codes, from the fault tables of the packages. */
import { CliError } from '@reborn/cli';
import { EventsError } from '@reborn/events';
import { HooksError } from '@reborn/hooks';
import { HostApiError, type FaultDefinition } from '@reborn/host-api';
import { FAILURES, HostRuntimeError } from '@reborn/host-runtime';
import { QUARANTINE, RebornError } from '@reborn/reborn';
import { TurnsError } from '@reborn/turns';
import { table } from '../markdown.ts';

const TABLES: readonly Readonly<Record<string, FaultDefinition>>[] = [
  HostApiError.table,
  EventsError.table,
  TurnsError.table,
  HooksError.table,
  HostRuntimeError.table,
  RebornError.table,
  CliError.table,
];

/** Every code of every package. */
export function errorCodes(): readonly string[] {
  return TABLES.flatMap((rows) => Object.keys(rows));
}

export function errorsPage(): string {
  const faults = TABLES.flatMap((rows) =>
    Object.entries(rows).map(([code, row]) => [`\`${code}\``, row.meaning, row.remedy, row.retryable ? 'yes' : 'no']),
  );
  const quarantine = Object.entries(QUARANTINE).map(([code, why]) => [`\`${code}\``, why]);
  const failures = Object.entries(FAILURES).map(([kind, row]) => [`\`${kind}\``, row.message, `\`${row.fate}\``]);
  return [
    '# Errors',
    'A fault is a rejected promise: a port could not do its work. It carries `code`, `retryable`, `remedy` and `detail`; `detail` names the field and the rule and never holds a value that somebody sent. Recognise it by `HostApiError.is(x)` and its siblings, not by its message.',
    table(['code', 'meaning', 'what to do', 'try again'], faults),
    '## Why a call failed',
    'A failed call is an outcome, not a fault: `invokeCapability` answers `failed` with one of these kinds, and says with `effect` whether something happened: `none`, `happened`, or `uncertain`.',
    table(['failureKind', 'message', 'fate'], failures),
    '## Why an extension is not taken',
    'A package in quarantine is no fault either: the host starts without it, and `readiness().extensions` names one of these reasons.',
    table(['code', 'why'], quarantine),
  ].join('\n\n');
}
