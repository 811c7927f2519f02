/**
 * What is measured with: made ahead of time, and half of each text random, so that nothing down to the disk can squeeze it.
 *
 * Not here: what the texts are put into (the areas).
 */
import { createRandom } from './random.ts';

/** Different texts; more would only cost memory. */
const TEXTS = 512;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Makes things ahead of time, so that making them is not measured. */
export class Supply<T> {
  readonly #make: () => T;
  #ready: T[] = [];

  constructor(make: () => T) {
    this.#make = make;
  }

  prepare(count: number): void {
    while (this.#ready.length < count) this.#ready.push(this.#make());
  }

  next(): T {
    return this.#ready.pop() ?? this.#make();
  }
}

/** Texts of that many bytes, the first half random. */
export function createTexts(bytes: number, seed: number): () => string {
  const random = createRandom(seed);
  const half = Math.floor(bytes / 2);
  const texts = Array.from({ length: TEXTS }, () => {
    let text = '';
    while (text.length < half) text += ALPHABET[Math.floor(random() * ALPHABET.length)] ?? '';
    return text + 'the same again and again, '.repeat(Math.ceil(bytes / 26)).slice(0, bytes - half);
  });
  let at = 0;
  return () => texts[(at += 1) % texts.length] ?? '';
}
