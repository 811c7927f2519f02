/**
 * The guarantees that the door alone can give, one by one, by class of failure, on every storage there is; and, for each,
 * that it does not hold where its defence is gone.
 *
 * Not here: what they say (`guarantee-answers.ts`, `guarantee-refusals.ts`), the worlds without a defence (`guarantee-holes.ts`).
 * Source: rulings, section 10.
 */
import { describe, expect, test } from 'vitest';
import { BACKENDS, createWorldOn } from './backends.ts';
import type { Guarantees } from './guarantee.ts';
import {
  approvedIsExecuted,
  declinedCallThatStillRuns,
  forgedApproval,
  modelApprovingItself,
  twoParallelGates,
  wrongApprover,
} from './guarantee-answers.ts';
import { gateFailed, gateSaidNo, refusedAndWhy, tenantLost } from './guarantee-refusals.ts';
import { UNGUARDED } from './guarantee-holes.ts';
import { createOpenWorld } from './hole.ts';

describe.each(BACKENDS)('on %s', (backend) => {
  const holds = (guarantees: Guarantees): void => {
    test.each(Object.entries(guarantees))('%s', async (_, body) => body(await createWorldOn(backend)));
  };
  describe('forged approval', () => holds(forgedApproval));
  describe('model approving itself', () => holds(modelApprovingItself));
  describe('declined call that still runs', () => holds(declinedCallThatStillRuns));
  describe('approved input ≠ executed input', () => holds(approvedIsExecuted));
  describe('wrong approver', () => holds(wrongApprover));
  describe('two parallel gates of one tool', () => holds(twoParallelGates));
  describe('gate said no and the tool ran', () => holds(gateSaidNo));
  describe('gate failed and the tool ran', () => holds(gateFailed));
  describe('tenant lost in a nested run', () => holds(tenantLost));
  describe('refused and nobody can say why', () => holds(refusedAndWhy));
});

/** How a test says that something else happened than should. */
const NOTICED = /^expected |^no gate but |^no fault but |^not \w+ but /;

describe('without its defence the test of a guarantee fails', () => {
  test.each(UNGUARDED)('"$guarantee" where $where', async ({ body, hole }) => {
    await expect(body(createOpenWorld(hole))).rejects.toThrow(NOTICED);
  });

  test('of each guarantee', () => {
    const all = [
      forgedApproval,
      modelApprovingItself,
      declinedCallThatStillRuns,
      approvedIsExecuted,
      wrongApprover,
      twoParallelGates,
      gateSaidNo,
      gateFailed,
      tenantLost,
      refusedAndWhy,
    ];
    const shown = new Set(UNGUARDED.map(({ guarantee }) => guarantee));
    expect(all.flatMap((each) => Object.keys(each)).filter((guarantee) => !shown.has(guarantee))).toEqual([]);
  });
});
