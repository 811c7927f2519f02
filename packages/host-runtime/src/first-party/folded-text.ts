/**
 * A text without differences that do not matter to a search, and the way back to the text itself.
 *
 * Not here: the search (`patch-match.ts`).
 */

/** What is left out besides the kind of line breaks: space at the end of lines, and which quotation marks are used. */
export interface Folding {
  readonly trailing: boolean;
  readonly quotes: boolean;
}

/** UTF-16 code units, with `\n` for each line break. */
export interface FoldedText {
  readonly units: Uint16Array;
  /** Where the unit at `at` begins and ends in the text. */
  startOf(at: number): number;
  endOf(at: number): number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTES: ReadonlyMap<number, number> = new Map([
  ...Array.from('“”„‟', (quote) => [quote.charCodeAt(0), 0x22] as const),
  ...Array.from('‘’‚‛', (quote) => [quote.charCodeAt(0), 0x27] as const),
]);
/** The first of them: looking up every letter of a file takes too long. */
const FIRST_QUOTE = Math.min(...QUOTES.keys());

/** Takes time linear to the text, and six bytes for each of its units. */
export function foldText(text: string, folding: Folding): FoldedText {
  const units = new Uint16Array(text.length);
  const starts = new Uint32Array(text.length);
  let length = 0;
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf('\n', start);
    const isLast = feed === -1;
    const breakAt = isLast
      ? text.length
      : feed - (feed > start && text.charCodeAt(feed - 1) === CARRIAGE_RETURN ? 1 : 0);
    let end = breakAt;
    while (folding.trailing && end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
    for (let at = start; at < end; at += 1)
      put(folding.quotes ? plainQuote(text.charCodeAt(at)) : text.charCodeAt(at), at);
    if (!isLast) put(LINE_FEED, breakAt);
    start = isLast ? text.length : feed + 1;
  }

  return {
    units: units.subarray(0, length),
    startOf: (at) => starts[at] ?? text.length,
    endOf(at) {
      const start = starts[at] ?? text.length;
      const isPair = units[at] === LINE_FEED && text.charCodeAt(start) === CARRIAGE_RETURN;
      return start + (isPair ? 2 : 1);
    },
  };

  function put(unit: number, start: number): void {
    units[length] = unit;
    starts[length] = start;
    length += 1;
  }
}

/** True when a line ends before the unit at `at`. */
export function isLineEnd(folded: FoldedText, at: number): boolean {
  return at === folded.units.length || folded.units[at] === LINE_FEED;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

function plainQuote(unit: number): number {
  return unit < FIRST_QUOTE ? unit : (QUOTES.get(unit) ?? unit);
}
