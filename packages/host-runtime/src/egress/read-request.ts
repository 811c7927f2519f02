/**
 * A request as the way out judges it: a copy that nobody else holds, bounded, with its address in canonical form. What is
 * judged is what is sent: nothing of the original is looked at afterwards.
 *
 * Not here: whether it may be sent (`request-rule.ts`).
 * Source: specification 2, a.10 step 5; the WHATWG URL standard.
 */
import {
  CREDENTIALS_MAX,
  defaultPort,
  HOST_NAME_BYTES_MAX,
  secretHandleSchema,
  utf8Bytes,
  type CredentialInjection,
  type HttpMethod,
  type NetworkPlace,
} from '@reborn/host-api';
import { z } from 'zod';
import {
  EGRESS_BODY_BYTES_MAX,
  EGRESS_HEADER_NAME_BYTES_MAX,
  EGRESS_HEADER_VALUE_BYTES_MAX,
  EGRESS_HEADERS_MAX,
  EGRESS_RESPONSE_BYTES_MAX,
  EGRESS_TIMEOUT_MS,
  EGRESS_TIMEOUT_MS_MAX,
  EGRESS_URL_BYTES_MAX,
} from '../limits.ts';
import { isAddress } from './address-rule.ts';
import type { EgressFailureRule } from './egress-failure.ts';

const HOST_NAME = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

const headerName = z.string().max(EGRESS_HEADER_NAME_BYTES_MAX);

const credentialSchema = z.strictObject({
  handle: secretHandleSchema,
  target: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('header'),
      name: headerName,
      prefix: z.string().max(EGRESS_HEADER_NAME_BYTES_MAX).optional(),
    }),
    z.strictObject({ kind: z.literal('query'), name: headerName }),
  ]),
  required: z.boolean(),
});

const requestSchema = z.strictObject({
  url: z.string().refine((url) => url.length <= EGRESS_URL_BYTES_MAX && utf8Bytes(url) <= EGRESS_URL_BYTES_MAX),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']),
  headers: z
    .array(z.tuple([headerName, z.string().max(EGRESS_HEADER_VALUE_BYTES_MAX)]).readonly())
    .max(EGRESS_HEADERS_MAX),
  body: z
    .instanceof(Uint8Array)
    .refine((body) => body.byteLength <= EGRESS_BODY_BYTES_MAX)
    .transform((body) => Uint8Array.from(body))
    .optional(),
  credentials: z.array(credentialSchema).max(CREDENTIALS_MAX).default([]),
  timeoutMs: z.int().min(1).max(EGRESS_TIMEOUT_MS_MAX).default(EGRESS_TIMEOUT_MS),
  responseBytesMax: z.int().min(0).max(EGRESS_RESPONSE_BYTES_MAX).default(EGRESS_RESPONSE_BYTES_MAX),
});

/** Header names are lower case, but may stand several times. `path` is what follows the host: path and query, escaped. */
export interface Draft {
  readonly kind: 'draft';
  readonly method: HttpMethod;
  /** As it was sent to the host, for rules about what people were shown. */
  readonly writtenUrl: string;
  readonly place: NetworkPlace;
  /** The address that the URL names instead of a host, without brackets. */
  readonly literal: string | undefined;
  readonly hasUserinfo: boolean;
  readonly path: string;
  /** With its `#`. It is never sent. */
  readonly fragment: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array | undefined;
  readonly credentials: readonly CredentialInjection[];
  readonly timeoutMs: number;
  readonly responseBytesMax: number;
}

type ReadRequest = Draft | { readonly kind: 'unreadable'; readonly rule: EgressFailureRule };

/** Never throws. */
export function readRequest(request: unknown): ReadRequest {
  const read = parse(request);
  if (read === undefined) return { kind: 'unreadable', rule: 'malformed' };
  const { url: writtenUrl, headers, body, credentials, ...rest } = read;
  const url = URL.parse(writtenUrl);
  if (url === null) return { kind: 'unreadable', rule: 'host_form' };
  const scheme = url.protocol === 'https:' ? 'https' : url.protocol === 'http:' ? 'http' : undefined;
  if (scheme === undefined) return { kind: 'unreadable', rule: 'scheme' };
  const host = canonicalHost(url.hostname);
  const port = url.port === '' ? defaultPort(scheme) : Number(url.port);
  if (host === undefined || port === 0) return { kind: 'unreadable', rule: 'host_form' };
  return {
    kind: 'draft',
    ...rest,
    writtenUrl,
    place: { scheme, host: host.name, port },
    literal: host.literal,
    hasUserinfo: url.username !== '' || url.password !== '',
    path: `${url.pathname}${url.search}`,
    fragment: url.hash,
    headers: headers.map(([name, value]) => [name.toLowerCase(), value] as const),
    body,
    credentials: credentials.map(toInjection),
  };
}

/** A request that throws while it is read is none. */
function parse(request: unknown): z.output<typeof requestSchema> | undefined {
  try {
    return requestSchema.safeParse(request).data;
  } catch {
    return undefined;
  }
}

/**
 * The parser has lower-cased the name, turned it into ASCII, and written every numeric form of an address in the one that
 * is checked. What is left is one dot at the end, which names the same host.
 */
function canonicalHost(hostname: string): { readonly name: string; readonly literal: string | undefined } | undefined {
  if (hostname.startsWith('[')) return { name: hostname, literal: hostname.slice(1, -1) };
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  if (name.length > HOST_NAME_BYTES_MAX || !HOST_NAME.test(name)) return undefined;
  return { name, literal: isAddress(name) ? name : undefined };
}

function toInjection({ handle, target, required }: z.output<typeof credentialSchema>): CredentialInjection {
  if (target.kind === 'query') return { handle, target, required };
  const { kind, name, prefix } = target;
  return { handle, target: { kind, name, ...(prefix === undefined ? {} : { prefix }) }, required };
}
