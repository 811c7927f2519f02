// Runs a command on the Node.js that this workspace was made for: the one that runs this file if it is new enough,
// otherwise the one that `npm ci` installed. A version that cannot be helped is refused in one sentence that says what to
// do. Plain JavaScript of the oldest kind: it has to run on exactly the versions that it replaces or refuses.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [major, minor] = process.versions.node.split('.').map(Number);
const fits = major === 22 ? minor >= 22 : major > 22;
const installed = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
const node = fits ? process.execPath : existsSync(installed) ? installed : undefined;

if (node === undefined) {
  console.error(
    'Reborn needs Node.js 22.22 or newer and this is ' +
      process.versions.node +
      '. Run `npm ci` in the top folder first (on Linux it brings Node.js 24 with it) and start everything through `npm run ...`; elsewhere install Node.js 24.',
  );
  process.exit(1);
}

// The folder of that Node.js comes first, so that everything that is started from here finds it too.
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const [command, ...args] = process.argv.slice(2);
const tool = join(root, 'node_modules', '.bin', command);
const child = spawn(command === 'node' ? node : tool, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
// Ctrl-C reaches the whole group by itself; other signals are for this process alone and are passed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', () => {
  console.error('`' + command + '` is not installed. Run `npm ci` in the top folder first.');
  process.exit(1);
});
child.on('close', (code, signal) => process.exit(signal === null ? code : 128 + 15));
