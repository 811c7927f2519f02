/**
 * Whether the steps of a recording fit together: ids, branches and references. A recording that passes can only move
 * forward, so it ends, and each of its calls is made at most once.
 *
 * Not here: the form of a step (`recording-step.ts`).
 */
import { referencesOf, refused, type Expression } from './expression.ts';
import type { RecordedStep } from './recording-step.ts';

/** Errors: `host-api/invalid_value` naming step, field and rule. */
export function checkSteps(steps: readonly RecordedStep[]): void {
  const positions = new Map<string, number>();
  const calls = new Map<string, KnownCall>();
  for (const [at, step] of steps.entries()) {
    if (positions.has(step.id)) throw refused(placeOf(step, at, 'id'), 'must not be used by two steps');
    positions.set(step.id, at);
    checkCalls(step, at, calls);
  }
  for (const [at, step] of steps.entries()) {
    checkReply(step, at, steps.length);
    checkBranches(step, at, positions);
    checkReferences(step, at, calls);
  }
  checkReachable(steps, positions);
}

interface KnownCall {
  readonly at: number;
  readonly fansOut: boolean;
}

function checkCalls(step: RecordedStep, at: number, calls: Map<string, KnownCall>): void {
  for (const [index, call] of step.calls.entries()) {
    if (calls.has(call.id)) throw refused(placeOf(step, at, `calls.${index}.id`), 'must not be used by two calls');
    calls.set(call.id, { at, fansOut: call.each !== undefined });
  }
}

function checkReply(step: RecordedStep, at: number, count: number): void {
  if (step.calls.length > 0) {
    if (at === count - 1) throw refused(placeOf(step, at, 'calls'), 'must be empty: the last step is the reply');
    return;
  }
  if (step.say === undefined) throw refused(placeOf(step, at, 'say'), 'must be there: a step without calls is a reply');
  if (step.next.length > 0) throw refused(placeOf(step, at, 'next'), 'must be empty: nothing follows a reply');
}

function checkBranches(step: RecordedStep, at: number, positions: ReadonlyMap<string, number>): void {
  for (const [index, branch] of step.next.entries()) {
    const target = positions.get(branch.goto);
    if (target === undefined) throw refused(placeOf(step, at, `next.${index}.goto`), 'must name a step');
    if (target <= at) throw refused(placeOf(step, at, `next.${index}.goto`), 'must name a later step');
    const { when } = branch;
    if (when.kind === 'outcome' && !step.calls.some((call) => call.id === when.callId)) {
      throw refused(placeOf(step, at, `next.${index}.when.call`), 'must name a call of this step');
    }
  }
}

function checkReferences(step: RecordedStep, at: number, calls: ReadonlyMap<string, KnownCall>): void {
  const check = (expression: Expression | undefined, field: string, latest: number): void => {
    for (const reference of expression === undefined ? [] : referencesOf(expression)) {
      const call = calls.get(reference.callId);
      if (call === undefined || call.at > latest) {
        throw refused(placeOf(step, at, field), 'must refer to calls of earlier steps only');
      }
      if (call.fansOut && reference.of === 'only') {
        throw refused(
          placeOf(step, at, field),
          'must use "fromCalls", or a number as in "read.0", for a call with "each"',
        );
      }
      if (!call.fansOut && reference.of === 'one') {
        throw refused(placeOf(step, at, field), 'must not use a number for a call without "each"');
      }
    }
  };
  check(step.say, 'say', at - 1);
  for (const [index, call] of step.calls.entries()) {
    check(call.each, `calls.${index}.each`, at - 1);
    check(call.input, `calls.${index}.input`, at - 1);
  }
  for (const [index, { when }] of step.next.entries()) {
    if (when.kind === 'empty') check(when.of, `next.${index}.when.empty`, at);
  }
}

/** Steps that nothing leads to are mistakes of whoever wrote the recording. */
function checkReachable(steps: readonly RecordedStep[], positions: ReadonlyMap<string, number>): void {
  const reached = new Set([0]);
  for (const [at, step] of steps.entries()) {
    if (!reached.has(at)) throw refused(placeOf(step, at, 'id'), 'must be the goto of a step or follow one with calls');
    if (step.calls.length > 0) reached.add(at + 1);
    for (const branch of step.next) reached.add(positions.get(branch.goto) ?? at);
  }
}

function placeOf(step: RecordedStep, at: number, field: string): { readonly step: string; readonly field: string } {
  return { step: step.id, field: `steps.${at}.${field}` };
}
