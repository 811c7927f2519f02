/**
 * A wire that can be bad: TCP connections to a server, passed on, slowed down, deafened and cut.
 *
 * Not here: when (`run-postgres.ts`).
 */
import { connect, createServer, type Socket } from 'node:net';

/** `deaf`: what is said arrives, what is answered does not. `cut`: nobody is connected, and nobody gets through. */
export type WireState = 'good' | 'slow' | 'deaf' | 'cut';

export interface Proxy {
  readonly port: number;
  /** Going to `cut` ends every connection; those that were deaf stay so until then. */
  set(state: WireState): void;
  close(): Promise<void>;
}

const SLOW_MS = 40;

export async function startProxy(targetPort: number): Promise<Proxy> {
  let state: WireState = 'good';
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const far = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('data', (data) => {
        if (state === 'deaf' && from === far) return;
        if (state === 'slow') setTimeout(() => to.writable && to.write(data), SLOW_MS);
        else to.write(data);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port is free on the loopback interface.');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    set: (next) => {
      state = next;
      if (next === 'cut') cut();
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
