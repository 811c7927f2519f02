/**
 * Whether the door has left what it promises: the invariants of the simulator over a real store, effects as their recorder
 * counted them, and no secret in any byte.
 *
 * Not here: the invariants (`@reborn/simulator`), what every store promises (`../trial/judge.ts`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gateMachine, type DurableStore } from '@reborn/host-api';
import { HOST_MACHINES } from '@reborn/reborn';
import {
  checkCanaries,
  checkDoorRecords,
  checkEffects,
  checkGates,
  checkReservations,
  checkSettledEffects,
  checkUncertain,
  readDoorImage,
  readStoreImage,
  sinksOf,
  spellingsOf,
  type DoorImage,
} from '@reborn/simulator';
import type { Happening } from '../recorder-process.ts';
import { numberOf } from './carry-out-job.ts';
import { EDITED_TEXT, EFFECT_NUMBERS, EFFECTS, LIMIT, RIGHT_SECRET, WRONG_SECRET } from './job-host.ts';

const LOGS = /^(?:runtime|journal|audit|security)\b/;
const SECRETS = [RIGHT_SECRET, WRONG_SECRET];

/** Returns sentences; none when all hold. Everything is over, and nobody writes meanwhile. */
export async function inspectDoor(store: DurableStore, happenings: readonly Happening[]): Promise<readonly string[]> {
  const image = await readStoreImage(
    store,
    HOST_MACHINES.map(({ name }) => name),
  );
  const door = readDoorImage(image);
  const happened = countByKey(door, happenings);
  const logs = sinksOf(image).filter(({ name }) => image.streams.has(name) && LOGS.test(name));
  const found = [
    ...checkDoorRecords(door),
    ...checkGates(door, (capabilityId) => capabilityId !== 'job.look'),
    ...checkEffects(door, happened),
    ...checkUncertain(door),
    ...checkSettledEffects(door),
    ...checkReservations(door, (account) => (account.startsWith('budget|user|') ? LIMIT : undefined)),
    ...checkCanaries(sinksOf(image), SECRETS),
    ...checkCanaries(logs, [EDITED_TEXT]),
  ];
  return [
    ...found.map(({ invariant, sentence }) => `${invariant}: ${sentence}`),
    ...checkNumbers(door, happenings, happened),
    ...happenings
      .filter(({ n, text }) => (n === EFFECTS.edited) !== (text === EDITED_TEXT))
      .map(({ n }) => `I4: effect ${n} happened as nobody has approved it`),
  ];
}

/** Which files in the folder of a database hold a secret, in any spelling. */
export function findSecretFiles(folder: string): readonly string[] {
  const forms = SECRETS.flatMap(spellingsOf).map((form) => Buffer.from(form));
  return readdirSync(folder)
    .filter((name) => {
      const bytes = readFileSync(join(folder, name));
      return forms.some((form) => bytes.includes(form));
    })
    .map((name) => `I12: ${name} shows what nobody may see`);
}

/** Whether anything that a process has printed shows a secret. */
export function findSecretLines(lines: readonly string[]): readonly string[] {
  return checkCanaries([{ name: 'what a process has printed', texts: lines }], SECRETS).map(
    ({ invariant, sentence }) => `${invariant}: ${sentence}`,
  );
}

/** Each effect of the job stands behind a gate, which tells its key. */
function countByKey(door: DoorImage, happenings: readonly Happening[]): ReadonlyMap<string, number> {
  const keys = new Map([...door.gates.values()].map((gate) => [gate.effectKey, numberOf(gate)]));
  return new Map([...keys].map(([key, n]) => [key, happenings.filter((one) => one.n === n).length]));
}

/** A number stands for one effect: whatever key or invocation it happened under. */
function checkNumbers(
  door: DoorImage,
  happenings: readonly Happening[],
  happened: ReadonlyMap<string, number>,
): readonly string[] {
  const known = new Set([...door.effects.values()].map(({ invocationId }) => invocationId as string));
  const unknown = happenings.filter(({ invocationId }) => !known.has(invocationId));
  const missing = EFFECT_NUMBERS.length - happened.size;
  return [
    ...(missing === 0 ? [] : [`${gateMachine.name}: ${EFFECT_NUMBERS.length} effects and ${happened.size} keys`]),
    ...unknown.map(({ n }) => `I5: effect ${n} happened for a call that nobody knows`),
  ];
}
