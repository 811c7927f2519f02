/**
 * A request as it goes over the wire, and what it takes there.
 *
 * Not here: sending it (the `Network` port).
 * Source: RFC 9112; specification 2, a.10 step 5.
 */
import { defaultPort, type NetworkRequest } from '@reborn/host-api';
import type { Draft } from './read-request.ts';

/** Units: `bytes` are those of the HTTP/1.1 message, without what TLS adds. */
export interface EgressMessage {
  readonly request: Pick<NetworkRequest, 'url' | 'method' | 'headers' | 'body'>;
  readonly bytes: number;
}

/** What the host adds is written out here, so that what is counted is what is sent. Everything but the body is ASCII. */
export function toEgressMessage(
  draft: Draft,
  injected: { readonly path: string; readonly headers: ReadonlyMap<string, string> },
): EgressMessage {
  const { method, body } = draft;
  const { scheme, host, port } = draft.place;
  const authority = port === defaultPort(scheme) ? host : `${host}:${port}`;
  const headers = Object.fromEntries([...injected.headers, ['accept-encoding', 'identity'] as const]);
  const takesBody = body !== undefined || (method !== 'GET' && method !== 'HEAD');
  const lines = [
    `${method} ${injected.path} HTTP/1.1`,
    ...Object.entries({ ...headers, host: authority, connection: 'close' }).map(([name, value]) => `${name}: ${value}`),
    ...(takesBody ? [`content-length: ${body?.byteLength ?? 0}`] : []),
    '',
    '',
  ];
  return {
    request: {
      url: `${scheme}://${authority}${injected.path}`,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    },
    bytes: lines.join('\r\n').length + (body?.byteLength ?? 0),
  };
}
