/**
 * How many columns of a terminal a text takes, and folding it into so many.
 *
 * Not here: what must not reach a terminal at all (`style.ts`).
 */

/** Written over the character before them. */
const NARROW = /^(?:\p{Mn}|\p{Me}|\u200d|\ufe0e|\ufe0f)$/u;
/** As most terminals draw them. */
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u;

export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += widthOf(character);
  return columns;
}

/** The beginning of a text that fits, with an ellipsis when something is left out. */
export function cut(text: string, columnsMax: number): string {
  return columnsOf(text) <= columnsMax ? text : `${head(text, columnsMax - 1)}…`;
}

/**
 * Lines of at most `columnsMax` columns; between words where there are some. Nothing is lost but the spaces at which
 * the text is broken. Invariant: never empty.
 */
export function fold(text: string, columnsMax: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (columnsOf(rest) > columnsMax) {
    const fitting = head(rest, columnsMax);
    const space = rest[fitting.length] === ' ' ? fitting.length : fitting.lastIndexOf(' ');
    // A line that would be mostly empty is broken inside the word.
    const end = space > fitting.length / 3 ? space : fitting.length;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^ /, '');
  }
  return [...lines, rest];
}

/** At least one character, so that folding comes to an end. */
function head(text: string, columnsMax: number): string {
  let length = 0;
  let columns = 0;
  for (const character of text) {
    columns += widthOf(character);
    if (columns > columnsMax && length > 0) break;
    length += character.length;
  }
  return text.slice(0, length);
}

function widthOf(character: string): number {
  if (NARROW.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
