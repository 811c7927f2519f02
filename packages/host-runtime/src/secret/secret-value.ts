/**
 * A secret in memory. It can be handed on and used; it cannot be printed, logged, serialised or compared by accident.
 *
 * Not here: keeping secrets (`secret-store.ts`), what can be one (`secret-text.ts`).
 * Source: specification 2, f.3.
 */

const HIDDEN = '[secret]';
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

export class SecretValue {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    Object.freeze(this);
  }

  /** The secret itself: for the place where it is used, and for nothing else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [INSPECT](): string {
    return HIDDEN;
  }

  get [Symbol.toStringTag](): string {
    return 'SecretValue';
  }
}
