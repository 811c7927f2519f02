/**
 * Everything that has to hold of the doors of a simulation, at any moment and when all is quiet; and the states that a run
 * has reached, as far as they can be told from what is left.
 *
 * Not here: the invariants (`../invariant`).
 */
import type { IdempotencyRow } from '@reborn/host-api';
import type { InvokeOutcome } from '@reborn/host-runtime';
import { checkCanaries, sinksOf } from '../invariant/canaries.ts';
import { readDoorImage, type DoorImage } from '../invariant/door-image.ts';
import { checkDoorRecords } from '../invariant/door-with-records.ts';
import { checkEffects, checkSettledEffects, checkUncertain } from '../invariant/effects-at-most-once.ts';
import { checkGates } from '../invariant/gates-used-once.ts';
import { checkReservations } from '../invariant/reservations-closed-once.ts';
import { checkRunFencing } from '../invariant/run-fencing.ts';
import type { StoreImage } from '../invariant/store-image.ts';
import { violation, type Violation } from '../invariant/violation.ts';
import type { Mark } from '../world/marks.ts';
import { INPUT_TEXT, isAsking, limitOf, THROWN_TEXT } from './capabilities.ts';
import { REFUSED_TEXTS } from './open-door.ts';
import type { Stage, Wish } from './stage.ts';

export function checkStage(stage: Stage, image: StoreImage): readonly Violation[] {
  const door = readDoorImage(image);
  return [
    ...checkDoorRecords(door),
    ...checkGates(door, isAsking),
    ...checkEffects(door, happenedOf(stage)),
    ...checkUncertain(door),
    ...checkReservations(door, limitOf),
    ...checkRunFencing(image),
    ...stage.wishes.flatMap((wish) => checkTold(wish, door.effects.get(wish.effectKey))),
    ...checkTexts(stage, door),
    ...(stage.takenAgain === 0 ? [] : [violation('I4', 'a secret that was taken came out again')]),
  ];
}

export function checkQuietStage(stage: Stage, image: StoreImage): readonly Violation[] {
  const door = readDoorImage(image);
  for (const mark of marksOf(door)) stage.world.options.sometimes(mark);
  const said = { name: 'what was told to somebody', texts: stage.said };
  const streams = sinksOf(image).filter(({ name }) => image.streams.has(name));
  return [
    ...checkSettledEffects(door),
    ...checkCanaries([...sinksOf(image), said], [...stage.secrets, THROWN_TEXT]),
    ...checkCanaries(streams, [INPUT_TEXT]),
  ];
}

function happenedOf({ wishes, outside }: Stage): ReadonlyMap<string, number> {
  const effects = wishes.filter(({ tool }) => tool !== 'sim.look');
  return new Map(effects.map(({ effectKey, name }) => [effectKey, outside.count(name)]));
}

/** What somebody was told for good is what is stored. */
function checkTold({ name, told }: Wish, row: IdempotencyRow | undefined): readonly Violation[] {
  const stored = row?.status === 'settled' ? row.outcome : {};
  return told.flatMap((outcome) => {
    const holds = isStored(outcome, stored);
    return holds ? [] : [violation('I5', `${name} was told to be ${kindOf(outcome)} and is stored as something else`)];
  });
}

function isStored(outcome: InvokeOutcome, stored: IdempotencyRow | Readonly<Record<string, unknown>>): boolean {
  const { kind, output, processId, failureKind } = stored as Readonly<Record<string, unknown>>;
  switch (outcome.kind) {
    case 'completed':
      return kind === 'completed' && JSON.stringify(output) === JSON.stringify(outcome.output);
    case 'spawned_process':
      return kind === 'spawned_process' && processId === outcome.processId;
    case 'failed':
      return !FINAL.has(outcome.failureKind) || failureKind === outcome.failureKind;
    case 'approval_required':
    case 'auth_required':
    case 'resource_blocked':
      return true;
  }
}

const FINAL: ReadonlySet<string> = new Set(['uncertain', 'approval_denied', 'credentials_declined', 'budget_declined']);

function kindOf(outcome: InvokeOutcome): string {
  return outcome.kind === 'failed' ? outcome.failureKind : outcome.kind;
}

/** No effect that the hooks refuse or break over, and none but the one that was approved. */
function checkTexts({ outside, wishes, gates }: Stage, door: DoorImage): readonly Violation[] {
  const approved = new Map<string, string>();
  for (const { gateId, invocationId = '' } of door.of('effect_intended')) {
    const known = gates.find((gate) => gate.gateId === gateId);
    const text = known?.edits.at(-1) ?? (door.gates.get(gateId ?? '')?.input as { text?: string } | undefined)?.text;
    if (text !== undefined) approved.set(invocationId, text);
  }
  return outside.happened.flatMap(({ wish: name, text }) => {
    const wish = wishes.find((one) => one.name === name);
    const row = wish && door.effects.get(wish.effectKey);
    const wanted = approved.get(row?.invocationId ?? '');
    return [
      ...(REFUSED_TEXTS.includes(text.split(' ')[0] ?? '')
        ? [violation('I9', `${name} was refused and happened`)]
        : []),
      ...(wanted === undefined || wanted === text
        ? []
        : [violation('I4', `${name} happened as nobody has approved it`)]),
    ];
  });
}

function* marksOf(door: DoorImage): Generator<Mark> {
  const resolved = door.of('approval_resolved');
  const used = new Set(door.of('effect_intended').map(({ gateId }) => gateId));
  if (resolved.some(({ gateId, edited }) => edited && used.has(gateId)))
    yield 'a call was made as an answer had changed it';
  if (resolved.some(({ decision }) => decision === 'decline')) yield 'a credential was declined';
  for (const { how, gateKind } of door.of('approval_closed')) {
    if (how === 'revoked') yield 'an approval was taken back';
    if (how === 'expired') yield 'a gate ran out';
    if (how === 'superseded' && gateKind === 'approval') yield 'a gate no longer fitted its question';
  }
  for (const { cause } of door.of('recovery_marked')) {
    yield cause === 'time_over' ? 'an announced effect was given up' : 'an effect was given up under a newer lease';
  }
  for (const { how } of door.of('resources_closed')) {
    if (how === 'lost') yield 'a reservation was closed for a caller that was gone';
    if (how === 'released') yield 'a reservation was given back';
  }
  for (const { outcome } of door.of('process_ended')) {
    if (outcome === 'lost') yield 'a process was lost with its host';
    if (outcome === 'cancelled') yield 'a process was told to stop';
    if (outcome === 'completed') yield 'a process ended by itself';
  }
  for (const { code } of door.of('boundary_decided')) {
    if (code === 'tenant_foreign') yield 'an answer came from another tenant';
    if (code === 'author_not_permitted') yield 'an answer came from somebody who may not';
    if (code === 'gate_closed') yield 'an answer came to a gate that was closed';
    if (code === 'output_redacted' || code === 'output_leak') yield 'a secret was taken out of an output';
  }
  if (door.of('dispatch_failed').some(({ errorKind }) => errorKind === 'credential_refused')) {
    yield 'the other side refused a credential';
  }
  const seen = new Map<string, number>();
  for (const { invocationId = '' } of door.of('effect_intended'))
    seen.set(invocationId, (seen.get(invocationId) ?? 0) + 1);
  if ([...seen.values()].some((times) => times > 1)) yield 'an effect that had not happened was tried again';
}
