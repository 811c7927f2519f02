/**
 * Names under which credentials travel, in requests and answers: of headers, and of parameters.
 *
 * Not here: credentials by their shape (`../secret/leak-scan.ts`).
 * Source: specification 2, a.10.
 */

/** Words of a header's name. `tokens` is none of them: limits are counted in tokens. */
const HEADER_WORDS: ReadonlySet<string> = new Set([
  'auth',
  'authenticate',
  'authentication',
  'authorization',
  'bearer',
  'cookie',
  'cookie2',
  'credential',
  'credentials',
  'csrf',
  'jwt',
  'passphrase',
  'passwd',
  'password',
  'proxy',
  'secret',
  'session',
  'signature',
  'token',
  'xsrf',
]);

/** Whole names of parameters, without separators. Names such as `page_token` and `key` are in everyday use. */
const PARAMETER_NAMES: ReadonlySet<string> = new Set([
  'auth',
  'authorization',
  'bearer',
  'credential',
  'credentials',
  'jwt',
  'passphrase',
  'passwd',
  'pwd',
  'secret',
  'sessionid',
  'sig',
  'signature',
  'token',
]);

/** How names end whatever stands before, without separators. */
const ENDINGS = [
  'accesskey',
  'accesskeyid',
  'accesstoken',
  'apikey',
  'apisecret',
  'apitoken',
  'authtoken',
  'bearertoken',
  'clientsecret',
  'idtoken',
  'masterkey',
  'password',
  'privatekey',
  'refreshtoken',
  'secretkey',
  'securitytoken',
  'sessiontoken',
  'subscriptionkey',
  'amzcredential',
  'amzsignature',
  'googcredential',
  'googsignature',
];

export function isCredentialHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return lower.split(/[^a-z0-9]+/).some((word) => HEADER_WORDS.has(word)) || hasEnding(compact(lower));
}

export function isCredentialParameter(name: string): boolean {
  const short = compact(name.normalize('NFKC').toLowerCase());
  return PARAMETER_NAMES.has(short) || hasEnding(short);
}

function compact(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/g, '');
}

function hasEnding(name: string): boolean {
  return ENDINGS.some((ending) => name.endsWith(ending));
}
