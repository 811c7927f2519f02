import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import type { NetworkOutcome, NetworkRequest } from '@reborn/host-api';
import { expect, onTestFinished, test } from 'vitest';
import { createNodeNetwork } from './index.ts';
import { bytesOf, textOf } from '../test/support.ts';

async function listening(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function request(url: string, overrides: Partial<NetworkRequest> = {}): NetworkRequest {
  const base = {
    method: 'GET',
    headers: {},
    addresses: ['127.0.0.1'],
    timeoutMs: 5000,
    responseBytesMax: 1000,
  } as const;
  return { url, ...base, ...overrides };
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of incoming as AsyncIterable<Uint8Array>) parts.push(part);
  return textOf(Buffer.concat(parts));
}

function answer(outcome: NetworkOutcome): string {
  return outcome.kind === 'answered' ? textOf(outcome.body) : outcome.reason;
}

const echo: RequestListener = async (incoming, outgoing) => {
  const { method, url, headers } = incoming;
  outgoing.setHeader('x-many', ['a', 'b']).end(JSON.stringify({ method, url, headers, body: await bodyOf(incoming) }));
};

test('dials the given address and never the name in the URL', async () => {
  const port = await listening(createHttpServer(echo));
  const outcome = await createNodeNetwork().exchange(request(`http://name.invalid:${port}/path?q=1`));
  expect(outcome).toMatchObject({ kind: 'answered', status: 200, headers: { 'x-many': 'a, b' } });
  expect(JSON.parse(answer(outcome))).toMatchObject({ url: '/path?q=1', headers: { host: `name.invalid:${port}` } });
});

test('dials the given address also when the URL holds another literal', async () => {
  const port = await listening(createHttpServer(echo));
  const outcome = await createNodeNetwork().exchange(request(`http://192.0.2.1:${port}/`));
  expect(outcome).toMatchObject({ kind: 'answered', status: 200 });
  const nowhere = request(`http://127.0.0.1:${port}/`, { addresses: [] });
  expect(answer(await createNodeNetwork().exchange(nowhere))).toBe('unreachable');
});

test('never looks up a name among the addresses', async () => {
  const port = await listening(createHttpServer(echo));
  const outcome = await createNodeNetwork().exchange(request(`http://h:${port}/`, { addresses: ['localhost'] }));
  expect(answer(outcome)).toBe('unreachable');
});

test('goes to the first address that accepts', async () => {
  const port = await listening(createHttpServer(echo));
  const addresses = ['127.0.0.2', '::1', '127.0.0.1'];
  expect((await createNodeNetwork().exchange(request(`http://h:${port}/`, { addresses }))).kind).toBe('answered');
});

test('sends method, headers and body, and its own framing whatever the caller says', async () => {
  const port = await listening(createHttpServer(echo));
  const outcome = await createNodeNetwork().exchange(
    request(`http://h:${port}/`, {
      method: 'POST',
      headers: {
        'X-One': '1',
        Host: 'evil',
        'Content-Length': '1',
        'Transfer-Encoding': 'chunked',
        Connection: 'x-one',
      },
      body: bytesOf('hello'),
    }),
  );
  const seen: unknown = JSON.parse(answer(outcome));
  expect(seen).toMatchObject({
    method: 'POST',
    body: 'hello',
    headers: { 'x-one': '1', host: `h:${port}`, 'content-length': '5', connection: 'close' },
  });
  expect(JSON.stringify(seen)).not.toContain('chunked');
});

test('returns a redirect and does not follow it', async () => {
  let calls = 0;
  const server = createHttpServer((_incoming, outgoing) => {
    calls += 1;
    outgoing.writeHead(302, { location: '/elsewhere' }).end();
  });
  const port = await listening(server);
  const outcome = await createNodeNetwork().exchange(request(`http://h:${port}/`));
  expect(outcome).toMatchObject({ kind: 'answered', status: 302, headers: { location: '/elsewhere' } });
  expect(calls).toBe(1);
});

test('bounds the body, whatever the headers say', async () => {
  const port = await listening(createHttpServer((_incoming, outgoing) => void outgoing.end('x'.repeat(1001))));
  expect(answer(await createNodeNetwork().exchange(request(`http://h:${port}/`)))).toBe('too_large');
  const wide = request(`http://h:${port}/`, { responseBytesMax: 1001 });
  expect(answer(await createNodeNetwork().exchange(wide))).toHaveLength(1001);
  const endless = await listening(
    createHttpServer((_incoming, outgoing) => {
      const more = (): void => void (outgoing.write('x'.repeat(500)) && setImmediate(more));
      more();
    }),
  );
  expect(answer(await createNodeNetwork().exchange(request(`http://h:${endless}/`)))).toBe('too_large');
});

test('ends a silent and a dripping answer when the time is over', async () => {
  const silent = await listening(createHttpServer(() => undefined));
  const short = { timeoutMs: 200 };
  expect(answer(await createNodeNetwork().exchange(request(`http://h:${silent}/`, short)))).toBe('timed_out');
  const dripping = await listening(
    createHttpServer((_incoming, outgoing) => {
      const drip = setInterval(() => outgoing.write('.'), 20);
      outgoing.on('close', () => clearInterval(drip));
    }),
  );
  expect(answer(await createNodeNetwork().exchange(request(`http://h:${dripping}/`, short)))).toBe('timed_out');
});

test('ends on abort, before and during', async () => {
  const silent = await listening(createHttpServer(() => undefined));
  const controller = new AbortController();
  const running = createNodeNetwork().exchange(request(`http://h:${silent}/`, { signal: controller.signal }));
  setTimeout(() => controller.abort(), 50);
  expect(answer(await running)).toBe('aborted');
  const after = await createNodeNetwork().exchange(request(`http://h:${silent}/`, { signal: controller.signal }));
  expect(answer(after)).toBe('aborted');
});

test('calls everything that is no HTTP a broken protocol', async () => {
  const network = createNodeNetwork();
  const garbage = await listening(createTcpServer((socket) => void socket.end('garbage\r\n\r\n')));
  expect(answer(await network.exchange(request(`http://h:${garbage}/`)))).toBe('protocol');
  const early = await listening(
    createTcpServer((socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')),
  );
  expect(answer(await network.exchange(request(`http://h:${early}/`)))).toBe('protocol');
  const upgrade = await listening(
    createTcpServer((socket) => void socket.end('HTTP/1.1 101 Switch\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')),
  );
  expect(answer(await network.exchange(request(`http://h:${upgrade}/`)))).toBe('protocol');
  expect(answer(await network.exchange(request('file:///etc/passwd')))).toBe('protocol');
  expect(answer(await network.exchange(request('http://h/', { headers: { 'x-a': 'b\r\nc' } })))).not.toBe('answered');
});

test('is unreachable where nobody listens', async () => {
  const server = createTcpServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  expect(answer(await createNodeNetwork().exchange(request(`http://h:${port}/`)))).toBe('unreachable');
});

test('checks the certificate against the name in the URL', async () => {
  // Made for this test and for nothing else: a certificate for good.invalid, with its key.
  const fixture = (name: string): Promise<string> =>
    readFile(new URL(`../test/fixture/good-invalid.${name}.pem`, import.meta.url), 'utf8');
  const [keyText, certText] = [await fixture('key'), await fixture('cert')];
  const port = await listening(createHttpsServer({ key: keyText, cert: certText }, echo));
  const trusting = createNodeNetwork({ extraCertificates: [certText] });
  expect((await trusting.exchange(request(`https://good.invalid:${port}/`))).kind).toBe('answered');
  expect(answer(await trusting.exchange(request(`https://bad.invalid:${port}/`)))).toBe('protocol');
  expect(answer(await createNodeNetwork().exchange(request(`https://good.invalid:${port}/`)))).toBe('protocol');
  const silent = await listening(createTcpServer(() => undefined));
  const slow = request(`https://good.invalid:${silent}/`, { timeoutMs: 200 });
  expect(answer(await trusting.exchange(slow))).toBe('timed_out');
});

test('resolves names to addresses, and unknown names to none', async () => {
  const network = createNodeNetwork();
  expect(await network.resolve('localhost')).toEqual(expect.arrayContaining([expect.stringMatching(/^(127\.|::1$)/)]));
  expect(await network.resolve('name.invalid')).toEqual([]);
});
