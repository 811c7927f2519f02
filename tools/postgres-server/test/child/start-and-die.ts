/** Starts a server, says where it is, and waits to be killed. */
import { startPostgres } from '../../src/index.ts';

const server = await startPostgres();
process.stdout.write(`${server.url} ${new URL(server.socketUrl.replace('@/', '@x/')).searchParams.get('host')}\n`);
setInterval(() => undefined, 1000);
