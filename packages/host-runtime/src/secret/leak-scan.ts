/**
 * Finds secrets by their shape, whoever they belong to: keys and tokens of well-known issuers, and credentials where
 * protocols carry them. It is a second line: a secret without a known shape is not found.
 *
 * Not here: taking out secrets that are known (`redactor.ts`), paths and addresses in records (`@reborn/events`).
 * Source: specification 2, a.10 steps 3 and 6; the issuers' own descriptions of their tokens.
 */
import { LEAK_RUN_DIGITS_MIN } from '../limits.ts';
import { fromBase64 } from './base64.ts';
import { REDACTED } from './secret-text.ts';
import { unescape } from './spelling.ts';

/** The last three stand where protocols carry credentials; the others are known by their beginning alone. */
export type LeakKind =
  | 'private_key'
  | 'cloud_key'
  | 'source_host_token'
  | 'chat_token'
  | 'payment_key'
  | 'model_key'
  | 'package_token'
  | 'service_token'
  | 'web_token'
  | 'authorization'
  | 'url_credentials';

type Shape = readonly [kind: LeakKind, pattern: RegExp];

/** Every repetition is bounded, or begins where no other one can: a search takes time in proportion to the text. */
const KEY_SHAPES: readonly Shape[] = [
  ['private_key', /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/],
  ['private_key', /(?<![A-Za-z0-9])AGE-SECRET-KEY-1[A-Z0-9]{16}/],
  ['private_key', /PuTTY-User-Key-File-\d:/],
  ['cloud_key', /(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/],
  ['cloud_key', /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}/],
  ['cloud_key', /(?<![A-Za-z0-9_-])(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20}/],
  ['cloud_key', /(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40}/],
  ['cloud_key', /(?<![A-Za-z0-9_-])(?:do[oprt]_v1_[a-f0-9]{32}|dapi[a-f0-9]{32})/],
  ['source_host_token', /(?<![A-Za-z0-9])(?:gh[opusr]_[A-Za-z0-9]{20}|github_pat_[A-Za-z0-9_]{20})/],
  ['source_host_token', /(?<![A-Za-z0-9])gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|imt)-[A-Za-z0-9_-]{16}/],
  ['source_host_token', /(?<![A-Za-z0-9])ATATT3[A-Za-z0-9_-]{20}/],
  ['chat_token', /(?<![A-Za-z0-9])(?:xox[abeoprs]-|xapp-)[A-Za-z0-9-]{10}/],
  ['chat_token', /hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9]{8,16}\/[A-Za-z0-9]{8,16}\/[A-Za-z0-9]{16}/],
  ['chat_token', /(?<![A-Za-z0-9])\d{8,12}:AA[A-Za-z0-9_-]{32}/],
  ['payment_key', /(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)_[A-Za-z0-9]{10}|whsec_[A-Za-z0-9+/]{20})/],
  ['model_key', /(?<![A-Za-z0-9_-])sk-(?:admin|ant|or-v1|proj|svcacct)-[A-Za-z0-9_-]{16}/],
  ['model_key', /(?<![A-Za-z0-9_-])sk-[A-Za-z0-9]{20}/],
  ['model_key', /(?<![A-Za-z0-9_-])(?:hf_[A-Za-z0-9]{30}|gsk_[A-Za-z0-9]{40}|xai-[A-Za-z0-9]{40}|r8_[A-Za-z0-9]{30})/],
  ['package_token', /(?<![A-Za-z0-9_-])npm_[A-Za-z0-9]{36}/],
  ['package_token', /(?<![A-Za-z0-9])(?:pypi-AgEI[A-Za-z0-9_-]{16}|rubygems_[a-f0-9]{40}|dckr_pat_[A-Za-z0-9_-]{20})/],
  ['service_token', /(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}/],
  ['service_token', /(?<![A-Za-z0-9_-])SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30}/],
  [
    'service_token',
    /(?<![A-Za-z0-9_-])(?:hvs\.[A-Za-z0-9_-]{20}|lin_api_[A-Za-z0-9]{32}|SK[a-f0-9]{32}(?![A-Za-z0-9]))/,
  ],
];

/** Something of every shape above: one look at a text that has none of it is enough. */
const KEY_HINT =
  /PRIVATE KEY|AGE-SECRET|PuTTY|A3T|ABIA|ACCA|AKIA|ASIA|AIza|ya29\.|GOCSPX|AccountKey|SharedAccessKey|do[oprt]_v1_|dapi|gh[opusr]_|github_pat_|gl[a-z]{2,5}-|ATATT3|xox|xapp-|hooks\.slack|:AA|[rs]k_(?:live|test)_|whsec_|sk-|hf_|gsk_|xai-|r8_|npm_|pypi-|rubygems_|dckr_pat|shp[acs]|SG\.|hvs\.|lin_api_|SK[a-f0-9]/;

/** What is before the first group and behind the second stays; what is between them is the credential. */
const CARRIED_SHAPES: readonly Shape[] = [
  ['web_token', /(?<![A-Za-z0-9_-])()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}()/g],
  [
    'authorization',
    /(?<![A-Za-z0-9._~+/=-])([Bb]earer[ :=]{1,3})(?=[A-Za-z._~+/=-]{0,64}\d)[A-Za-z0-9._~+/=-]{16,}()/g,
  ],
  ['authorization', /([Aa]uthorization["' ]{0,2}[:=]["' ]{0,3}(?:[Bb]asic|[Tt]oken) {1,3})[A-Za-z0-9+/=._-]{6,}()/g],
  [
    'url_credentials',
    /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{1,31}:\/\/)[^\s/?#@:"'<>[\]]{0,128}:[^\s/?#@"'<>[\]]{1,256}(@)/g,
  ],
];

/**
 * The first kind that occurs in the text: as it stands there, with escapes of URLs, JSON and HTML undone, or, for keys,
 * inside of base64. `undefined` when there is none.
 */
export function findLeak(text: string): LeakKind | undefined {
  const bytes = new TextEncoder().encode(text);
  const once = unescape(bytes, ['percent', 'backslash', 'entity'])?.bytes;
  const twice = once === undefined ? undefined : unescape(once, ['percent', 'backslash', 'entity'])?.bytes;
  const texts = [text, ...[once, twice].flatMap((read) => (read === undefined ? [] : [latin1(read)]))];
  for (const one of texts) {
    const found = keyIn(one) ?? shapeIn(one, CARRIED_SHAPES) ?? keyIn(base64Content(one));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Takes out what protocols carry where they carry it: the answer is of use without. */
export function maskCredentials(text: string): string {
  return CARRIED_SHAPES.reduce((masked, [, pattern]) => masked.replace(pattern, `$1${REDACTED}$2`), text);
}

function keyIn(text: string): LeakKind | undefined {
  return text.search(KEY_HINT) < 0 ? undefined : shapeIn(text, KEY_SHAPES);
}

function shapeIn(text: string, shapes: readonly Shape[]): LeakKind | undefined {
  // Not `test`, which would go on where it stopped last.
  return shapes.find(([, pattern]) => text.search(pattern) >= 0)?.[0];
}

/** What long runs of base64 hold, whatever digit the content begins at. Shape: one line a run and a beginning. */
function base64Content(text: string): string {
  const lines: string[] = [];
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]+/g)) {
    if (run.length < LEAK_RUN_DIGITS_MIN) continue;
    for (let offset = 0; offset < 4; offset += 1) lines.push(latin1(fromBase64(run.slice(offset))));
  }
  return lines.join('\n');
}

/** One character a byte: the shapes are ASCII. */
function latin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096) parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  return parts.join('');
}
