// A host that is killed in the middle of an effect: behind the announcement, before the result.
import { openHost, send } from './open-host.ts';

const host = await openHost(process.argv[2] ?? '');
await send(host, 'killed', 'invoice-9');
