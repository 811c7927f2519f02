/**
 * Where a server is, from a URL or from fields, and whether it may be reached that way: plain on this machine, with TLS
 * and a verified certificate everywhere else, never anything between.
 *
 * Not here: making the connection (`driver.ts`).
 * Source: specification 1, R-09.
 */
import { readFile } from 'node:fs/promises';
import type { Endpoint } from './driver.ts';
import { unsuitable } from './errors.ts';
import { CONNECT_MS_MAX } from './limits.ts';

/** `require`, `verify-ca` and `verify-full` all verify the chain and the name. The others are for this machine only. */
export type TlsMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** The fields of a URL, for those who have them apart. */
export interface PostgresAddress {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port?: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  readonly sslmode?: TlsMode;
  /** A file with the certificates that are trusted, instead of those that Node.js trusts. */
  readonly sslrootcert?: string;
  /** Units: seconds. */
  readonly connectTimeout?: number;
  readonly applicationName?: string;
}

const TLS_MODES: readonly string[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const VERIFIED: readonly string[] = ['require', 'verify-ca', 'verify-full'];
const URL_FORM =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<host>\[[0-9a-fA-F:.]+\]|[^:@/?#[\]]*)(?::(?<port>\d{1,5}))?(?:\/(?<dbname>[^?#]*))?(?:\?(?<query>[^#]*))?$/;

/** Errors: `host-api/store_unsuitable`, which names the field or the rule and nothing that was given. */
export async function toEndpoint(target: string | PostgresAddress): Promise<Endpoint> {
  const address = typeof target === 'string' ? parseUrl(target) : checked({ ...target });
  const { host, user, password = '', database, sslrootcert, connectTimeout, applicationName } = address;
  const secure = isSecure(host, address.sslmode);
  return {
    host,
    port: address.port ?? 5432,
    user,
    password,
    database,
    applicationName: applicationName ?? 'reborn',
    connectMs: connectTimeout === undefined ? CONNECT_MS_MAX : connectTimeout * 1000,
    tls: secure ? { authorities: await readAuthorities(sslrootcert) } : undefined,
  };
}

/** Fields by the names that they have in a URL. */
const PARAMETERS = new Map<string, keyof PostgresAddress>([
  ['host', 'host'],
  ['port', 'port'],
  ['user', 'user'],
  ['password', 'password'],
  ['dbname', 'database'],
  ['sslmode', 'sslmode'],
  ['sslrootcert', 'sslrootcert'],
  ['connect_timeout', 'connectTimeout'],
  ['application_name', 'applicationName'],
]);

function parseUrl(url: string): PostgresAddress {
  const groups = URL_FORM.exec(url)?.groups;
  if (groups === undefined)
    throw unsuitable({ field: 'url', rule: 'must be postgresql://user:password@host:port/database' });
  const given = new Map<keyof PostgresAddress, string>();
  const { query = '', ...parts } = groups;
  for (const [name, value] of Object.entries(parts)) {
    if (value !== undefined && value !== '') give(given, name, value.replace(/^\[(.*)\]$/, '$1'));
  }
  for (const pair of query.split('&').filter((part) => part !== '')) {
    const at = pair.indexOf('=');
    give(given, at === -1 ? pair : pair.slice(0, at), at === -1 ? '' : pair.slice(at + 1));
  }
  const { port, connectTimeout, ...texts } = Object.fromEntries(given);
  return checked({
    ...texts,
    ...(port === undefined ? {} : { port: toNumber(port) }),
    ...(connectTimeout === undefined ? {} : { connectTimeout: toNumber(connectTimeout) }),
  });
}

function give(given: Map<keyof PostgresAddress, string>, name: string, value: string): void {
  const field = PARAMETERS.get(name);
  if (field === undefined) throw unsuitable({ field: 'url', rule: 'has a parameter that is not known' });
  if (given.has(field)) throw unsuitable({ field: name, rule: 'must be given once' });
  given.set(field, decoded(name, value));
}

function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw unsuitable({ field: name, rule: 'must be percent-encoded' });
  }
}

/** Checked at run time too: options come from configuration. */
function checked(given: Readonly<Record<string, unknown>>): PostgresAddress {
  const known = new Set<string>(PARAMETERS.values());
  if (Object.keys(given).some((name) => !known.has(name)))
    throw unsuitable({ rule: 'the address has an unknown field' });
  for (const field of ['host', 'user', 'database'] as const) {
    if (!isText(given[field])) throw unsuitable({ field, rule: 'must be given' });
  }
  for (const field of ['password', 'sslrootcert', 'applicationName'] as const) {
    if (given[field] !== undefined && typeof given[field] !== 'string')
      throw unsuitable({ field, rule: 'must be text' });
  }
  const { port, connectTimeout, sslmode, host } = given;
  if (port !== undefined && !isWithin(port, 65_535)) throw unsuitable({ field: 'port', rule: 'must be 1 to 65535' });
  if (connectTimeout !== undefined && !isWithin(connectTimeout, 3600)) {
    throw unsuitable({ field: 'connectTimeout', rule: 'must be 1 to 3600 seconds' });
  }
  if (sslmode !== undefined && !TLS_MODES.includes(String(sslmode))) {
    throw unsuitable({ field: 'sslmode', rule: `must be one of ${TLS_MODES.join(', ')}` });
  }
  if (String(host).includes(',')) throw unsuitable({ field: 'host', rule: 'must be one server' });
  return given as unknown as PostgresAddress;
}

/** Errors: `host-api/store_unsuitable` for a server elsewhere without verified TLS. */
function isSecure(host: string, mode: TlsMode | undefined): boolean {
  if (mode !== undefined && VERIFIED.includes(mode)) {
    if (host.startsWith('/')) throw unsuitable({ field: 'sslmode', rule: 'means nothing for a Unix socket' });
    return true;
  }
  if (isHere(host)) return false;
  throw unsuitable({ field: 'sslmode', rule: 'must be verify-full for a server that is not on this machine' });
}

/** A name that stands for another machine after all is noticed when the connection is made. */
function isHere(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

async function readAuthorities(file: string | undefined): Promise<string | undefined> {
  if (file === undefined || file === 'system') return undefined;
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw unsuitable({ field: 'sslrootcert', rule: 'must be a file with certificates that can be read' });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function isWithin(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
}

function toNumber(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
}
