/**
 * Answers what the doors ask: as wished, otherwise, twice, late, from elsewhere, as somebody who may not, and takes answers
 * back.
 *
 * Not here: what an answer leads to (`door-caller.ts` asks again).
 */
import type { GateId } from '@reborn/host-api';
import type { ResolveGateRequest } from '@reborn/host-runtime';
import { SCOPES } from '../door/capabilities.ts';
import { TEXTS } from '../door/open-door.ts';
import { credentialsOf, type KnownGate, type Stage } from '../door/stage.ts';
import type { SeededRandom } from '../platform/seeded-random.ts';
import type { SimulatedProcess } from '../world/world.ts';
import type { Operation, OperationContext } from './actor.ts';

type Answer = Omit<ResolveGateRequest, 'gateId' | 'tenantId' | 'approver'>;

export function answererOperations(stage: Stage): readonly Operation[] {
  const { sometimes } = stage.world.options;

  const answer = async ({ process, random }: OperationContext): Promise<void> => {
    const gate = pickGate(stage.gates, random);
    if (gate === undefined) return;
    const outcome = await stage.answer(process, gate, { ...ownerOf(gate), ...drawAnswer(stage, gate, random) });
    if (outcome.kind === 'wrong_decision') sometimes('an answer was of another kind than its question');
    if (outcome.kind === 'credentials_missing') sometimes('a credential was said to be there and was not');
    if (outcome.kind === 'resolved' && gate.kind === 'resource_blocked') sometimes('a budget gate was answered');
  };

  const takeBack = async ({ process, random }: OperationContext): Promise<void> => {
    const gate = pickGate(
      stage.gates.filter(({ answered }) => answered),
      random,
    );
    if (gate === undefined) return;
    await stage.answer(process, gate, { ...ownerOf(gate), decision: 'revoke' });
  };

  /** Another tenant's person, another person, or the agent that makes the call. */
  const stranger = async ({ process, random }: OperationContext): Promise<void> => {
    const gate = pickGate(stage.gates, random);
    if (gate === undefined) return;
    const { tenantId, approver } = ownerOf(gate);
    const others = SCOPES.filter(({ userId }) => userId !== gate.wish.scope.userId);
    const other = random.pick(others);
    const may: readonly [ResolveGateRequest['tenantId'], ResolveGateRequest['approver']][] = [
      [other.tenantId, { kind: 'user', id: other.userId }],
      [other.tenantId, approver],
      [tenantId, { kind: 'user', id: other.userId }],
      [tenantId, { kind: 'agent', id: 'agent' }],
    ];
    const [asTenant, as] = random.pick(may);
    await stage.answer(process, gate, { tenantId: asTenant, approver: as, ...drawAnswer(stage, gate, random) });
  };
  return [
    { name: 'door.answer', weight: 6, run: answer },
    { name: 'door.take_back', weight: 3, run: takeBack },
    { name: 'door.stranger', weight: 2, run: stranger },
  ];
}

/** As whoever wants the effect would answer. Errors: those of the door. */
export async function answerKindly(
  stage: Stage,
  process: SimulatedProcess,
  random: SeededRandom,
  { gateId }: { readonly gateId: GateId },
): Promise<void> {
  const gate = stage.gates.find((one) => one.gateId === gateId);
  if (gate === undefined) return;
  await stage.answer(process, gate, { ...ownerOf(gate), ...kindAnswer(stage, gate, random) });
}

function kindAnswer(stage: Stage, gate: KnownGate, random: SeededRandom): Answer {
  switch (gate.kind) {
    case 'approval_required':
      return random.chance(0.3) ? edit(gate, 'plain', random) : { decision: 'approve' };
    case 'auth_required':
      return { decision: 'authenticate', credentials: credentialsOf(stage, random) };
    case 'resource_blocked':
      return { decision: 'approve' };
  }
}

function drawAnswer(stage: Stage, gate: KnownGate, random: SeededRandom): Answer {
  if (random.chance(0.6)) return kindAnswer(stage, gate, random);
  const answers: readonly Answer[] = [
    { decision: 'deny', reason: 'I would rather not.' },
    { decision: 'decline' },
    { decision: 'authenticate' },
    { decision: 'revoke' },
    edit(gate, random.pick(TEXTS), random),
    { decision: 'edit', input: { wish: gate.wish.name } },
  ];
  return random.pick(answers);
}

function edit({ wish }: KnownGate, word: string, random: SeededRandom): Answer {
  return { decision: 'edit', input: { ...wish.input, text: `${word} edited ${random.between(1, 99)}` } };
}

function ownerOf({ wish }: KnownGate): Pick<ResolveGateRequest, 'tenantId' | 'approver'> {
  const { tenantId, userId } = wish.scope;
  return { tenantId, approver: { kind: 'user', id: userId } };
}

/** Mostly a late one. */
function pickGate(gates: readonly KnownGate[], random: SeededRandom): KnownGate | undefined {
  const from = random.chance(0.7) ? gates.slice(-6) : gates;
  return from.length === 0 ? undefined : random.pick(from);
}
