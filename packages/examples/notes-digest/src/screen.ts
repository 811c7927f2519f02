/** How the demonstration speaks: headings, a line about why, and the output of other processes behind a bar. */
export interface Screen {
  heading(text: string, why: string): void;
  say(text: string): void;
  command(words: readonly string[]): void;
  /** A line that another process printed. */
  quote(line: string): void;
}

const COLUMNS_MIN = 40;
/** Labels are at most so wide; what goes on below them is indented as far. */
const LABEL_COLUMNS_MAX = 12;

/** `columns` of a terminal, where lines are folded between words; nothing is folded without. */
export function createScreen(write: (text: string) => void, columns: () => number | undefined): Screen {
  let sections = 0;
  const lines = (before: string, text: string, hang = ''): void => {
    const room = Math.max(COLUMNS_MIN, columns() ?? Number.POSITIVE_INFINITY) - before.length - hang.length;
    for (const [at, part] of fold(text, room).entries())
      write(`${before}${at === 0 ? '' : hang}${part}`.trimEnd().concat('\n'));
  };
  return {
    heading: (text, why) => {
      sections += 1;
      write(`\n${sections}. ${text}\n   ${'-'.repeat(text.length)}\n`);
      lines('   ', why);
      write('\n');
    },
    say: (text) => lines('   ', text),
    command: (words) => lines('   ', `$ reborn ${words.map(quoted).join(' ')}`, '    '),
    quote: (line) => lines('   | ', line, hangOf(line)),
  };
}

function hangOf(line: string): string {
  const label = /^ *\S+ +/.exec(line)?.[0].length ?? 0;
  return ' '.repeat(label > LABEL_COLUMNS_MAX ? 2 : label);
}

/** Words that are longer than the room stand on a line of their own. */
function fold(text: string, room: number): readonly string[] {
  if (text.length <= room) return [text];
  const space = text.lastIndexOf(' ', room);
  const end = text.slice(0, space).trim() === '' ? text.indexOf(' ', room) : space;
  return end < 0 ? [text] : [text.slice(0, end), ...fold(text.slice(end + 1), room)];
}

function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
