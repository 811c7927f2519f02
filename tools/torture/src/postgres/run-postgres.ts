/**
 * Two hosts on one PostgreSQL database while its server dies, its sessions are ended and the way to it is bad: whatever was
 * acknowledged is there, what was not is there wholly or not at all, and work goes on by itself.
 *
 * Not here: the hosts (`child/append-to-postgres.ts`), the wire (`proxy.ts`).
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { postgres } from '@reborn/adapter-postgres';
import { createDatabase, startPostgres, type PostgresServer } from '@reborn/postgres-server';
import { Client } from 'pg';
import { judge } from '../trial/judge.ts';
import { opening } from '../trial/opening.ts';
import { readOracles } from '../trial/oracle.ts';
import { randomNumbers } from '../trial/random.ts';
import { runCases, type AreaOptions, type AreaReport, type Case } from '../trial/run-cases.ts';
import { startChild, type Child } from '../trial/start-child.ts';
import { startProxy, type Proxy } from './proxy.ts';

/** What befalls two hosts that are at work. `next`: shares of 1. */
interface Trouble {
  readonly name: string;
  readonly befall: (scene: Scene) => Promise<void>;
}

interface Scene {
  readonly server: PostgresServer;
  readonly proxy: Proxy;
  readonly next: () => number;
}

const HOSTS = [1, 2];
/** How often a trouble comes in one case. */
const TIMES = 3;

const TROUBLES: readonly Trouble[] = [
  { name: 'nothing but each other', befall: () => pause(300) },
  {
    name: 'the server is killed',
    befall: async ({ server, next }) => {
      await server.kill();
      await pause(next() * 300);
      await server.restart();
    },
  },
  { name: 'the server is shut down in order', befall: ({ server }) => server.restart() },
  { name: 'sessions are ended', befall: ({ server }) => endSessions(server) },
  {
    name: 'the wire is cut',
    befall: async ({ proxy, next }) => {
      proxy.set('cut');
      await pause(next() * 400);
      proxy.set('good');
    },
  },
  {
    name: 'answers are lost',
    befall: async ({ proxy, next }) => {
      proxy.set('deaf');
      await pause(20 + next() * 150);
      proxy.set('cut');
      await pause(next() * 100);
      proxy.set('good');
    },
  },
  {
    name: 'the wire is slow',
    befall: async ({ proxy, next }) => {
      proxy.set('slow');
      await pause(400 + next() * 400);
      proxy.set('good');
    },
  },
];

export async function runPostgres({ count, seed, only, report }: AreaOptions): Promise<AreaReport> {
  const server = await startPostgres();
  let faults = 0;
  try {
    const next = randomNumbers(seed);
    const cases = Array.from({ length: count === 0 ? TROUBLES.length : count }, (_none, at) => {
      const trouble = TROUBLES[at % TROUBLES.length] ?? TROUBLES[0];
      if (trouble === undefined) throw new Error('There is some trouble.');
      return toCase(trouble, at, server, next, (more) => (faults += more));
    });
    const done = await runCases(cases, { report, lanes: 1, ...(only === undefined ? {} : { only }) });
    return { ...done, notes: [`${faults} faults were told to callers, who asked again`] };
  } finally {
    await server.stop();
  }
}

function toCase(
  trouble: Trouble,
  at: number,
  server: PostgresServer,
  next: () => number,
  saw: (faults: number) => void,
): Case {
  return {
    name: `two hosts, ${trouble.name} (${at})`,
    run: async ({ folder, note }) => {
      const direct = await createDatabase(server.url);
      const { port, password, pathname } = new URL(direct);
      const proxy = await startProxy(Number(port));
      const url = `postgresql://reborn:${password}@127.0.0.1:${proxy.port}${pathname}`;
      const oracles = HOSTS.map((host) => join(folder, `host-${host}.oracle`));
      const tasks = HOSTS.map((host) => ({
        kind: 'postgres',
        url,
        schema: 'torture',
        oracle: oracles[host - 1],
        host,
        secrets: [password, String(proxy.port)],
      }));
      const hosts = tasks.map((task) => startChild(task));
      try {
        await Promise.all(hosts.map((host) => progress(host, 1)));
        for (let time = 0; time < TIMES; time += 1) {
          await trouble.befall({ server, proxy, next });
          await Promise.all(hosts.map((host) => progress(host, 2)));
        }
        for (const host of hosts) host.say('stop');
        const ends = await Promise.all(hosts.map((host) => host.ended));
        const said = hosts.flatMap((host) => host.lines);
        saw(said.filter((line) => line === 'fault').length);
        for (const line of said) note(line);
        const store = await postgres(direct, { schema: 'torture' }).open(opening);
        const found = await judge(store, readOracles(...oracles)).finally(() => store.close());
        const wrong = said.filter((line) => line.startsWith('wrong ') || line.startsWith('stderr '));
        const ended = ends.some((end) => end !== 0) ? [`the hosts ended with ${ends.join(' and ')}`] : [];
        return [...found, ...new Set(wrong), ...ended];
      } finally {
        for (const host of hosts) host.process.kill('SIGKILL');
        await proxy.close();
      }
    },
  };
}

/** Resolves when a host has done so much more. Errors: it ended. */
async function progress(host: Child, more: number): Promise<void> {
  const done = host.lines.filter((line) => line.startsWith('progress ')).length;
  await host.heard(`progress ${done + more}.`);
}

async function endSessions(server: PostgresServer): Promise<void> {
  const client = new Client({ connectionString: server.socketUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  } finally {
    await client.end();
  }
}
