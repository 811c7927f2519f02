/**
 * What must never come of answers, by whatever way they came.
 *
 * Not here: the attacks (`hostile-answers.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
import type { GateId, GateRow, JsonValue } from '@reborn/host-api';
import type { ResolveGateOutcome } from '@reborn/host-runtime';

/** A gate as it was asked. `bound`: what the door that asked goes by. */
export interface Opened {
  readonly call: number;
  readonly bound: string;
  readonly input: JsonValue;
}

export interface Answered {
  readonly gateId: string;
  readonly decision: string;
  readonly input: JsonValue | undefined;
  /** Whether whoever answered may. */
  readonly rightful: boolean;
  readonly outcome: ResolveGateOutcome['kind'];
}

export interface Effect {
  readonly call: number;
  readonly input: JsonValue;
  readonly bound: string;
  readonly atMs: number;
}

interface SiegeRecord {
  readonly calls: readonly number[];
  readonly opened: ReadonlyMap<GateId, Opened>;
  readonly answers: readonly Answered[];
  readonly effects: readonly Effect[];
  /** All gates, as they are in the end. */
  readonly rows: ReadonlyMap<GateId, GateRow>;
}

/** Sentences; none when everything held. */
export function judgeSiege(siege: SiegeRecord): readonly string[] {
  return [
    ...siege.calls.flatMap((call) => judgeCall(siege, call)),
    ...siege.answers.flatMap((answer) => judgeAnswer(siege, answer)),
    ...[...siege.rows.values()].flatMap((gate) => judgeGate(siege, gate)),
  ];
}

function judgeCall({ effects, rows, opened, ...siege }: SiegeRecord, call: number): readonly string[] {
  const happened = effects.filter((effect) => effect.call === call);
  const gates = [...rows.values()].filter(({ gateId }) => opened.get(gateId)?.call === call);
  return [
    ...(happened.length > 1 ? [`call ${call} had ${happened.length} effects`] : []),
    ...(happened.length > 0 && gates.some(({ status }) => status === 'denied')
      ? [`call ${call} was denied and ran`]
      : []),
    ...happened.flatMap((effect) => judgeEffect({ opened, ...siege }, effect, gates)),
  ];
}

/** One gate was used up for it: approved by whom it was for, in time, for this input and under these conditions. */
function judgeEffect(
  { opened, answers }: Pick<SiegeRecord, 'opened' | 'answers'>,
  effect: Effect,
  gates: readonly GateRow[],
): readonly string[] {
  const used = gates.filter(({ status }) => status === 'consumed');
  const [gate] = used;
  if (gate === undefined || used.length > 1) return [`an effect used up ${used.length} gates`];
  const asked = opened.get(gate.gateId);
  const [given, ...more] = answers.filter(
    ({ gateId, decision, outcome }) =>
      gateId === gate.gateId && outcome === 'resolved' && (decision === 'approve' || decision === 'edit'),
  );
  if (given === undefined || more.length > 0 || !given.rightful) return ['an effect that nobody approved who may'];
  const approved = given.decision === 'edit' ? given.input : asked?.input;
  return [
    ...(isDeepStrictEqual(effect.input, approved) && isDeepStrictEqual(gate.input, approved)
      ? []
      : [`${JSON.stringify(effect.input)} was executed and ${JSON.stringify(approved)} approved`]),
    ...(asked?.bound === effect.bound ? [] : [`asked under ${asked?.bound} and executed under ${effect.bound}`]),
    ...(effect.atMs < gate.receipt.expiresAtMs ? [] : ['an effect by an approval that had run out']),
  ];
}

function judgeGate({ answers }: SiegeRecord, { gateId, resolution, revokedBy }: GateRow): readonly string[] {
  const given = answers
    .filter((each) => each.gateId === gateId && each.outcome === 'resolved')
    .map(({ decision }) => decision);
  const said = [
    ...(resolution === undefined ? [] : [resolution.decision]),
    ...(revokedBy === undefined ? [] : ['revoke']),
  ];
  return said.filter((decision) => !given.includes(decision)).map((decision) => `nobody said "${decision}"`);
}

function judgeAnswer(
  { answers, rows }: SiegeRecord,
  { gateId, decision, rightful, outcome }: Answered,
): readonly string[] {
  const status = rows.get(gateId as GateId)?.status;
  const won = answers.filter((other) => other.gateId === gateId && other.outcome === 'resolved');
  if (!rightful)
    return outcome === 'resolved' ? [`an answer counted that was not for its author to give: ${decision}`] : [];
  if (outcome !== 'resolved') return [];
  return [
    ...(won.filter((other) => other.decision !== 'revoke').length > 1 ? ['two answers counted to one question'] : []),
    ...(decision === 'deny' && status !== 'denied' ? [`a denied gate is ${status}`] : []),
    ...(decision === 'revoke' && status !== 'revoked' ? [`a revoked gate is ${status}`] : []),
  ];
}
