/** What the demonstration has seen with its own eyes, claim by claim. */
export interface Observations {
  /** A claim that was seen once and not seen another time was not seen. */
  note(claim: string, seen: boolean): void;
  readonly missing: readonly string[];
  readonly seen: readonly string[];
}

export function createObservations(): Observations {
  const claims = new Map<string, boolean>();
  const which = (wanted: boolean): readonly string[] =>
    [...claims].flatMap(([claim, seen]) => (seen === wanted ? [claim] : []));
  return {
    note: (claim, seen) => void claims.set(claim, seen && claims.get(claim) !== false),
    get missing() {
      return which(false);
    },
    get seen() {
      return which(true);
    },
  };
}
