/**
 * Text that arrives in pieces, as lines. A line is bounded, so that a file without line breaks is refused instead of held.
 *
 * Not here: what stands in a line (`stream-file.ts`).
 */
import { STREAM_LINE_BYTES_MAX } from '../limits.ts';
import { invalidFile } from './stream-file.ts';

/** Lines without their breaks; the last may lack one. Errors: `events/invalid_stream_file` for a line that is too long. */
export async function* toLines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let number = 1;
  for await (const piece of pieces) {
    rest += piece;
    let start = 0;
    for (let end = rest.indexOf('\n', start); end >= 0; end = rest.indexOf('\n', start)) {
      yield rest.slice(start, end);
      number += 1;
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > STREAM_LINE_BYTES_MAX)
      throw invalidFile(number, `must be at most ${STREAM_LINE_BYTES_MAX} bytes`);
  }
  if (rest !== '') yield rest;
}
