/**
 * A policy by script, which records what it was asked. Beyond its script it says nothing.
 *
 * Not here: hooks (`@reborn/hooks`).
 */
import { digestOf, portableDigest, type JsonValue, type Verdict } from '@reborn/host-api';
import type { CallPolicy, JudgedCall, Judgement } from '../invoke/call-policy.ts';

/** Verdicts, a whole judgement, or a function that may do anything. */
export type ScriptedJudgement = readonly Verdict[] | Partial<Judgement> | ((call: JudgedCall) => unknown);

export interface RecordingPolicy extends CallPolicy {
  readonly calls: readonly JudgedCall[];
  /** Adds judgements after those that are left. */
  add(...judgements: readonly ScriptedJudgement[]): void;
  /** Another set of hooks from now on. */
  setVersion(version: JsonValue): void;
  readonly unused: number;
}

/** `otherwise`: what it says beyond the script. */
export function recordingPolicy(
  script: readonly ScriptedJudgement[] = [],
  otherwise: ScriptedJudgement = [],
): RecordingPolicy {
  const left = [...script];
  const calls: JudgedCall[] = [];
  let version: JsonValue = 1;
  return {
    calls,
    add: (...judgements) => void left.push(...judgements),
    setVersion: (next) => void (version = next),
    get unused() {
      return left.length;
    },
    digest: () => digestOf({ version }, portableDigest),
    judge: async (call) => {
      calls.push(call);
      const next = left.shift() ?? otherwise;
      if (typeof next === 'function') return (await next(call)) as Judgement;
      const said: Partial<Judgement> = isVerdicts(next) ? { verdicts: next } : next;
      return { verdicts: [], records: [], writes: [], ...said };
    },
  };
}

function isVerdicts(judgement: readonly Verdict[] | Partial<Judgement>): judgement is readonly Verdict[] {
  return Array.isArray(judgement);
}
