/**
 * Where a capability may talk to, and what it sends and gets. The words only: nothing here opens a connection.
 *
 * Not here: the pipeline that every request goes through (`@reborn/host-runtime`, `egress/`), sockets (the `Network`
 * port).
 * Source: specification 2, a.10.
 */
import { z } from 'zod';
import type { SecretHandle } from './ids.ts';
import { HOST_NAME_BYTES_MAX, NETWORK_TARGETS_MAX } from './limits.ts';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const HOST_PATTERN = new RegExp(`^(?:\\*\\.)?${LABEL}(?:\\.${LABEL})*$`);

/**
 * One host, or with a leading `*.` every host that is exactly one label longer. Without a scheme `https` is meant, without
 * a port that of the scheme. `private`: addresses of private networks are reachable here too; the operator said so.
 */
export const networkTargetSchema = z.strictObject({
  scheme: z.enum(['https', 'http']).optional(),
  host: z
    .string()
    .max(HOST_NAME_BYTES_MAX)
    .transform((host) => host.toLowerCase())
    .pipe(z.string().regex(HOST_PATTERN, 'must be a host name, or "*." and a host name')),
  port: z.int().min(1).max(65_535).optional(),
  private: z.boolean().optional(),
});
export type NetworkTarget = z.infer<typeof networkTargetSchema>;

export const networkTargetsSchema = z.array(networkTargetSchema).max(NETWORK_TARGETS_MAX);

/** A place of a request, in canonical form: lower-case host, explicit port. */
export interface NetworkPlace {
  readonly scheme: 'https' | 'http';
  readonly host: string;
  readonly port: number;
}

/** The target that lets a request through, if one does. The first that fits decides about `private`. */
export function findTarget(targets: readonly NetworkTarget[], place: NetworkPlace): NetworkTarget | undefined {
  return targets.find(
    (target) =>
      (target.scheme ?? 'https') === place.scheme &&
      (target.port ?? defaultPort(target.scheme ?? 'https')) === place.port &&
      isHostMatch(target.host, place.host),
  );
}

/**
 * What both lists let through. A place is `private` only where `granted` says so: what a capability declares grants
 * nothing. Without a declaration everything that is granted; without a grant's list what is declared.
 */
export function intersectTargets(
  declared: readonly NetworkTarget[] | undefined,
  granted: readonly NetworkTarget[] | undefined,
): readonly NetworkTarget[] | undefined {
  if (declared === undefined) return granted;
  if (granted === undefined) return declared.map((target) => ({ ...target, private: false }));
  return granted.flatMap((grant) =>
    declared.flatMap((target) => {
      const [left, right] = [toPlace(grant), toPlace(target)];
      if (left.scheme !== right.scheme || left.port !== right.port) return [];
      if (grant.host === target.host || isHostMatch(target.host, grant.host)) return [grant];
      if (!isHostMatch(grant.host, target.host)) return [];
      return [{ ...target, private: grant.private === true }];
    }),
  );
}

export function defaultPort(scheme: 'https' | 'http'): number {
  return scheme === 'https' ? 443 : 80;
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';

/** Where a secret goes in a request: a header, with a prefix such as `Bearer `, or a query parameter. */
export interface CredentialInjection {
  readonly handle: SecretHandle;
  readonly target:
    | { readonly kind: 'header'; readonly name: string; readonly prefix?: string }
    | { readonly kind: 'query'; readonly name: string };
  /** Whether the request is refused without it. */
  readonly required: boolean;
}

/** Units: milliseconds, bytes. Credentials never stand in `url`, `headers` or `body`: they are injected. */
export interface HttpEgressRequest {
  readonly url: string;
  readonly method: HttpMethod;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
  readonly credentials?: readonly CredentialInjection[];
  readonly timeoutMs?: number;
  readonly responseBytesMax?: number;
}

/** `redacted`: an injected value came back and was taken out. Redirects are answers like any other. */
export interface HttpEgressResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly redacted: boolean;
}

/** Closed. `requestBytes`: what went out before it failed; nothing before a connection was tried. */
export type HttpEgressFailure =
  | 'credential_unavailable'
  | 'request_denied'
  | 'network_denied'
  | 'network_error'
  | 'timed_out'
  | 'cancelled'
  | 'response_blocked'
  | 'response_body_limit_exceeded';

export type HttpEgressOutcome =
  | { readonly kind: 'answered'; readonly response: HttpEgressResponse }
  | {
      readonly kind: 'failed';
      readonly reason: HttpEgressFailure;
      /** For people and models; names the rule, never an address, a secret or a part of the request. */
      readonly message: string;
      readonly requestBytes: number;
    };

/** The only way out to a network, for one call: its targets, its secrets and its byte budget are fixed. */
export interface HttpEgress {
  /** Never rejects. */
  request(request: HttpEgressRequest): Promise<HttpEgressOutcome>;
}

function toPlace({ scheme = 'https', port, host }: NetworkTarget): NetworkPlace {
  return { scheme, port: port ?? defaultPort(scheme), host };
}

/** A wildcard stands for names: the parts of an address are none. */
function isHostMatch(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  if (/^[0-9.]+$/.test(host)) return false;
  const [first, ...rest] = host.split('.');
  return first !== undefined && first !== '' && rest.join('.') === pattern.slice(2);
}
