/**
 * What the cases about watching share: things that happen to runs of Alice, told in a few words.
 *
 * Not here: the cases.
 */
import { parseInvocationId, parseRunId, portableDigest, type InvocationId, type RunId } from '@reborn/host-api';
import { buildScope, FAKE_START_MS, fixedUuid, holds } from '@reborn/host-api/testkit';
import { createRunProjection } from '../../projection/log-projection.ts';
import type { RebaseRequired } from '../../projection/projection-cursor.ts';
import {
  applyUpdate,
  type ProjectionSnapshot,
  type ProjectionUpdate,
  type RunProjection,
} from '../../projection/projection.ts';
import type { ProjectionLog } from '../../projection/projection-source.ts';
import type { RunStatus } from '../../projection/run-status.ts';
import { readScopeFor, type ReadScope } from '../../read-scope.ts';
import type { RuntimeEvent, RuntimeEventKind } from '../../record/runtime-event.ts';
import { buildLogRecord } from '../builder.ts';
import type { OpenedLog } from '../harness.ts';

/** Alice, whichever thread. */
export const ALICE: ReadScope = readScopeFor(buildScope({ threadId: undefined }));

export function runOf(number: number): RunId {
  return parseRunId(fixedUuid(1000 + number));
}

export function callOf(number: number): InvocationId {
  return parseInvocationId(fixedUuid(2000 + number));
}

/** What happens, to whom; nobody when neither a run nor a call is named. */
export interface Happening {
  readonly kind: RuntimeEventKind;
  readonly run?: number;
  readonly call?: number;
  readonly scope?: Parameters<typeof buildScope>[0];
}

/** `number` names the event, and is the millisecond at which it happened. */
export function happening(number: number, { kind, run, call, scope }: Happening): RuntimeEvent {
  return buildLogRecord(kind, number, {
    atMs: FAKE_START_MS + number,
    ...(scope === undefined ? {} : { scope: buildScope(scope) }),
    ...(run === undefined ? {} : { runId: runOf(run) }),
    ...(call === undefined ? {} : { invocationId: callOf(call) }),
  });
}

/** Lets things happen one after the other; `first` numbers the first of them. */
export async function happen(
  { log }: Pick<OpenedLog, 'log'>,
  first: number,
  happenings: readonly Happening[],
): Promise<void> {
  if (happenings.length > 0) await log.append(happenings.map((one, at) => happening(first + at, one)));
}

export function projectionOf({ log }: { readonly log: ProjectionLog }): RunProjection {
  return createRunProjection({ log, digest: portableDigest });
}

/** The statuses in their order, as `run-1 parked`. */
export function standings(runs: readonly RunStatus[]): readonly string[] {
  return runs.map(({ subject, status, reason }) => {
    const id = subject.kind === 'run' ? subject.runId : subject.invocationId;
    const number = Number.parseInt(id.slice(-12), 16) % 1000;
    return [`${subject.kind}-${number}`, status, ...(reason === undefined ? [] : [reason])].join(' ');
  });
}

/** The kinds of the entries, in their order. */
export function kindsIn(answer: Pick<ProjectionSnapshot, 'entries'>): readonly string[] {
  return answer.entries.map(({ kind }) => kind);
}

/** The answer when it is an update. */
export function updateOf(answer: ProjectionUpdate | RebaseRequired): ProjectionUpdate {
  holds(answer.kind === 'update', 'the cursor leads on');
  return answer;
}

/** Takes updates until there are none; `limit` bounds each. */
export async function catchUp(
  projection: RunProjection,
  scope: ReadScope,
  from: ProjectionSnapshot,
  limits: { readonly page: number; readonly kept: number },
): Promise<ProjectionSnapshot> {
  let state = from;
  for (;;) {
    const update = updateOf(await projection.updates({ scope, after: state.next, limit: limits.page }));
    state = applyUpdate(state, update, limits.kept);
    if (!update.more) return state;
  }
}
