/**
 * I4: an answer that was used, taken back or outlived is never usable again; and what it lets happen is what was asked,
 * answered by whoever may.
 *
 * Not here: how often the effect behind it happened (`effects-at-most-once.ts`), secrets that were lent (`../door`).
 * Source: the project's measures, B1.
 */
import type { GateRow } from '@reborn/host-api';
import type { LogRecord } from '@reborn/events';
import type { DoorImage } from './door-image.ts';
import { violation, type Violation } from './violation.ts';

type Intended = Extract<LogRecord, { kind: 'effect_intended' }>;

/** `asks`: whether somebody has to be asked before each call of a capability. */
export function checkGates(door: DoorImage, asks: (capabilityId: string) => boolean): readonly Violation[] {
  return [...checkUse(door, asks), ...checkAnswers(door)];
}

function checkUse(door: DoorImage, asks: (capabilityId: string) => boolean): readonly Violation[] {
  const used = new Set<string>();
  const closed = new Set(door.of('approval_closed').map(({ gateId }) => gateId));
  return door.of('effect_intended').flatMap((intended) => {
    const { gateId, capabilityId } = intended;
    if (gateId === undefined)
      return asks(capabilityId) ? [found(capabilityId, 'was announced though nobody was asked')] : [];
    const gate = door.gates.get(gateId);
    if (gate === undefined) return [found(gateId, 'was used and is not there')];
    const rules: readonly (readonly [boolean, string])[] = [
      [used.has(gateId), 'let two effects happen'],
      [gate.status !== 'consumed', `let an effect happen and is ${gate.status}`],
      [closed.has(gateId), 'was closed and used all the same'],
      [asks(capabilityId) && !hasApproval(gate), 'let an effect happen that nobody had approved'],
      [!isFor(gate, intended), 'was answered for another effect than the one that was announced'],
    ];
    used.add(gateId);
    return rules.flatMap(([isBroken, rule]) => (isBroken ? [found(gateId, rule)] : []));
  });
}

/** Each gate is answered once, by the person in whose name the call is made, and an edit is in the gate. */
function checkAnswers(door: DoorImage): readonly Violation[] {
  const answered = new Set<string>();
  return door.of('approval_resolved').flatMap(({ gateId, by, edited }) => {
    const gate = door.gates.get(gateId);
    const isOwner = by.kind === 'user' && by.id === gate?.receipt.scope.userId;
    const rules: readonly (readonly [boolean, string])[] = [
      [answered.has(gateId), 'was answered twice'],
      [gate !== undefined && !isOwner, 'was answered by somebody who may not'],
      [gate !== undefined && edited !== (gate.resolution?.replacedInput !== undefined), 'lost what its answer changed'],
    ];
    answered.add(gateId);
    return rules.flatMap(([isBroken, rule]) => (isBroken ? [found(gateId, rule)] : []));
  });
}

/** By this gate, or by an earlier one of the same call. */
function hasApproval({ kind, asked, granted = [] }: GateRow): boolean {
  const codes = [...granted, ...asked.map((code) => `${kind}:${code}`)];
  return codes.includes('approval:permission_ask') || codes.includes('approval:effects_ask');
}

function isFor({ receipt, resolution }: GateRow, { invocationId, inputDigest, authorityDigest }: Intended): boolean {
  const accepted = resolution !== undefined && resolution.decision !== 'deny' && resolution.decision !== 'decline';
  return (
    accepted &&
    receipt.invocationId === invocationId &&
    receipt.inputDigest === inputDigest &&
    receipt.authorityDigest === authorityDigest
  );
}

function found(name: string, rule: string): Violation {
  return violation('I4', `${name} ${rule}`);
}
