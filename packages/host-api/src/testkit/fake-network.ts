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

/** `hosts` as a function hears how often the name was looked up before. `otherwise` answers what no exchange foresees. */
export interface FakeNetworkScript {
  readonly hosts?:
    | Readonly<Record<string, readonly string[]>>
    | ((hostName: string, before: number) => readonly string[]);
  readonly exchanges?: readonly ScriptedExchange[];
  readonly otherwise?: ScriptedExchange['outcome'];
}

export interface FakeNetwork extends Network {
  readonly resolved: readonly string[];
  readonly requests: readonly NetworkRequest[];
  unused(): readonly ScriptedExchange[];
}

export function createFakeNetwork(script: FakeNetworkScript = {}): FakeNetwork {
  const left = [...(script.exchanges ?? [])];
  const hosts = typeof script.hosts === 'function' ? script.hosts : namesIn(script.hosts ?? {});
  const resolved: string[] = [];
  const requests: NetworkRequest[] = [];
  return {
    resolved,
    requests,
    unused: () => [...left],
    async resolve(hostName) {
      const before = resolved.filter((name) => name === hostName).length;
      resolved.push(hostName);
      return [...hosts(hostName, before)];
    },
    async exchange(request) {
      requests.push({ ...request, headers: { ...request.headers }, addresses: [...request.addresses] });
      if (request.signal?.aborted === true) return { kind: 'failed', reason: 'aborted' };
      const at = left.findIndex((entry) => entry.url === undefined || entry.url === request.url);
      const [found] = at < 0 ? [] : left.splice(at, 1);
      const outcome = found?.outcome ?? script.otherwise;
      if (outcome === undefined) throw new InvariantError('The script of this FakeNetwork has no answer for this call');
      return typeof outcome === 'function' ? outcome(request) : outcome;
    },
  };
}

/** An answer with a text body. */
export function answered(status: number, body = '', headers: Readonly<Record<string, string>> = {}): NetworkOutcome {
  return { kind: 'answered', status, headers, body: new TextEncoder().encode(body) };
}

function namesIn(record: Readonly<Record<string, readonly string[]>>): (hostName: string) => readonly string[] {
  const hosts = new Map(Object.entries(record));
  return (hostName) => hosts.get(hostName) ?? [];
}
