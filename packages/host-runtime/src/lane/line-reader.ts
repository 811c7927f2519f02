/**
 * Bytes of a stream as lines of text, as they become whole: whoever looks for secrets in them finds those that came in
 * pieces.
 *
 * Not here: what becomes of the lines (`process-lane.ts`).
 */
import { PROGRAM_LINE_CHARACTERS_MAX } from '../limits.ts';

/** A line that is too long comes in parts. What follows the last line break does not come. */
export function createLineReader(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) onLine(cut(line));
    rest = cut(last);
  };

  /** What is left of it when it fits. */
  function cut(line: string): string {
    let left = line;
    while (left.length > PROGRAM_LINE_CHARACTERS_MAX) {
      onLine(left.slice(0, PROGRAM_LINE_CHARACTERS_MAX));
      left = left.slice(PROGRAM_LINE_CHARACTERS_MAX);
    }
    return left;
  }
}
