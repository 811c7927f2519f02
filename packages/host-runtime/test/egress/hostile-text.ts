/**
 * Texts that somebody may put into a request: secrets in known shapes and in escapes, names in odd letters, addresses that
 * read like another one.
 *
 * Not here: what must not come of them (`hostile-request.ts`).
 */
import type { HttpEgressRequest } from '@reborn/host-api';
import * as fc from 'fast-check';

export const OPEN = 'open.example';

export const escaped = fc.constantFrom(
  (text: string) => text,
  (text: string) => percent(text),
  (text: string) => encodeURIComponent(percent(text)),
  (text: string) => percent(text).toLowerCase(),
);

function percent(text: string): string {
  return Array.from(
    new TextEncoder().encode(text),
    (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`,
  ).join('');
}

export function mixedCase(...names: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...names), fc.infiniteStream(fc.boolean()))
    .map(([name, upper]) =>
      Array.from(name, (letter) => (upper.next().value ? letter.toUpperCase() : letter)).join(''),
    );
}

export function otherHostUrl(): fc.Arbitrary<(evil: string) => string> {
  return fc.constantFrom<((evil: string) => string)[]>(
    (evil) => `https://${OPEN}@${evil}/`,
    (evil) => `https://${OPEN}:443@${evil}/`,
    (evil) => `https://${evil}\\@${OPEN}/`,
    (evil) => `https://${evil}#@${OPEN}/`,
    (evil) => `https://${evil}?@${OPEN}/`,
    (evil) => `https://${evil}/@${OPEN}/`,
    (evil) => `https://${OPEN}%2f@${evil}/`,
    (evil) => `https://${OPEN}%40${evil}/`,
    (evil) => `https://${OPEN}%00.${evil}/`,
    (evil) => `https://${OPEN}.${evil}/`,
    (evil) => `https:${evil}`,
    (evil) => `https:/\\${evil}/${OPEN}`,
    (evil) => `https://${OPEN}\u3002${evil}/`,
    (evil) => `https://${OPEN}\uff20${evil}/`,
    (evil) => `https://\t${evil}\n/`,
    (evil) => `HTTPS://${evil.toUpperCase()}/`,
  );
}

export function misread(): fc.Arbitrary<string> {
  const odd = fc.constantFrom(
    ' ',
    '\t',
    '\n',
    '\r',
    '\u00a0',
    '\u2028',
    '\u200b',
    '\u202e',
    '\ufeff',
    '\u00ad',
    '\u0000',
    '\\',
  );
  return fc
    .tuple(odd, fc.constantFrom('/', '/a', '/?a=', '/#'))
    .map(([mark, path]) => `https://${OPEN}${path}${mark}b`);
}

export function shapedSecret(): fc.Arbitrary<string> {
  const letters = (length: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'), minLength: length, maxLength: length });
  return fc.oneof(
    letters(36).map((tail) => `ghp_${tail}`),
    letters(16).map((tail) => `AKIA${tail}`),
    letters(40).map((tail) => `sk-ant-${tail}`),
    letters(24).map((tail) => `sk_live_${tail}`),
    letters(20).map((tail) => `xoxb-1234567890-${tail}`),
    letters(24).map((tail) => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIi${tail}.${tail}`),
    fc.constant('-----BEGIN OPENSSH PRIVATE KEY-----'),
  );
}

/** Somewhere in a request, as it is or escaped once; outside of the body, twice. */
export function placed(secret: fc.Arbitrary<string>): fc.Arbitrary<Partial<HttpEgressRequest>> {
  return fc
    .tuple(secret, fc.nat(4), fc.integer({ min: 0, max: 2 }))
    .map(([text, place, rounds]): Partial<HttpEgressRequest> => {
      const once = rounds === 0 ? text : percent(text);
      const written = rounds === 2 ? encodeURIComponent(once) : once;
      const inUrl = rounds === 0 ? encodeURIComponent(text) : written;
      if (place === 0) return { url: `https://${OPEN}/a/${inUrl}/b` };
      if (place === 1) return { url: `https://${OPEN}/?q=${inUrl}` };
      if (place === 2) return { url: `https://${OPEN}/#${inUrl}` };
      if (place === 3) return { headers: [['x-note', written]] };
      return { method: 'POST', body: new TextEncoder().encode(`{"note":${JSON.stringify(once)}}`) };
    });
}
