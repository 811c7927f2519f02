/** Reborn's own authoriser. */
import { authorize } from '@reborn/host-runtime/testkit';
import { isAllowed, type DecisionCase } from './decision-cases.ts';

/** Who decides. Making a question ready is apart, so that only asking is timed. */
export interface Decider {
  /** Makes a question ready; returns what asks it and says whether the call is allowed. */
  prepare(question: DecisionCase): () => boolean;
}

export const rebornDecisions: Decider = {
  prepare:
    ({ request }) =>
    () =>
      isAllowed(authorize(request).verdicts),
};
