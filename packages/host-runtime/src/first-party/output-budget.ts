/**
 * How much of an output is still free, counted as it will be serialised.
 *
 * Not here: what is left out when it is full (the tools).
 */
import { utf8Bytes, type JsonValue } from '@reborn/host-api';

/** `take` is false, and takes nothing, when the value does not fit any more. */
export interface OutputBudget {
  take(value: JsonValue): boolean;
}

/** Units: UTF-8 bytes of JSON, with one more per value for what separates it from the next. */
export function createOutputBudget(bytesMax: number): OutputBudget {
  let free = bytesMax;
  return {
    take(value) {
      const bytes = utf8Bytes(JSON.stringify(value)) + 1;
      if (bytes > free) return false;
      free -= bytes;
      return true;
    },
  };
}
