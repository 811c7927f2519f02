// The other side: a small forge on this machine, which repeats what it was sent, as servers do.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Forge {
  readonly url: string;
  readonly port: number;
  /** What it was sent as authorization, request by request. */
  readonly seen: readonly (string | undefined)[];
  close(): void;
}

export async function startForge(token: string): Promise<Forge> {
  const seen: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers;
    seen.push(authorization);
    const body = await json(request);
    response.statusCode = authorization === `Bearer ${token}` ? 201 : 401;
    response.end(JSON.stringify({ issue: 7, body, thanks: `You sent ${authorization}` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/issues`, port, seen, close: () => void server.close() };
}
