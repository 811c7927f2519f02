/**
 * What is written about decisions at security boundaries. A decision that has a unit takes its record into it; one that
 * has none is written beside it, and trouble with that changes nothing of the decision.
 *
 * Not here: deciding (`authorize.ts`, `../gate/resolve.ts`), the words (`SecurityAuditRecord` of `@reborn/events`).
 * Source: specification 1, R-02, R-07 and T-R3.
 */
import { InvariantError, isFault, type PackageIdentity, type Verdict } from '@reborn/host-api';
import { toAppends, type LogRecord, type SecurityAuditRecord, type SecurityCode } from '@reborn/events';
import { BUILTIN } from '../first-party/builtin.ts';
import { recordBase, type Call } from './call.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import type { DispatchResult } from './dispatch-result.ts';

type Decided = Pick<SecurityAuditRecord, 'boundary' | 'decision' | 'code'>;

/** Codes of the host's own stages, and what a gate of hooks may have denied with; any other word is a refusal. */
const AUTHORITY_CODES = ['missing_grant', 'permission_denied', 'policy_denied', 'network_denied'] as const;
const HOOK_CODES = ['hook_failed', 'hook_poisoned'] as const;

/** At most one record for each boundary that denies, however many deny there. */
export function denialRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  own: readonly Verdict[],
  hooks: readonly Verdict[],
): readonly LogRecord[] {
  const codes: readonly (readonly [Decided['boundary'], SecurityCode | undefined])[] = [
    ['authority', denialOf(own, AUTHORITY_CODES, 'policy_denied')],
    ['hook_deny', denialOf(hooks, HOOK_CODES, 'hook_refused')],
  ];
  return codes.flatMap(([boundary, code]) =>
    code === undefined ? [] : [boundaryRecord(dependencies, call, { boundary, decision: 'blocked', code })],
  );
}

/** File tools of the host itself, whose word for it is their own: others may mean something else by the same code. */
export function mountRecords(
  dependencies: RuntimeDependencies,
  call: Call,
  { packageId, source }: PackageIdentity,
  result: DispatchResult,
): readonly LogRecord[] {
  const isOwn = packageId === BUILTIN.packageId && source === BUILTIN.source;
  if (!isOwn || result.kind !== 'failed' || result.code !== 'filesystem_denied') return [];
  return [boundaryRecord(dependencies, call, { boundary: 'mount', decision: 'blocked', code: 'path_denied' })];
}

export function boundaryRecord(dependencies: RuntimeDependencies, call: Call, decided: Decided): SecurityAuditRecord {
  return { ...recordBase(dependencies, call), kind: 'boundary_decided', ...decided };
}

/** For a decision that writes nothing else. Never rejects but for a bug: the answer stands whatever the store says. */
export async function writeBeside(
  { store, diagnostics }: Pick<RuntimeDependencies, 'store' | 'diagnostics'>,
  record: SecurityAuditRecord,
): Promise<void> {
  try {
    await store.commit(toAppends([record]));
  } catch (error) {
    if (error instanceof InvariantError) throw error;
    const { boundary, decision, code } = record;
    const cause = isFault(error) ? error.code : 'unknown';
    diagnostics?.report('A decision at a security boundary could not be written', { boundary, decision, code, cause });
  }
}

/** The first code by code unit of those that deny, so that the order of sources means nothing. */
function denialOf<Code extends SecurityCode>(
  verdicts: readonly Verdict[],
  known: readonly Code[],
  otherwise: SecurityCode,
): SecurityCode | undefined {
  const codes = verdicts.flatMap((verdict): SecurityCode[] =>
    verdict.kind === 'deny' ? [known.find((code) => code === verdict.code) ?? otherwise] : [],
  );
  return codes.toSorted()[0];
}
