/** The way out of a governed call, over real sockets, to a server of this machine. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import {
  createHostTrustPolicy,
  createInMemoryStore,
  gateMachine,
  idempotencyMachine,
  leaseMachine,
  limiterMachine,
  parseExtensionId,
  parseSecretHandle,
  reservationMachine,
  type HttpEgressOutcome,
  type HttpEgressRequest,
  type NetworkTarget,
} from '@reborn/host-api';
import { buildContext, buildGrant, createFakeCipher, findLeaks } from '@reborn/host-api/testkit';
import { createHostRuntime, createStoredSecrets, SecretValue, secretMachine, staticGrants } from '@reborn/host-runtime';
import { scriptedHandler } from '@reborn/host-runtime/testkit';
import { runMachine } from '@reborn/turns';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createNodeNetwork } from '../src/network.ts';
import { node } from '../src/platform.ts';

const KEY = parseSecretHandle('example-key');
const EFFECTS = ['network', 'use_secret'] as const;
const MACHINES = [
  leaseMachine,
  gateMachine,
  idempotencyMachine,
  limiterMachine,
  reservationMachine,
  runMachine,
  secretMachine,
];

const SECRET = 'correct/horse+battery "staple';

interface Server {
  readonly port: number;
  /** What came in, byte by byte. */
  received(): Buffer;
  connections(): number;
}

/** Answers the first whole head of each connection with these bytes, and closes it. */
async function listen(answer: (request: string) => string): Promise<Server> {
  const received: Buffer[] = [];
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    let seen = '';
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => {
      received.push(part);
      seen += part.toString('latin1');
      const length = Number(/content-length: (\d+)/.exec(seen)?.[1] ?? 0);
      const head = seen.indexOf('\r\n\r\n');
      if (head >= 0 && seen.length >= head + 4 + length) socket.end(answer(seen));
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, received: () => Buffer.concat(received), connections: () => connections };
}

function ok(body: string, ...headers: readonly string[]): string {
  const lines = ['HTTP/1.1 200 OK', ...headers, `content-length: ${Buffer.byteLength(body)}`, '', body];
  return lines.join('\r\n');
}

type Answered = Extract<HttpEgressOutcome, { kind: 'answered' }>['response'];
type Failed = Extract<HttpEgressOutcome, { kind: 'failed' }>;

/** A door whose capability makes one request a call, over real sockets to these addresses. */
interface OverSockets {
  /** What the door has charged for all of them. */
  readonly egressBytes: number;
  response(request: Partial<HttpEgressRequest>): Promise<Answered>;
  failure(request: Partial<HttpEgressRequest>): Promise<Failed>;
}

async function overSockets(
  targets: readonly NetworkTarget[] | undefined,
  addresses: readonly string[] = [],
): Promise<OverSockets> {
  const { clock, timers, ids, digest } = node();
  const store = createInMemoryStore({ machines: MACHINES, clock, timers });
  const secrets = createStoredSecrets({ store, clock, ids, cipher: createFakeCipher() });
  const { scope } = buildContext();
  const by = { kind: 'user', id: scope.userId } as const;
  const owner = { tenantId: scope.tenantId, userId: scope.userId };
  await secrets.put({ owner, handle: KEY, by }, new SecretValue(SECRET));
  let [next, outcome, egressBytes]: [Partial<HttpEgressRequest>, HttpEgressOutcome | undefined, number] = [
    {},
    undefined,
    0,
  ];
  const handler = scriptedHandler({
    descriptor: { effects: [...EFFECTS], credentials: [{ handle: KEY, required: true }] },
    otherwise: async ({ http }) => {
      outcome = await http?.request({ url: '', method: 'GET', headers: [], ...next });
      return { kind: 'completed', output: {} };
    },
  });
  const runtime = createHostRuntime({
    store,
    clock,
    timers,
    ids,
    digest,
    profile: 'local',
    trust: createHostTrustPolicy([
      { packageId: parseExtensionId('notes'), source: 'composed', trust: 'user_trusted', allowedEffects: [...EFFECTS] },
    ]),
    grants: staticGrants([
      buildGrant({ allowedEffects: [...EFFECTS], secrets: [KEY], targets: targets && [...targets] }),
    ]),
    capabilities: [handler],
    secrets,
    network: { ...createNodeNetwork(), resolve: async () => addresses },
  });
  const request = async (part: Partial<HttpEgressRequest>): Promise<HttpEgressOutcome> => {
    next = part;
    outcome = undefined;
    const context = buildContext({ invocationId: ids.uuid(), correlationId: ids.uuid() });
    const call = { context, capabilityId: 'notes.write', input: {} };
    const asked = await runtime.invokeCapability(call);
    if (asked.kind !== 'approval_required') throw new Error(asked.kind);
    const answer = { tenantId: scope.tenantId, gateId: asked.gateId, approver: by, decision: 'approve' } as const;
    await runtime.resolveGate(answer);
    const ended = await runtime.invokeCapability(call);
    if (ended.kind !== 'completed' || outcome === undefined) throw new Error(JSON.stringify(ended));
    egressBytes += ended.usage.egressBytes ?? 0;
    return outcome;
  };
  return {
    get egressBytes() {
      return egressBytes;
    },
    async response(part) {
      const answered = await request(part);
      if (answered.kind !== 'answered') throw new Error(`failed: ${answered.message}`);
      return answered.response;
    },
    async failure(part) {
      const failed = await request(part);
      if (failed.kind !== 'failed') throw new Error(`answered ${failed.response.status}`);
      return failed;
    },
  };
}

describe('Over real sockets', () => {
  test('a credential reaches the server and comes back in no encoding, and every byte is counted', async () => {
    const server = await listen((request) => {
      const echoes = [request, JSON.stringify(request), encodeURIComponent(request), btoa(request), escape(request)];
      return ok(echoes.join('\n'), `x-echo: ${encodeURIComponent(request)}`, 'set-cookie: a=b');
    });
    const { port } = server;
    const bench = await overSockets([{ scheme: 'http', host: '127.0.0.1', port, private: true }]);
    const response = await bench.response({
      url: `http://127.0.0.1:${port}/path?q=1`,
      method: 'POST',
      headers: [['X-Note', 'hello']],
      body: new TextEncoder().encode('bödy'),
      credentials: [
        { handle: KEY, target: { kind: 'header', name: 'Authorization', prefix: 'Bearer ' }, required: true },
        { handle: KEY, target: { kind: 'query', name: 'app_key' }, required: true },
      ],
    });
    const received = server.received();
    expect(received.toString()).toContain(`authorization: Bearer ${SECRET}\r\n`);
    expect(received.toString()).toContain(`POST /path?q=1&app_key=${encodeURIComponent(SECRET)} HTTP/1.1\r\n`);
    expect(response).toMatchObject({ status: 200, redacted: true, requestBytes: received.byteLength });
    expect(bench.egressBytes).toBe(received.byteLength);
    expect(response.headers.map(([name]) => name)).toEqual(['x-echo', 'content-length']);
    expect(findLeaks(response, [SECRET])).toEqual([]);
  });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'] as const)(
    'every byte of %s without a body is counted',
    async (method) => {
      const server = await listen(() => 'HTTP/1.1 204 No Content\r\n\r\n');
      const bench = await overSockets([{ scheme: 'http', host: '127.0.0.1', port: server.port, private: true }]);
      const { requestBytes } = await bench.response({ url: `http://127.0.0.1:${server.port}/`, method });
      expect(requestBytes).toBe(server.received().byteLength);
    },
  );

  test('every byte of GET with a body is counted', async () => {
    const server = await listen(() => 'HTTP/1.1 204 No Content\r\n\r\n');
    const bench = await overSockets([{ scheme: 'http', host: '127.0.0.1', port: server.port, private: true }]);
    const body = new TextEncoder().encode('{"query":{}}');
    const { requestBytes } = await bench.response({ url: `http://127.0.0.1:${server.port}/`, body });
    expect(requestBytes).toBe(server.received().byteLength);
    expect(server.received().toString()).toContain('{"query":{}}');
  });

  test('the bytes of a request count when its answer is none', async () => {
    const server = await listen(() => 'nonsense\r\n\r\n');
    const bench = await overSockets([{ scheme: 'http', host: '127.0.0.1', port: server.port, private: true }]);
    const outcome = await bench.failure({ url: `http://127.0.0.1:${server.port}/`, headers: [['X-Note', 'hello']] });
    expect(outcome).toMatchObject({ reason: 'network_error', requestBytes: server.received().byteLength });
    expect(bench.egressBytes).toBe(server.received().byteLength);
  });

  test('the connection goes to the address that was judged, under the name that was asked for', async () => {
    const server = await listen((request) => ok(/host: .*/.exec(request)?.[0] ?? ''));
    const bench = await overSockets(
      [{ scheme: 'http', host: 'name.invalid', port: server.port, private: true }],
      ['127.0.0.1'],
    );
    const response = await bench.response({ url: `http://name.invalid:${server.port}/` });
    expect(new TextDecoder().decode(response.body)).toBe(`host: name.invalid:${server.port}`);
  });

  test('nothing reaches this machine where the operator did not open it, however it is written', async () => {
    const server = await listen(() => ok('inside'));
    const bench = await overSockets(undefined, ['127.0.0.1']);
    for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::ffff:127.0.0.1]', 'name.invalid', '0']) {
      expect(await bench.failure({ url: `http://${host}:${server.port}/` })).toMatchObject({
        reason: 'network_denied',
        requestBytes: 0,
      });
    }
    expect([server.connections(), bench.egressBytes]).toEqual([0, 0]);
  });

  test('a redirect to this machine is an answer and is not followed', async () => {
    const inside = await listen(() => ok('inside'));
    const location = `http://127.0.0.1:${inside.port}/`;
    const outside = await listen(() => `HTTP/1.1 302 Found\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
    const bench = await overSockets([{ scheme: 'http', host: '127.0.0.1', port: outside.port, private: true }]);
    const response = await bench.response({ url: `http://127.0.0.1:${outside.port}/` });
    expect(response.headers).toContainEqual(['location', location]);
    expect(await bench.failure({ url: location })).toMatchObject({ reason: 'network_denied', requestBytes: 0 });
    expect(inside.connections()).toBe(0);
  });
});
