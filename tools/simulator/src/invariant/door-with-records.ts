/**
 * I3, for the door: each of its changes is there with the record that says so, and no record without its change.
 *
 * Not here: changes of other rooms (`change-with-event.ts`).
 * Source: the project's measures, B1.
 */
import { attemptKey, effectsByInvocation, type DoorImage } from './door-image.ts';
import { violation, type Violation } from './violation.ts';

/** In streams that were not cut. */
export function checkDoorRecords(door: DoorImage): readonly Violation[] {
  return [
    ...checkGateRecords(door),
    ...checkEffectRecords(door),
    ...checkReservationRecords(door),
    ...checkProcessRecords(door),
    ...checkSecretRecords(door),
  ];
}

function checkGateRecords(door: DoorImage): readonly Violation[] {
  const gates = [...door.gates];
  const closed = new Map(door.of('approval_closed').map(({ gateId, how }) => [gateId as string, how]));
  const answered = gates.filter(([, { resolution }]) => resolution !== undefined);
  return [
    ...pair(
      'gate',
      'approval_requested',
      keysOf(gates),
      door.of('approval_requested').map(({ gateId }) => gateId),
    ),
    ...pair(
      'answer',
      'approval_resolved',
      keysOf(answered),
      door.of('approval_resolved').map(({ gateId }) => gateId),
    ),
    ...gates.flatMap(([key, { status }]) => {
      const said = closed.get(key);
      const isClosed = status === 'expired' || status === 'superseded' || status === 'revoked';
      return said === (isClosed ? status : undefined)
        ? []
        : [found(`gate ${key} is ${status} and said to be ${said ?? 'neither'}`)];
    }),
  ];
}

/** An attempt that was announced goes on, or was settled. */
function checkEffectRecords(door: DoorImage): readonly Violation[] {
  const rows = effectsByInvocation(door);
  const settled = new Set(door.of('effect_settled').map(attemptKey));
  const intended = new Set(door.of('effect_intended').map(attemptKey));
  const going = new Set(
    [...door.processes.values()]
      .filter(({ status }) => status === 'running')
      .map(({ about, attempt }) => attemptKey({ invocationId: String(about['invocationId']), attempt })),
  );
  const announced = [...rows.values()].filter(({ status }) => status === 'intended');
  for (const row of announced) going.add(attemptKey(row));
  return [
    ...announced.flatMap((row) =>
      intended.has(attemptKey(row)) ? [] : [found(`${attemptKey(row)} is announced and no record says so`)],
    ),
    ...[...intended].flatMap((key) => {
      if (settled.has(key) === going.has(key)) {
        return [found(`${key} ${going.has(key) ? 'goes on and is said to be over' : 'is over and no record says so'}`)];
      }
      const [invocationId = ''] = key.split('#');
      return rows.has(invocationId) ? [] : [found(`${key} is said to be announced and is not there`)];
    }),
  ];
}

function checkReservationRecords(door: DoorImage): readonly Violation[] {
  const closed = new Map(door.of('resources_closed').map((record) => [attemptKey(record), record.how as string]));
  const held = door.of('resources_held').map(attemptKey);
  return [
    ...pair('reservation', 'resources_held', [...door.reservations.values()].map(attemptKey), held),
    ...[...door.reservations.values()].flatMap((row) => {
      const [key, { status }] = [attemptKey(row), row];
      const said = closed.get(key);
      return said === (status === 'active' ? undefined : status)
        ? []
        : [found(`reservation ${key} is ${status} and said to be ${said ?? 'open'}`)];
    }),
  ];
}

function checkProcessRecords(door: DoorImage): readonly Violation[] {
  const ended = new Map(
    door.of('process_ended').map(({ processId, outcome }) => [processId as string, outcome as string]),
  );
  const started = door.of('process_started').map(({ processId }) => processId);
  return [
    ...pair('process', 'process_started', [...door.processes.keys()], started),
    ...[...door.processes].flatMap(([key, { status }]) => {
      const said = ended.get(key);
      return said === (status === 'running' ? undefined : status)
        ? []
        : [found(`process ${key} is ${status} and said to be ${said ?? 'going on'}`)];
    }),
  ];
}

/** A version for each record. */
function checkSecretRecords(door: DoorImage): readonly Violation[] {
  const changes = new Map<string, number>();
  for (const { scope, handle } of door.of('secret_changed')) {
    const key = keyOfSecret(scope, handle);
    changes.set(key, (changes.get(key) ?? 0) + 1);
  }
  return [...door.secrets.values()].flatMap(({ owner, handle, version }) => {
    const said = changes.get(keyOfSecret(owner, handle)) ?? 0;
    return said === version ? [] : [found(`a secret has version ${version} after ${said} records`)];
  });
}

function keyOfSecret(
  { tenantId, userId }: { readonly tenantId: string; readonly userId?: string | undefined },
  handle: string,
): string {
  return JSON.stringify([tenantId, userId ?? null, handle]);
}

function pair(what: string, kind: string, rows: readonly string[], records: readonly string[]): readonly Violation[] {
  const [inRows, inRecords] = [new Set(rows), new Set(records)];
  return [
    ...rows.filter((key) => !inRecords.has(key)).map((key) => found(`${what} ${key} is there without its ${kind}`)),
    ...records.filter((key) => !inRows.has(key)).map((key) => found(`${kind} of ${what} ${key} is there without it`)),
    ...(records.length > inRecords.size ? [found(`${kind} is there twice for one ${what}`)] : []),
  ];
}

function keysOf(entries: readonly (readonly [string, unknown])[]): readonly string[] {
  return entries.map(([key]) => key);
}

function found(sentence: string): Violation {
  return violation('I3', sentence);
}
