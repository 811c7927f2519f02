/**
 * Names under which programs keep secrets: of fields, headers, parameters and variables.
 *
 * Not here: names of secrets in the store (`SecretHandle`), secrets by their shape (`leak-scan.ts`).
 * Source: specification 2, a.10 steps 3 and 6, b.5 step 11.
 */

/** As the last words of a name. */
const SECRET_WORDS: readonly (readonly string[])[] = [
  ['password'],
  ['passwd'],
  ['passphrase'],
  ['pwd'],
  ['secret'],
  ['credential'],
  ['credentials'],
  ['authorization'],
  ['cookie'],
  ['token'],
  ['apikey'],
  ['api', 'key'],
  ['access', 'key'],
  ['account', 'key'],
  ['auth', 'key'],
  ['encryption', 'key'],
  ['private', 'key'],
  ['secret', 'key'],
  ['service', 'key'],
  ['signing', 'key'],
  ['subscription', 'key'],
];
/** Tokens that say where to go on, not who one is. */
const PLACE_TOKENS: ReadonlySet<string> = new Set(['cancellation', 'continuation', 'cursor', 'next', 'page', 'sync']);

/** What every one of them holds; most names hold none, and are looked at no further. */
const SECRET_PARTS = /pass|pwd|secret|credential|authorization|cookie|token|key/i;

/** True for `password`, `X-Api-Key`, `githubToken`, `AWS_SECRET_ACCESS_KEY`; false for `nextPageToken`, `tokens`. */
export function isSecretName(name: string): boolean {
  if (!SECRET_PARTS.test(name)) return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const before = words.at(-2);
  if (words.at(-1) === 'token' && before !== undefined && PLACE_TOKENS.has(before)) return false;
  return SECRET_WORDS.some((secret) => secret.every((word, at) => words[words.length - secret.length + at] === word));
}
