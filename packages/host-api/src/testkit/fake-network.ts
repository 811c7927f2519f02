/**
 * The network by script. A call that the script does not foresee is a bug of the test; a name that it does not know has
 * no addresses.
 *
 * Not here: real sockets (`@reborn/adapter-node`).
 */
import { InvariantError } from '../assert.ts';
import type { Network, NetworkOutcome, NetworkRequest } from '../platform.ts';

/** Shape: used once, in order. With a `url`, it answers that address only. */
export interface ScriptedExchange {
  readonly url?: string;
  readonly outcome: NetworkOutcome | ((request: NetworkRequest) => NetworkOutcome | Promise<NetworkOutcome>);
}

export interface FakeNetworkScript {
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly exchanges?: readonly ScriptedExchange[];
}

export interface FakeNetwork extends Network {
  readonly resolved: readonly string[];
  readonly requests: readonly NetworkRequest[];
  unused(): readonly ScriptedExchange[];
}

export function createFakeNetwork(script: FakeNetworkScript = {}): FakeNetwork {
  const left = [...(script.exchanges ?? [])];
  const hosts = new Map(Object.entries(script.hosts ?? {}));
  const resolved: string[] = [];
  const requests: NetworkRequest[] = [];
  return {
    resolved,
    requests,
    unused: () => [...left],
    async resolve(hostName) {
      resolved.push(hostName);
      return [...(hosts.get(hostName) ?? [])];
    },
    async exchange(request) {
      requests.push({ ...request, headers: { ...request.headers }, addresses: [...request.addresses] });
      if (request.signal?.aborted === true) return { kind: 'failed', reason: 'aborted' };
      const at = left.findIndex((entry) => entry.url === undefined || entry.url === request.url);
      const [found] = at < 0 ? [] : left.splice(at, 1);
      if (found === undefined) throw new InvariantError('The script of this FakeNetwork has no answer for this call');
      return typeof found.outcome === 'function' ? found.outcome(request) : found.outcome;
    },
  };
}

/** An answer with a text body. */
export function answered(status: number, body = '', headers: Readonly<Record<string, string>> = {}): NetworkOutcome {
  return { kind: 'answered', status, headers, body: new TextEncoder().encode(body) };
}
