/**
 * I5: an effect happens at most once for its key, never before its announcement is durable, and what is stored of it is
 * what is true of it. Whoever counts the effects stands outside of everything that may crash.
 *
 * Not here: who counts (`../door/outside.ts`, the harness of real processes).
 * Source: the project's measures, B1.
 */
import type { IdempotencyRow, JsonObject, WorkItemRow } from '@reborn/host-api';
import { effectsByInvocation, type DoorImage } from './door-image.ts';
import { violation, type Violation } from './violation.ts';

/** What may be said of an effect that happened so often: `undefined` says nothing. */
type Said = 'none' | 'happened' | 'uncertain' | undefined;

/** `happened`: how often each effect did, by its key; also those that did not. */
export function checkEffects(door: DoorImage, happened: ReadonlyMap<string, number>): readonly Violation[] {
  return [...happened].flatMap(([key, times]) => {
    const row = door.effects.get(key);
    if (times > 1) return [found(key, `happened ${times} times`)];
    if (times === 1 && !isAnnounced(row)) return [found(key, `happened and is ${row?.status ?? 'unknown'}`)];
    const said = whatIsSaid(door, row);
    if (said === 'none' && times > 0) return [found(key, 'happened and is said not to have')];
    if (said === 'happened' && times === 0) return [found(key, 'is said to have happened and did not')];
    return [];
  });
}

/** When everything is quiet: each announced attempt was settled once, and nothing goes on any more. */
export function checkSettledEffects(door: DoorImage): readonly Violation[] {
  const open = [...door.effects].filter(([, { status }]) => status === 'intended');
  const running = [...door.processes].filter(([, { status }]) => status === 'running');
  return [
    ...open.map(([key]) => violation('I11', `${key} is announced and nobody has closed it, though all is quiet`)),
    ...running.map(([key]) => violation('I11', `process ${key} goes on, though all is quiet`)),
  ];
}

/** Calls that somebody else gave up: the effect is uncertain for good. */
export function checkUncertain(door: DoorImage): readonly Violation[] {
  const rows = effectsByInvocation(door);
  return door.of('recovery_marked').flatMap(({ invocationId = '', attempt, cause }) => {
    const row = rows.get(invocationId);
    if (row?.status !== 'settled')
      return [found(invocationId, `was given up (${cause}) and is ${row?.status ?? 'unknown'}`)];
    const outcome = row.outcome;
    if (outcome['kind'] === 'spawned_process') return [];
    const isUncertain = outcome['effect'] === 'uncertain' && row.attempt === attempt;
    return isUncertain ? [] : [found(invocationId, 'was given up and is not said to be uncertain')];
  });
}

function isAnnounced(row: IdempotencyRow | undefined): boolean {
  return row?.status === 'intended' || row?.status === 'settled';
}

function whatIsSaid(door: DoorImage, row: IdempotencyRow | undefined): Said {
  if (row === undefined || row.status === 'intended') return undefined;
  if (row.status !== 'settled') return 'none';
  const { kind, effect, processId } = row.outcome;
  if (kind === 'completed') return 'happened';
  if (kind === 'spawned_process') return whatIsSaidOf(door.processes.get(String(processId)));
  return effect === 'none' || effect === 'happened' ? effect : 'uncertain';
}

function whatIsSaidOf(process: WorkItemRow | undefined): Said {
  if (process === undefined || process.status === 'running') return undefined;
  const result = process.result['result'] as JsonObject;
  if (result['kind'] === 'completed') return 'happened';
  const effect = result['effect'];
  return effect === 'none' || effect === 'happened' ? effect : 'uncertain';
}

function found(key: string, rule: string): Violation {
  return violation('I5', `${key} ${rule}`);
}
