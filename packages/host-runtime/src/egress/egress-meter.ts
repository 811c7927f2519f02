/**
 * How many bytes one call has sent, over all of its requests, and how many it may still send.
 *
 * Not here: how many a message takes (`egress-message.ts`), what calls may use together (`../budget/`).
 * Source: specification 2, a.8 and f.2-16.
 */

interface EgressMeter {
  /** What was sent, and what may be on its way. */
  readonly bytes: number;
  /** Takes the bytes before the first of them leaves; `undefined` when they are more than is left. */
  reserve(bytes: number): EgressHold | undefined;
}

export interface EgressHold {
  /** Says how many went out, at most as many as were held. Counts once. */
  settle(bytes: number): void;
}

export function createEgressMeter(bytesMax: number | undefined): EgressMeter {
  let total = 0;
  return {
    get bytes() {
      return total;
    },
    reserve(bytes) {
      if (bytesMax !== undefined && total + bytes > bytesMax) return undefined;
      total += bytes;
      let isOpen = true;
      return {
        settle(sent) {
          if (isOpen) total -= bytes - sent;
          isOpen = false;
        },
      };
    },
  };
}
