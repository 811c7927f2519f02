/**
 * What a host that is gone has left behind: effects that were announced and never settled, processes without a host, gates
 * whose time is over. Each is closed by whoever comes first, with what is known of it, and nothing is done again.
 *
 * Not here: the same for one call that somebody makes again (`join.ts`), when to look (`@reborn/reborn`).
 * Source: rulings, section 3; specification 2, f.1.
 */
import {
  capabilityIdSchema,
  correlationIdSchema,
  eventIdSchema,
  gateMachine,
  idempotencyMachine,
  isFault,
  PAGE_RECORDS_MAX,
  presumeEffectLost,
  resourceScopeSchema,
  runIdSchema,
  type IdempotencyRow,
  type JsonObject,
  type StoredRecord,
  type Write,
} from '@reborn/host-api';
import { toAppends, type LogRecord } from '@reborn/events';
import { z } from 'zod';
import { FAILURES } from '../failure.ts';
import { closeGate } from '../gate/close.ts';
import type { LostProcess } from '../process/recover-lost.ts';
import type { RuntimeDependencies } from './dependencies.ts';
import { toStoredOutcome } from './stored-outcome.ts';
import { tellPolicy } from './tell-policy.ts';

/** How much was closed. */
export interface RecoveryReport {
  readonly effects: number;
  readonly processes: number;
  readonly gates: number;
}

type Intended = Extract<IdempotencyRow, { status: 'intended' }>;

const aboutSchema = z.strictObject({
  scope: resourceScopeSchema,
  correlationId: correlationIdSchema,
  capabilityId: capabilityIdSchema,
  runId: runIdSchema.optional(),
});
type About = z.output<typeof aboutSchema>;

/** Looks once. A record that cannot be read is reported, and keeps no other from being closed. Errors: those of the store. */
export async function recover(dependencies: RuntimeDependencies): Promise<RecoveryReport> {
  const processes = await dependencies.processes?.recoverLost((lost) => processWrites(dependencies, lost));
  for (const lost of processes ?? []) tellLost(dependencies, lost);
  return {
    effects: await closeEffects(dependencies),
    processes: processes?.length ?? 0,
    gates: await expireGates(dependencies),
  };
}

/** Those whose time is over stand first. One that a run of this host will come back to is closed in the same way then. */
async function closeEffects(dependencies: RuntimeDependencies): Promise<number> {
  const { store, clock } = dependencies;
  let closed = 0;
  for (const stored of await store.list(idempotencyMachine.name, { status: 'intended', limit: PAGE_RECORDS_MAX })) {
    const found = read(dependencies, stored, (row) => idempotencyMachine.parseRow(row));
    if (found?.status !== 'intended') continue;
    if (found.settleByMs > clock.nowMs()) break;
    const about = aboutSchema.safeParse(found.about);
    if (about.success && (await closeEffect(dependencies, stored.key, found, about.data))) closed += 1;
  }
  return closed;
}

/** `undefined` for a record that nobody can read. */
function read<Row>(
  { diagnostics }: RuntimeDependencies,
  { key, row }: StoredRecord,
  parse: (row: JsonObject) => Row,
): Row | undefined {
  try {
    return parse(row);
  } catch (error) {
    if (!isFault(error)) throw error;
    diagnostics?.report('A record could not be read and is left as it is', { key, cause: error.code });
    return undefined;
  }
}

async function closeEffect(
  dependencies: RuntimeDependencies,
  key: string,
  row: Intended,
  about: About,
): Promise<boolean> {
  const { fingerprint, invocationId, attempt } = row;
  const { capabilityId } = about;
  const { fate, message } = FAILURES.uncertain;
  const outcome = { kind: 'failed', capabilityId, invocationId, failureKind: 'uncertain', fate, message } as const;
  const lost = presumeEffectLost(key, { fingerprint, invocationId, after: undefined }, attempt, {
    ...toStoredOutcome({ ...outcome, effect: 'uncertain' }),
  });
  const committed = await dependencies.store.commit([
    lost,
    ...(await lostWrites(dependencies, { ...about, invocationId }, { effectKey: key, attempt })),
  ]);
  return committed.kind === 'committed';
}

/** What is written about an attempt that somebody else gave up; joins the unit that settles it. */
export async function lostWrites(
  dependencies: RuntimeDependencies,
  about: About & Pick<Intended, 'invocationId'>,
  effect: Pick<LostProcess, 'effectKey' | 'attempt'>,
  cause: 'lease_fenced' | 'time_over' = 'time_over',
): Promise<readonly Write[]> {
  const { attempt } = effect;
  const base = () => ({ eventId: newEventId(dependencies), atMs: dependencies.clock.nowMs(), ...about });
  const unknown = { effect: 'uncertain', errorKind: 'uncertain' } as const;
  const reservation = await dependencies.budgets.closeLost(effect);
  const records: readonly LogRecord[] = [
    { ...base(), kind: 'dispatch_failed', ...unknown },
    { ...base(), kind: 'recovery_marked', attempt, found: 'uncertain', cause },
    { ...base(), kind: 'effect_settled', attempt, outcome: 'failed', ...unknown },
    ...(reservation.length === 0
      ? []
      : [{ ...base(), kind: 'resources_closed' as const, attempt, how: 'lost' as const }]),
  ];
  return [...reservation, ...toAppends(records)];
}

/** A process is announced once, in its own first attempt. */
async function processWrites(dependencies: RuntimeDependencies, lost: LostProcess): Promise<readonly Write[]> {
  const { process, scope, result } = lost;
  const { processId, correlationId, capabilityId, invocationId, runId } = process;
  const about = { scope, correlationId, capabilityId, invocationId, ...(runId === undefined ? {} : { runId }) };
  const ended: LogRecord = {
    eventId: newEventId(dependencies),
    atMs: dependencies.clock.nowMs(),
    ...about,
    kind: 'process_ended',
    processId,
    outcome: 'lost',
    effect: result.effect,
    errorKind: result.errorKind,
  };
  return [...toAppends([ended]), ...(await lostWrites(dependencies, about, lost, 'lease_fenced'))];
}

function tellLost(dependencies: RuntimeDependencies, { process, scope }: LostProcess): void {
  const { invocationId, correlationId, capabilityId, processId } = process;
  tellPolicy(dependencies, { invocationId, correlationId, scope }, capabilityId, { kind: 'process_ended', processId });
}

/** Oldest first. */
async function expireGates(dependencies: RuntimeDependencies): Promise<number> {
  const { store, clock } = dependencies;
  let closed = 0;
  for (const status of ['open', 'approved'] as const) {
    for (const stored of await store.list(gateMachine.name, { status, limit: PAGE_RECORDS_MAX })) {
      const gate = read(dependencies, stored, (row) => gateMachine.parseRow(row));
      if (gate === undefined || gate.receipt.expiresAtMs > clock.nowMs()) continue;
      if ((await closeGate(dependencies, gate, { how: 'expired' })) !== undefined) closed += 1;
    }
  }
  return closed;
}

function newEventId({ ids }: RuntimeDependencies) {
  return eventIdSchema.parse(ids.uuid());
}
