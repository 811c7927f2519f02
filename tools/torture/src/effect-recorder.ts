// The oracle for "at most once": a process of its own that writes down each effect it is told of, synced, before it
// answers. It knows nothing of the host. Prints its port, then serves until it is killed.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [file = ''] = process.argv.slice(2);
const record = openSync(file, 'a');

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  createInterface({ input: socket }).on('line', (line) => {
    writeSync(record, `${line}\n`);
    fsyncSync(record);
    socket.end('written\n');
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`);
});
process.on('SIGTERM', () => {
  server.close(() => closeSync(record));
});
