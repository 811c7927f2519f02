/** How the demonstration speaks: headings, a line about why, and the output of other processes behind a bar. */
export interface Screen {
  heading(text: string, why: string): void;
  say(text: string): void;
  command(words: readonly string[]): void;
  /** A line that another process printed. */
  quote(line: string): void;
}

export function createScreen(write: (text: string) => void): Screen {
  let sections = 0;
  return {
    heading: (text, why) => {
      sections += 1;
      write(`\n${sections}. ${text}\n   ${'-'.repeat(text.length)}\n   ${why}\n\n`);
    },
    say: (text) => write(`   ${text}\n`),
    command: (words) => write(`   $ reborn ${words.map(quoted).join(' ')}\n`),
    quote: (line) => write(`   | ${line}`.trimEnd().concat('\n')),
  };
}

function quoted(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
