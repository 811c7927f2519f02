/**
 * What a process shows while it runs: the end of it.
 *
 * Not here: taking secrets out of it (whoever passes text on to the process's `progress`).
 */
import { utf8Bytes } from '@reborn/host-api';

/** `from`: how much of the text is gone that came before. Units: UTF-16 code units. */
export interface ProgressTail {
  readonly text: string;
  readonly from: number;
}

/** Control characters other than line breaks and tabs; each becomes one blank, so that places stay what they are. */
const CONTROL = /[^\P{Cc}\n\t]/gu;

/** Units: `bytesMax` UTF-8 bytes of the tail; it holds a few times as much. */
export class ProgressBuffer {
  readonly #bytesMax: number;
  #text = '';
  #from = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(text: unknown): void {
    if (typeof text !== 'string') return;
    this.#text += text;
    // Cutting at each call would copy the whole text for each word.
    if (this.#text.length > 2 * this.#bytesMax) this.#cut(this.#text.length - this.#bytesMax);
  }

  tail(): ProgressTail {
    this.#cut(startOfLast(this.#text, this.#bytesMax));
    return { text: this.#text.toWellFormed().replaceAll(CONTROL, ' '), from: this.#from };
  }

  #cut(at: number): void {
    this.#text = this.#text.slice(at);
    this.#from += at;
  }
}

/** The part of the tail that begins at `after`, or where the tail itself begins. */
export function tailAfter({ text, from }: ProgressTail, after: number): ProgressTail {
  const start = Math.min(Math.max(after, from), from + text.length);
  return { text: text.slice(start - from).toWellFormed(), from: start };
}

/** Where the last characters begin that fit. */
function startOfLast(text: string, bytesMax: number): number {
  let at = text.length;
  for (let bytes = 0; at > 0;) {
    const units = isPair(text, at - 2) ? 2 : 1;
    bytes += utf8Bytes(text.slice(at - units, at));
    if (bytes > bytesMax) break;
    at -= units;
  }
  return at;
}

function isPair(text: string, at: number): boolean {
  return at >= 0 && (text.codePointAt(at) ?? 0) > 0xffff;
}
