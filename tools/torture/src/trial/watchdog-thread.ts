// The watchdog's thread: nobody says anything for too long, and the process ends with the name of the case that hangs.
import { writeSync } from 'node:fs';
import { workerData, type MessagePort } from 'node:worker_threads';

const { port, silenceMsMax } = workerData as { readonly port: MessagePort; readonly silenceMsMax: number };
let name = 'the first case';
let last = performance.now();
port.on('message', (now: unknown) => {
  name = String(now);
  last = performance.now();
});
setInterval(() => {
  if (performance.now() - last < silenceMsMax) return;
  writeSync(2, `it hangs, last begun: ${name}\nrepeat with: --only '${name}'\n`);
  process.kill(process.pid, 'SIGKILL');
}, 500);
