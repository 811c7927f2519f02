/**
 * A shell command taken apart, as far as a check needs it: simple commands with their words, what feeds them, and what
 * stands inside substitutions. Quotes, escapes, comments, here-documents and the usual ways to write nothing are resolved.
 *
 * It is no parser: reserved words are words, parentheses are taken as they come (those of `case` too), braces are not
 * expanded, and no variable has a value.
 *
 * Not here: what is refused (`shell-check.ts`), the commands while they are read (`shell-frame.ts`).
 * Source: POSIX.1-2017, XCU 2.2 and 2.3; specification 2, d, "Shell validation".
 */
import { SHELL_SUBSTITUTIONS_MAX } from './limits.ts';
import { ShellFrame, type HereBody, type HereDocument, type ShellCommand } from './shell-frame.ts';

/** `encoded`: some text is written in numbers. `tooNested`: the rest was not read. Order: as they end. */
interface ShellScript {
  readonly commands: readonly ShellCommand[];
  readonly encoded: boolean;
  readonly tooNested: boolean;
}

/** Invariant: the work is linear in the text. */
export function readShellScript(text: string): ShellScript {
  return new Reader(text).read();
}

/** The longest first. */
const REDIRECTS = ['&>>', '<<<', '<<-', '&>', '<<', '<>', '<&', '>>', '>&', '>|', '<', '>'] as const;
const SEPARATORS = ['&&', '||', ';;', '|&', ';', '|', '&', '\n'] as const;
/** Parameters of a command that was given none: all of them are empty. */
const EMPTY_PARAMETER = /\$(?:[@*!1-9]|\{[@*!1-9]\})/y;
const WORD_BREAK = /\$(?:IFS(?![A-Za-z0-9_])|\{IFS[^}]{0,32}\})/y;
const NUMBERED = /\\[xuU0-7]/;

class Reader {
  readonly #text: string;
  readonly #commands: ShellCommand[] = [];
  readonly #outer: ShellFrame[] = [];
  #frame = new ShellFrame(undefined, 0);
  #at = 0;
  #pipelines = 0;
  #inBackticks = false;
  #encoded = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): ShellScript {
    while (this.#at < this.#text.length && this.#outer.length <= SHELL_SUBSTITUTIONS_MAX) this.#step();
    const tooNested = this.#outer.length > SHELL_SUBSTITUTIONS_MAX;
    while (this.#outer.length > 0) this.#close();
    this.#endCommand();
    return { commands: this.#commands, encoded: this.#encoded, tooNested };
  }

  #step(): void {
    const { quote, body } = this.#frame;
    if (quote === 'here' && this.#at >= body.end) return this.#leaveBody();
    switch (this.#text.charAt(this.#at)) {
      case '\\':
        return this.#escape();
      case '$':
        return this.#expand();
      case '`':
        return this.#backtick();
      case '"':
        return this.#doubleQuote();
      default:
        return quote === 'none' ? this.#unquoted() : this.#take();
    }
  }

  #unquoted(): void {
    const [text, at] = [this.#text, this.#at];
    const character = text.charAt(at);
    if (character === "'") return this.#singleQuote();
    if (character === '#' && this.#frame.betweenWords) return this.#skipTo(text.indexOf('\n', at));
    if (character === ' ' || character === '\t') return this.#breakWord(1);
    if (character === '(' || character === ')') return this.#parenthesis(character);
    if ((character === '<' || character === '>') && text.charAt(at + 1) === '(') {
      this.#frame.put('', { process: true });
      return this.#open(')', 2);
    }
    const redirect = REDIRECTS.find((operator) => text.startsWith(operator, at));
    if (redirect !== undefined) {
      this.#breakWord(redirect.length);
      this.#frame.operator = redirect;
      return;
    }
    const separator = SEPARATORS.find((operator) => text.startsWith(operator, at));
    return separator === undefined ? this.#take() : this.#separate(separator);
  }

  #separate(separator: (typeof SEPARATORS)[number]): void {
    this.#endCommand();
    this.#at += separator.length;
    if (separator === '|' || separator === '|&') this.#frame.stage += 1;
    else this.#nextPipeline();
    if (separator === '\n') this.#enterBody();
  }

  /** What stands in parentheses feeds what its closing one is piped to. */
  #parenthesis(character: '(' | ')'): void {
    const frame = this.#frame;
    this.#endCommand();
    this.#at += 1;
    if (character === ')' && frame.depth === 0 && frame.closer === ')') return this.#close();
    frame.depth = Math.max(0, frame.depth + (character === '(' ? 1 : -1));
  }

  #escape(): void {
    const next = this.#text.charAt(this.#at + 1);
    if (this.#frame.quote !== 'none' && !'$`"\\\n'.includes(next)) return this.#take();
    if (next !== '\n') this.#frame.put(next, { quoted: true });
    this.#at += 2;
  }

  #doubleQuote(): void {
    const frame = this.#frame;
    if (frame.quote === 'here') return this.#take();
    frame.put('', { quoted: true });
    frame.quote = frame.quote === 'none' ? 'double' : 'none';
    this.#at += 1;
  }

  #singleQuote(): void {
    const start = this.#at + 1;
    this.#skipTo(this.#text.indexOf("'", start));
    this.#frame.put(this.#text.slice(start, this.#at), { quoted: true });
    this.#at += 1;
  }

  #expand(): void {
    const [text, at, frame] = [this.#text, this.#at, this.#frame];
    const next = text.charAt(at + 1);
    if (next === '(') {
      frame.put('', { expands: true });
      return this.#open(')', 2);
    }
    if (next === "'" && frame.quote === 'none') return this.#numbered();
    const broken = lengthAt(WORD_BREAK, text, at);
    if (broken > 0) return frame.quote === 'none' ? this.#breakWord(broken) : this.#replace(broken, ' ');
    const empty = lengthAt(EMPTY_PARAMETER, text, at);
    if (empty > 0) return this.#replace(empty, '');
    // The name of the shell that runs the command.
    if (next === '0') return this.#replace(2, 'sh');
    frame.put('', { expands: true });
    this.#take();
  }

  /** `$'…'`, where characters can be written as numbers. */
  #numbered(): void {
    const start = this.#at + 2;
    let end = start;
    while (end < this.#text.length && this.#text.charAt(end) !== "'") end += this.#text.charAt(end) === '\\' ? 2 : 1;
    const written = this.#text.slice(start, end);
    if (NUMBERED.test(written)) this.#encoded = true;
    this.#replace(end + 1 - this.#at, written);
  }

  #backtick(): void {
    if (!this.#inBackticks) {
      this.#frame.put('', { expands: true });
      this.#inBackticks = true;
      return this.#open('`', 1);
    }
    this.#at += 1;
    while (this.#inBackticks) this.#close();
  }

  #open(closer: ')' | '`', length: number): void {
    this.#at += length;
    this.#pipelines += 1;
    this.#outer.push(this.#frame);
    this.#frame = new ShellFrame(closer, this.#pipelines);
  }

  #close(): void {
    this.#endCommand();
    if (this.#frame.closer === '`') this.#inBackticks = false;
    this.#frame = this.#outer.pop() ?? this.#frame;
  }

  #nextPipeline(): void {
    this.#pipelines += 1;
    this.#frame.pipeline = this.#pipelines;
    this.#frame.stage = 0;
  }

  #endCommand(): void {
    const command = this.#frame.endCommand(this.#outer.length > 0);
    if (command !== undefined) this.#commands.push(command);
  }

  #take(): void {
    this.#replace(1, this.#text.charAt(this.#at));
  }

  #replace(length: number, text: string): void {
    this.#frame.put(text);
    this.#at += length;
  }

  #breakWord(length: number): void {
    this.#frame.endWord();
    this.#at += length;
  }

  #skipTo(found: number): void {
    this.#at = found === -1 ? this.#text.length : found;
  }

  /** The next here-document that was announced. What it holds is read for substitutions, unless it has none. */
  #enterBody(): void {
    const frame = this.#frame;
    for (let next = frame.pending.shift(); next !== undefined; next = frame.pending.shift()) {
      const body = findBody(this.#text, this.#at, next);
      if (next.expands) {
        frame.quote = 'here';
        frame.body = body;
        return;
      }
      this.#at = body.resume;
    }
  }

  #leaveBody(): void {
    const frame = this.#frame;
    frame.dropWord();
    frame.quote = 'none';
    this.#at = Math.max(this.#at, frame.body.resume);
    this.#enterBody();
  }
}

function findBody(text: string, from: number, { delimiter, stripsTabs }: HereDocument): HereBody {
  for (let start = from; start < text.length;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, end);
    if ((stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter) return { end: start, resume: end + 1 };
    start = end + 1;
  }
  return { end: text.length, resume: text.length };
}

function lengthAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
