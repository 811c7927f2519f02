/** Secrets as issuers shape them, and the spellings that programs give a text on its way: by Node's own encoders. */
import * as fc from 'fast-check';
import type { Spelling } from '../src/secret/redactor.ts';

const ALNUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const URL_SAFE = `${ALNUM}-_`;
/** What spellings change: quotes, escapes, blanks, line breaks, and letters beyond ASCII. */
const AWKWARD = `${ALNUM}%&+/=?#"'\\<>{}[]:;,.!~ \n\té€😀`;

const drawn = (alphabet: string, minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength, maxLength });
const begun = (beginning: string, alphabet: string, length: number): fc.Arbitrary<string> =>
  drawn(alphabet, length).map((rest) => beginning + rest);

/** Not blank, and no part of what stands in place of a secret. */
export const awkwardSecret = drawn(AWKWARD, 4, 24).filter(
  (text) => text.trim().length > 3 && !'[redacted]'.includes(text),
);

export const shapedSecret = fc.oneof(
  begun('AKIA', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16),
  begun('ghp_', ALNUM, 36),
  begun('glpat-', URL_SAFE, 20),
  begun('xoxb-', `${ALNUM}-`, 40),
  begun('sk_live_', ALNUM, 24),
  begun('sk-ant-api03-', URL_SAFE, 60),
  begun('AIza', URL_SAFE, 35),
  begun('npm_', ALNUM, 36),
  fc.tuple(drawn(URL_SAFE, 30), drawn(URL_SAFE, 43)).map(([body, seal]) => `eyJhbGciOiJIUzI1NiJ9.${body}.${seal}`),
  drawn(`${ALNUM}+/`, 64).map((line) => `-----BEGIN PRIVATE KEY-----\n${line}\n${line}\n-----END PRIVATE KEY-----\n`),
  awkwardSecret,
);

/** Shape: for each family that a redactor looks for, some of its spellings by name. */
export const SPELLED: Readonly<Record<Spelling, Readonly<Record<string, (text: string) => string>>>> = {
  plain: { raw: (text) => text },
  escaped: {
    uri: (text) => encodeURIComponent(text),
    uriLower: (text) => encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    form: (text) => new URLSearchParams([['', text]]).toString().slice(1),
    uriOfAll: (text) => everyByte(text, (hex) => `%${hex.toUpperCase()}`),
    uriTwice: (text) => encodeURIComponent(encodeURIComponent(text)),
    json: (text) => JSON.stringify(text).slice(1, -1),
    jsonOfAll: (text) => everyUnit(text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`),
    jsonTwice: (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
    bytes: (text) => everyByte(text, (hex) => `\\x${hex}`),
    html: (text) => text.replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark] ?? mark),
    htmlOfAll: (text) => Array.from(text, (letter) => `&#x${letter.codePointAt(0)?.toString(16)};`).join(''),
    htmlDecimal: (text) => Array.from(text, (letter) => `&#${letter.codePointAt(0)};`).join(''),
  },
  base64: {
    base64: (text) => Buffer.from(text).toString('base64'),
    base64Url: (text) => Buffer.from(text).toString('base64url'),
    offset1: (text) => Buffer.from(`:${text}`).toString('base64'),
    offset2: (text) => Buffer.from(`id${text}`).toString('base64'),
    surrounded: (text) => Buffer.from(`user:${text};more`).toString('base64url'),
    inJson: (text) => Buffer.from(JSON.stringify({ token: text })).toString('base64'),
    wrapped: (text) => Buffer.from(`user:${text}`).toString('base64').replaceAll(/.{8}/g, '$&\r\n'),
    inUri: (text) => encodeURIComponent(Buffer.from(`a:${text}`).toString('base64')),
  },
  hex: {
    lower: (text) => Buffer.from(text).toString('hex'),
    upper: (text) => Buffer.from(text).toString('hex').toUpperCase(),
    dumped: (text) => everyByte(text, (hex) => `${hex} `),
    colons: (text) => everyByte(text, (hex) => `${hex}:`),
  },
  utf16: { little: (text) => Buffer.from(text, 'utf16le').toString('latin1') },
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function everyByte(text: string, write: (hex: string) => string): string {
  return Array.from(Buffer.from(text), (byte) => write(byte.toString(16).padStart(2, '0'))).join('');
}

function everyUnit(text: string, write: (unit: number) => string): string {
  return Array.from({ length: text.length }, (_, at) => write(text.charCodeAt(at))).join('');
}
