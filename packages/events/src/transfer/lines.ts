/**
 * Text that arrives in pieces, as lines. A line is bounded, so that a file without line breaks is refused instead of held.
 *
 * Not here: what stands in a line (`stream-file.ts`).
 */
import { STREAM_LINE_BYTES_MAX } from '../limits.ts';
import { invalidFile } from './stream-file.ts';

/** Lines without their breaks; the last may lack one. Errors: `events/invalid_stream_file` for a line that is too long. */
export async function* toLines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  let number = 1;
  for await (const piece of pieces) {
    let start = 0;
    // What came before holds no break: only what is new is searched.
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      yield parts.join('') + piece.slice(start, end);
      [parts, length] = [[], 0];
      number += 1;
      start = end + 1;
    }
    parts.push(piece.slice(start));
    length += piece.length - start;
    if (length > STREAM_LINE_BYTES_MAX) throw invalidFile(number, `must be at most ${STREAM_LINE_BYTES_MAX} bytes`);
  }
  if (length > 0) yield parts.join('');
}
