/**
 * One server for all test files of a package: `globalSetup` of vitest. Tests ask for it with `inject('postgresUrl')` or
 * `inject('postgresTcpUrl')`, as a superuser.
 *
 * Not here: the databases of the tests (`createDatabase`).
 */
import { startPostgres, type PostgresServer } from './postgres.ts';

/**
 * The part of vitest's project that takes what tests may ask for; they declare the two names for themselves.
 * `postgresUrl` goes over a Unix socket, which costs less.
 */
interface Providing {
  provide(key: 'postgresUrl' | 'postgresTcpUrl', value: string): void;
}

let server: PostgresServer | undefined;

export async function setup(project: Providing): Promise<void> {
  server = await startPostgres();
  project.provide('postgresUrl', server.socketUrl);
  project.provide('postgresTcpUrl', server.url);
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
