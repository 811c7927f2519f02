// The oracle for "at most once": a process of its own that writes down each effect it is told of, synced, before it
// answers. It knows nothing of the host. Prints its port, then serves until it is killed.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

const [file = ''] = process.argv.slice(2);
const record = openSync(file, 'a');

const server = createServer((socket) => {
  let heard = '';
  // Whoever is killed in the middle of a line has told nothing.
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    heard += data.toString('utf8');
    const end = heard.indexOf('\n');
    if (end < 0) return;
    writeSync(record, heard.slice(0, end + 1));
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
