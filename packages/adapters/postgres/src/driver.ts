/**
 * The part of the PostgreSQL driver that the store uses, and the one place where the driver is named. Nothing of the
 * environment is read: all that the driver would look up there is given.
 *
 * Not here: what is said through it, what its failures mean (`errors.ts`), which servers may be reached how (`target.ts`).
 */
import { Socket } from 'node:net';
import { Client, DatabaseError, type ClientConfig } from 'pg';
import { EngineFailure } from './errors.ts';
import { ANSWER_MS_MAX, CONNECT_MS_MAX, KEEP_ALIVE_MS, STATEMENT_MS_MAX } from './limits.ts';

type Scalar = string | number | boolean | Uint8Array | null;
export type SqlValue = Scalar | readonly Scalar[];

/** `name` lets a session keep the plan. */
export interface Statement {
  readonly text: string;
  readonly name?: string;
  readonly values?: readonly SqlValue[];
}

/** Where a server is and how it is reached. `tls` undefined: plain, on this machine only. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly applicationName: string;
  readonly connectMs: number;
  readonly tls: { readonly authorities: string | undefined } | undefined;
}

export interface Notification {
  readonly processId: number;
  readonly payload: string;
}

/** One connection, used by one at a time. Every rejection is an `EngineFailure`. */
export interface Session {
  readonly processId: number;
  /** True once nothing can be said through it any more. */
  readonly lost: boolean;
  /** `Row` is what the schema of this package says that the statement yields. */
  query<Row = unknown>(statement: Statement): Promise<readonly Row[]>;
  onNotification(listener: (notification: Notification) => void): void;
  /** Called once, when the connection is lost. */
  onLost(listener: () => void): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Settings are those of the server, for this session. */
export type Connect = (endpoint: Endpoint, settings: Readonly<Record<string, string>>) => Promise<Session>;

const REFUSALS = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET']);

export const connect: Connect = async (endpoint, settings) => {
  const socket = new Socket();
  if (endpoint.tls === undefined) staysHere(socket, endpoint.host);
  const client = new Client({
    host: endpoint.host,
    port: endpoint.port,
    user: endpoint.user,
    // As a function, an empty password is not looked for elsewhere.
    password: () => endpoint.password,
    database: endpoint.database,
    application_name: endpoint.applicationName,
    client_encoding: 'UTF8',
    options: toOptions({ ...settings, statement_timeout: String(STATEMENT_MS_MAX) }),
    ssl: endpoint.tls === undefined ? false : toTls(endpoint.tls.authorities),
    query_timeout: STATEMENT_MS_MAX + ANSWER_MS_MAX,
    connectionTimeoutMillis: Math.min(endpoint.connectMs, CONNECT_MS_MAX),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: { getTypeParser: parserOf },
    stream: () => socket,
  });
  const session = new PgSession(client, socket);
  try {
    await client.connect();
  } catch (error) {
    socket.destroy();
    throw toFailure(error);
  }
  return session;
};

class PgSession implements Session {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #lostListeners: (() => void)[] = [];
  #lost = false;

  constructor(client: Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
    client.on('error', () => this.#lose());
    client.on('end', () => this.#lose());
  }

  get processId(): number {
    return 'processID' in this.#client ? Number(this.#client.processID) : 0;
  }

  get lost(): boolean {
    return this.#lost;
  }

  async query<Row>(statement: Statement): Promise<readonly Row[]> {
    if (this.#lost) throw new EngineFailure('lost');
    try {
      const { text, name, values } = statement;
      const result = await this.#client.query({ text, values: [...(values ?? [])], ...(name && { name }) });
      return result.rows as readonly Row[];
    } catch (error) {
      const failure = toFailure(error);
      if (!/^[0-9A-Z]{5}$/.test(failure.code) || failure.code.startsWith('57P')) this.#lose();
      throw failure;
    }
  }

  onNotification(listener: (notification: Notification) => void): void {
    this.#client.on('notification', ({ processId, payload }) => listener({ processId, payload: payload ?? '' }));
  }

  onLost(listener: () => void): void {
    this.#lostListeners.push(listener);
  }

  async close(): Promise<void> {
    this.#lostListeners.length = 0;
    if (this.#lost) return;
    this.#lost = true;
    const ended = this.#client.end();
    // A server that does not answer must not keep anybody from closing.
    this.#socket.destroySoon();
    await ended;
  }

  /** A connection that is no longer trusted is cut, so that the server lets go of whatever it holds. */
  #lose(): void {
    if (this.#lost) return;
    this.#lost = true;
    this.#socket.destroy();
    for (const listener of this.#lostListeners.splice(0)) listener();
  }
}

/** What may go over the line in plain text stays on this machine, whatever a name turns out to stand for. */
function staysHere(socket: Socket, host: string): void {
  if (host.startsWith('/')) return;
  socket.once('connect', () => {
    const address = socket.remoteAddress ?? '';
    if (!/^(127\.|::1$|::ffff:127\.)/.test(address)) socket.destroy();
  });
}

function toTls(authorities: string | undefined): NonNullable<ClientConfig['ssl']> {
  const own = authorities === undefined ? {} : { ca: authorities };
  return { ...own, rejectUnauthorized: true, minVersion: 'TLSv1.2' };
}

function toOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`)
    .join(' ');
}

function toFailure(error: unknown): EngineFailure {
  if (error instanceof EngineFailure) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof DatabaseError) return new EngineFailure(code);
  const text = error instanceof Error ? error.message : '';
  if (/timeout/i.test(text) || code === 'ETIMEDOUT') return new EngineFailure('timeout');
  if (/does not support SSL|establishing an SSL/i.test(text)) return new EngineFailure('no_tls');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return new EngineFailure('not_found');
  if (/CERT|SIGNATURE|ISSUER|TLS|SSL/.test(code)) return new EngineFailure('not_verified');
  return new EngineFailure(REFUSALS.has(code) ? 'refused' : 'lost');
}

/** By the types that the schema uses: numbers are safe integers or doubles, bytes are hex, all else is text. */
function parserOf(oid: number): (text: string) => unknown {
  switch (oid) {
    case 16:
      return (text) => text === 't';
    case 17:
      return (text) => Buffer.from(text.slice(2), 'hex');
    case 20:
    case 21:
    case 23:
    case 701:
      return Number;
    default:
      return (text) => text;
  }
}
