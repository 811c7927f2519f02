/**
 * Why a call failed: a closed set, each kind with its fate and the sentence that may be shown to anybody.
 *
 * Not here: faults of the door (`errors.ts`).
 * Source: specification 2, b.4 and f.1; rulings, section 3.
 */

/** What the caller should do. `model_visible`: let the model see it and go on. `terminal`: the run cannot go on. */
export type FailureFate = 'retry' | 'model_visible' | 'park' | 'terminal';

/** What is known about the world: nothing happened, it happened, or nobody can know. */
export type Effect = 'none' | 'happened' | 'uncertain';

interface FailureRow {
  readonly fate: FailureFate;
  readonly message: string;
}

export const FAILURES = {
  unknown_capability: { fate: 'model_visible', message: 'There is no such capability.' },
  invalid_input: { fate: 'model_visible', message: 'The input does not have the form that the capability takes.' },
  denied: { fate: 'model_visible', message: 'The call is not permitted.' },
  credentials_declined: { fate: 'model_visible', message: 'The credentials that the call needs were not given.' },
  budget_declined: { fate: 'model_visible', message: 'The call would use up more than is left, and was declined.' },
  lane_unavailable: { fate: 'model_visible', message: 'This host has nothing to run the capability with.' },
  approval_denied: { fate: 'model_visible', message: 'The call was declined by the person who was asked.' },
  capability_failed: { fate: 'model_visible', message: 'The capability could not do what was asked.' },
  output_too_large: { fate: 'model_visible', message: 'The output was larger than allowed and is withheld.' },
  output_withheld: { fate: 'model_visible', message: 'The output held what must not go out and is withheld.' },
  timed_out: { fate: 'model_visible', message: 'The call did not finish in time.' },
  cancelled: { fate: 'terminal', message: 'The call was cancelled.' },
  uncertain: {
    fate: 'model_visible',
    message: 'The host stopped during this call. It may or may not have happened, and it is not repeated.',
  },
  unavailable: { fate: 'retry', message: 'The capability is not available at the moment.' },
} as const satisfies Readonly<Record<string, FailureRow>>;
export type FailureKind = keyof typeof FAILURES;
