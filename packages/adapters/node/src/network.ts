/**
 * One HTTP exchange over addresses that the caller has chosen. The name in the URL is used for the request line, the
 * `Host` header and the certificate; it is never looked up.
 *
 * Not here: which hosts may be reached (egress rules of `@reborn/host-runtime`), redirects (their callers check each).
 */
import { lookup } from 'node:dns/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { Network, NetworkOutcome, NetworkRequest } from '@reborn/host-api';
import { ADDRESSES_MAX, RESOLVE_MS_MAX, RESPONSE_HEADER_BYTES_MAX, TIMER_DELAY_MS_MAX } from './limits.ts';

type Failure = Extract<NetworkOutcome, { kind: 'failed' }>['reason'];

/** Headers that say where a message goes and where it ends: this adapter's business, never the caller's. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'keep-alive',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'proxy-connection',
]);

export interface NodeNetworkOptions {
  /** Certificates in PEM form that are trusted besides those that Node brings. */
  readonly extraCertificates?: readonly string[];
}

export function createNodeNetwork(options: NodeNetworkOptions = {}): Network {
  return Object.freeze<Network>({ resolve, exchange: (request) => exchange(request, options) });
}

async function resolve(hostName: string): Promise<readonly string[]> {
  const late = Promise.withResolvers<readonly string[]>();
  const deadline = setTimeout(() => late.resolve([]), RESOLVE_MS_MAX);
  try {
    const found = lookup(hostName, { all: true, order: 'verbatim' }).then(
      (answers) => [...new Set(answers.map((answer) => answer.address))].slice(0, ADDRESSES_MAX),
      () => [],
    );
    return await Promise.race([found, late.promise]);
  } finally {
    clearTimeout(deadline);
  }
}

async function exchange(request: NetworkRequest, options: NodeNetworkOptions): Promise<NetworkOutcome> {
  const url = URL.parse(request.url);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return failed('protocol');
  if (request.signal?.aborted === true) return failed('aborted');
  const ending = endingOf(request);
  try {
    const socket = await connectFirst(request, portOf(url), ending.signal);
    if (socket === undefined) return failed(reasonOf(ending.signal) ?? 'unreachable');
    ending.signal.addEventListener('abort', () => socket.destroy(), { once: true });
    if (ending.signal.aborted) socket.destroy();
    try {
      const secured = url.protocol === 'https:' ? await secure(socket, url, options) : socket;
      return await converse(secured, url, request);
    } catch (error) {
      return failed(reasonOf(ending.signal) ?? (error instanceof TooLarge ? 'too_large' : 'protocol'));
    } finally {
      socket.destroy();
    }
  } finally {
    ending.dispose();
  }
}

/** One signal for the two ways in which an exchange ends early. Its reason is the failure to report. */
function endingOf(request: NetworkRequest): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const end = (reason: Failure): void => controller.abort(reason);
  const delayMs = Math.min(Math.max(request.timeoutMs, 0), TIMER_DELAY_MS_MAX);
  const deadline = setTimeout(() => end('timed_out'), delayMs);
  const onAbort = (): void => end('aborted');
  request.signal?.addEventListener('abort', onAbort, { once: true });
  const dispose = (): void => {
    clearTimeout(deadline);
    request.signal?.removeEventListener('abort', onAbort);
  };
  return { signal: controller.signal, dispose };
}

function reasonOf(signal: AbortSignal): Failure | undefined {
  if (!signal.aborted) return undefined;
  return signal.reason === 'timed_out' ? 'timed_out' : 'aborted';
}

/**
 * Only literals are dialled: a name among the addresses would be looked up, and whoever answers would choose. Each gets
 * an equal share of the time, so that a silent one does not use up what the next one needs.
 */
async function connectFirst(request: NetworkRequest, port: number, signal: AbortSignal): Promise<Socket | undefined> {
  const literals = request.addresses.slice(0, ADDRESSES_MAX).filter((address) => isIP(address) !== 0);
  const shareMs = Math.min(Math.max(request.timeoutMs, 0) / literals.length, TIMER_DELAY_MS_MAX);
  for (const address of literals) {
    if (signal.aborted) return undefined;
    const socket = await connectOne(address, port, shareMs, signal);
    if (socket !== undefined) return socket;
  }
  return undefined;
}

function connectOne(host: string, port: number, limitMs: number, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, autoSelectFamily: false });
    const end = (outcome: Socket | undefined): void => {
      clearTimeout(limit);
      signal.removeEventListener('abort', giveUp);
      resolve(outcome);
    };
    const giveUp = (): void => {
      socket.destroy();
      end(undefined);
    };
    const limit = setTimeout(giveUp, limitMs);
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('error', () => end(undefined));
    socket.once('connect', () => end(socket));
  });
}

function secure(socket: Socket, url: URL, options: NodeNetworkOptions): Promise<Socket> {
  const host = bareHost(url);
  const extra = options.extraCertificates;
  return new Promise((resolve, reject) => {
    const secured = connectTls({
      socket,
      host,
      servername: isIP(host) === 0 ? host : '',
      // Stated, because an environment variable could turn it off.
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      ...(extra === undefined ? {} : { ca: [...rootCertificates, ...extra] }),
    });
    secured.once('secureConnect', () => resolve(secured));
    secured.on('error', reject);
    secured.once('close', () => reject(new Error('closed')));
  });
}

function converse(socket: Socket, url: URL, request: NetworkRequest): Promise<NetworkOutcome> {
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = httpRequest({
      createConnection: () => socket,
      method: request.method,
      host: bareHost(url),
      path: `${url.pathname}${url.search}`,
      headers: toRequestHeaders(url, request),
      setHost: false,
      maxHeaderSize: RESPONSE_HEADER_BYTES_MAX,
      insecureHTTPParser: false,
    });
    let isAnswered = false;
    outgoing.on('error', reject);
    outgoing.on('upgrade', (_incoming, upgraded) => void upgraded.destroy());
    outgoing.on('close', () => isAnswered || reject(new Error('closed')));
    outgoing.on('response', (incoming) => {
      isAnswered = true;
      readBody(incoming, request.responseBytesMax).then(
        (body) =>
          resolve({ kind: 'answered', status: incoming.statusCode ?? 0, headers: toResponseHeaders(incoming), body }),
        reject,
      );
    });
    outgoing.end(request.body);
  });
}

async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of incoming as AsyncIterable<Uint8Array>) {
    total += part.byteLength;
    if (total > bytesMax) throw new TooLarge();
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts, total));
}

function toRequestHeaders(url: URL, request: NetworkRequest): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  for (const [name, value] of Object.entries(request.headers)) {
    const lower = name.toLowerCase();
    if (!OWN_HEADERS.has(lower)) headers[lower] = value;
  }
  const takesBody = request.method !== 'GET' && request.method !== 'HEAD';
  const length = request.body?.byteLength ?? (takesBody ? 0 : undefined);
  if (length !== undefined) headers['content-length'] = String(length);
  return { ...headers, host: url.host, connection: 'close' };
}

function toResponseHeaders(incoming: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(incoming.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  );
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** The host of a URL without the brackets around an IPv6 literal. */
function bareHost(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

function failed(reason: Failure): NetworkOutcome {
  return { kind: 'failed', reason };
}

class TooLarge extends Error {}
