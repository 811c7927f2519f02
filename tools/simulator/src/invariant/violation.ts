/** What an invariant says when it does not hold. Not here: the invariants. */

export type InvariantId = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I11' | 'I12' | 'I13';

/** `sentence` says what was found, with places and without contents. */
export interface Violation {
  readonly invariant: InvariantId;
  readonly sentence: string;
}

export function violation(invariant: InvariantId, sentence: string): Violation {
  return { invariant, sentence };
}
