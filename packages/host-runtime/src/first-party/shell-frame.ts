/**
 * One list of shell commands while it is read: the whole text, or what stands in a substitution.
 *
 * Not here: reading the text (`shell-words.ts`).
 */

/** `expands`: the shell puts something there that is not known here. `process`: a process substitution stands there. */
export interface ShellWord {
  readonly text: string;
  readonly expands: boolean;
  readonly process: boolean;
}

interface ShellRedirect {
  readonly operator: string;
  readonly target: ShellWord;
}

/** `stage`: 0 unless others of its pipeline feed it. `substituted`: what it says becomes text of a command. */
export interface ShellCommand {
  readonly words: readonly ShellWord[];
  readonly redirects: readonly ShellRedirect[];
  readonly pipeline: number;
  readonly stage: number;
  readonly substituted: boolean;
}

interface OpenWord {
  text: string;
  expands: boolean;
  process: boolean;
  quoted: boolean;
}

/** A here-document that was announced and has not begun. */
export interface HereDocument {
  readonly delimiter: string;
  readonly stripsTabs: boolean;
  readonly expands: boolean;
}

/** Where the body of a here-document ends, and where its delimiter does. */
export interface HereBody {
  readonly end: number;
  readonly resume: number;
}

export class ShellFrame {
  readonly closer: ')' | '`' | undefined;
  /** `here`: in the body of a here-document, where quotes are plain text. */
  quote: 'none' | 'double' | 'here' = 'none';
  body: HereBody = { end: 0, resume: 0 };
  depth = 0;
  pipeline: number;
  stage = 0;
  operator: string | undefined;
  readonly pending: HereDocument[] = [];
  #word: OpenWord | undefined;
  #words: ShellWord[] = [];
  #redirects: ShellRedirect[] = [];

  constructor(closer: ShellFrame['closer'], pipeline: number) {
    this.closer = closer;
    this.pipeline = pipeline;
  }

  get betweenWords(): boolean {
    return this.#word === undefined;
  }

  /** Begins a word where there is none. */
  put(text: string, marks: Partial<Omit<OpenWord, 'text'>> = {}): void {
    this.#word ??= { text: '', expands: false, process: false, quoted: false };
    this.#word.text += text;
    Object.assign(this.#word, marks);
  }

  dropWord(): void {
    this.#word = undefined;
  }

  /** Empty words that nobody quoted are none. */
  endWord(): void {
    const { operator } = this;
    const word = this.#word;
    this.#word = undefined;
    if (word === undefined || (word.text === '' && !word.quoted && !word.expands && !word.process)) return;
    this.operator = undefined;
    const { text, expands, process, quoted } = word;
    if (operator === undefined) this.#words.push({ text, expands, process });
    else this.#redirects.push({ operator, target: { text, expands, process } });
    if (operator === '<<' || operator === '<<-') {
      this.pending.push({ delimiter: text, stripsTabs: operator === '<<-', expands: !quoted });
    }
  }

  /** `undefined` when there was none. */
  endCommand(substituted: boolean): ShellCommand | undefined {
    this.endWord();
    this.operator = undefined;
    const [words, redirects] = [this.#words, this.#redirects];
    if (words.length === 0 && redirects.length === 0) return undefined;
    this.#words = [];
    this.#redirects = [];
    return { words, redirects, pipeline: this.pipeline, stage: this.stage, substituted };
  }
}
