/** A small workspace in a temporary folder, in which everything is as its table says, and ways to change it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { defineRooms, type RoomTable } from '../src/room-table.ts';

/** Path → content; `undefined` leaves the file out. */
export type Files = Readonly<Record<string, string | undefined>>;

/** A workspace on disk. */
export interface Workspace extends Disposable {
  readonly root: string;
}

/** The table of the small workspace: every kind of room, none of them Reborn's. */
export const acmeRooms: RoomTable = defineRooms({
  rooms: {
    '@acme/words': { folder: 'packages/words', floor: 0, doors: ['.', './testkit'], libraries: ['shapes'] },
    '@acme/log': { folder: 'packages/log', floor: 1, doors: ['.', './testkit'] },
    '@acme/stand': { folder: 'packages/stand', floor: 1, doors: ['.', './loop', './runner'] },
    '@acme/policy': { folder: 'packages/policy', floor: 2, linesMax: 20 },
    '@acme/host': { folder: 'packages/host', floor: 3, keys: ['@acme/stand/runner'] },
    '@acme/disk': { folder: 'packages/adapters/disk', floor: 'adapter', drivers: ['fast-disk', 'node:*'] },
    '@acme/machine': { folder: 'packages/adapters/machine', floor: 'adapter', drivers: ['node:*'], machine: 'all' },
    '@acme/bridge': { folder: 'packages/bridges/foreign', floor: 'bridge', drivers: ['foreign-sdk'] },
    '@acme/app': { folder: 'packages/surfaces/app', floor: 'surface', doors: [], drivers: ['node:*'] },
    '@acme/hello': { folder: 'packages/examples/hello', floor: 'example', doors: [], drivers: ['node:*'] },
    '@acme/check': { folder: 'tools/check', floor: 'tool', doors: [], drivers: ['node:*'] },
  },
  composers: ['**/compose.ts', 'packages/examples/**', 'tools/**'],
  lockedDoors: ['@acme/stand/runner'],
  narrowPassages: [
    { from: ['packages/policy/**', 'packages/host/src/agent-loop/**'], room: '@acme/stand', doors: ['./loop'] },
  ],
  guests: [{ folder: 'packages/host/src/agent-loop', imports: ['@acme/words', '@acme/stand/loop'] }],
  modulesMin: 20,
  conditions: ['@acme/source'],
  pinsFile: 'pins.json',
  graphFile: 'graph.md',
  nxTags: true,
  updateCommand: 'acme update',
});

/** Writes the small workspace with changes, runs `use`, removes it. */
export function createWorkspace(changes: Files = {}): Workspace {
  return writeWorkspace({ ...manifests(), ...sources, ...changes }, acmePackages);
}

/** Writes files into a temporary folder and links packages into its node_modules: name → folder, absolute or below it. */
export function writeWorkspace(files: Files, links: Readonly<Record<string, string>>): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'rooms-')));
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  for (const [name, folder] of Object.entries(links)) {
    const link = join(root, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(folder.startsWith('/') ? folder : relative(dirname(link), join(root, folder)), link, 'dir');
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** The package.json of one room of the small workspace. */
export function manifest(
  name: string,
  doors: Readonly<Record<string, string>>,
  dependencies: readonly string[],
  peers: readonly string[] = [],
): string {
  const exports = Object.fromEntries(
    Object.entries(doors).map(([door, file]) => [
      door,
      { '@acme/source': `./src/${file}.ts`, default: `./dist/${file}.js` },
    ]),
  );
  const versions = (names: readonly string[]) => Object.fromEntries(names.map((dependency) => [dependency, '1.0.0']));
  return JSON.stringify({
    name,
    type: 'module',
    ...(Object.keys(doors).length > 0 ? { exports } : {}),
    dependencies: versions(dependencies),
    peerDependencies: versions(peers),
  });
}

const acmePackages: Readonly<Record<string, string>> = Object.fromEntries(
  acmeRooms.rooms.map(({ name, folder }) => [name, folder]),
);

const ALL_FLOORS = ['@acme/words', '@acme/log', '@acme/stand', '@acme/policy', '@acme/host'];

/** Everything that any planted import needs is declared, so that only the rule in question speaks. */
function manifests(): Files {
  const members = ['packages/*', 'packages/adapters/*', 'packages/bridges/*', 'packages/surfaces/*'];
  const everything = [...Object.keys(acmePackages), 'fast-disk', 'shapes'];
  const door = { '.': 'index' };
  return {
    'package.json': JSON.stringify({
      private: true,
      workspaces: [...members, 'packages/examples/*', 'tools/*'],
      devDependencies: { proof: '1.0.0' },
    }),
    'packages/words/package.json': manifest('@acme/words', { ...door, './testkit': 'testkit/index' }, everything),
    'packages/log/package.json': manifest('@acme/log', { ...door, './testkit': 'testkit/index' }, everything),
    'packages/stand/package.json': manifest(
      '@acme/stand',
      { ...door, './loop': 'loop', './runner': 'runner' },
      everything,
    ),
    'packages/policy/package.json': manifest('@acme/policy', door, everything),
    'packages/host/package.json': manifest('@acme/host', door, everything),
    'packages/adapters/disk/package.json': manifest('@acme/disk', door, everything),
    'packages/adapters/machine/package.json': manifest('@acme/machine', door, everything),
    'packages/bridges/foreign/package.json': manifest('@acme/bridge', door, ALL_FLOORS, ['foreign-sdk']),
    'packages/surfaces/app/package.json': manifest('@acme/app', {}, everything),
    'packages/examples/hello/package.json': manifest('@acme/hello', {}, everything),
    'tools/check/package.json': manifest('@acme/check', {}, everything),
    ...Object.fromEntries(['fast-disk', 'foreign-sdk', 'shapes', 'proof', 'stray'].flatMap(installed)),
  };
}

function installed(name: string): [string, string][] {
  return [
    [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', exports: './index.js' })],
    [`node_modules/${name}/index.js`, 'export const value = 1;\n'],
  ];
}

const sources: Files = {
  'packages/words/src/index.ts': "export { word } from './word.ts';\nexport type { Word } from './word.ts';\n",
  'packages/words/src/word.ts':
    "import { value } from 'shapes';\nexport type Word = string;\nexport const word = (process: { now: Word }): Word => `${process.now} ${value} ${new Date(0).toISOString()}`;\n",
  'packages/words/src/word.test.ts':
    "import { value } from 'proof';\nimport { word } from './word.ts';\nword({ now: `${value} ${Date.now()}` });\n",
  'packages/words/src/testkit/index.ts': "export { fakeWord } from './fake-word.ts';\n",
  'packages/words/src/testkit/fake-word.ts':
    "import type { Word } from '../word.ts';\nexport const fakeWord: Word = 'fake';\n",
  'packages/log/src/index.ts': "export { record } from './record.ts';\n",
  'packages/log/src/record.ts': "import { word } from '@acme/words';\nexport const record = word;\n",
  'packages/log/src/testkit/index.ts': "export { fakeRecord } from './fake-record.ts';\n",
  'packages/log/src/testkit/fake-record.ts':
    "import { fakeWord } from '@acme/words/testkit';\nexport const fakeRecord = fakeWord;\n",
  'packages/stand/src/index.ts': "export { stand } from './stand.ts';\n",
  'packages/stand/src/loop.ts': "export { exit } from './exit.ts';\n",
  'packages/stand/src/runner.ts': "export { run } from './run.ts';\n",
  'packages/stand/src/stand.ts': "import { word } from '@acme/words';\nexport const stand = word;\n",
  'packages/stand/src/exit.ts': "export const exit = 'exit';\n",
  'packages/stand/src/run.ts': "import { stand } from './stand.ts';\nexport const run = stand;\n",
  'packages/policy/src/index.ts': "export { policy } from './policy.ts';\n",
  'packages/policy/src/policy.ts':
    "import { exit } from '@acme/stand/loop';\nimport { record } from '@acme/log';\nexport const policy = [exit, record];\n",
  'packages/host/src/index.ts': "export { host } from './host.ts';\n",
  'packages/host/src/host.ts':
    "import { policy } from '@acme/policy';\nimport { run } from '@acme/stand/runner';\nimport { loop } from './agent-loop/loop.ts';\nexport const host = [policy, run, loop];\n",
  'packages/host/src/agent-loop/loop.ts':
    "import { word } from '@acme/words';\nimport { exit } from '@acme/stand/loop';\nimport { plan } from './plan.ts';\nexport const loop = [word, exit, plan];\n",
  'packages/host/src/agent-loop/plan.ts': "export const plan = 'plan';\n",
  'packages/host/test/host.test.ts':
    "import { mkdirSync } from 'node:fs';\nimport { disk } from '@acme/disk';\nimport { fakeRecord } from '@acme/log/testkit';\nimport { host } from '../src/index.ts';\nexport const tested = [mkdirSync, disk, fakeRecord, host];\n",
  'packages/adapters/disk/src/index.ts': "export { disk } from './disk.ts';\n",
  'packages/adapters/disk/src/disk.ts':
    "import { readFileSync } from 'node:fs';\nimport { value } from 'fast-disk';\nimport { stand } from '@acme/stand';\nexport const disk = [readFileSync, value, stand, process.pid];\n",
  'packages/adapters/machine/src/index.ts': "export { clock } from './clock.ts';\n",
  'packages/adapters/machine/src/clock.ts': 'export const clock = () => Date.now();\n',
  'packages/bridges/foreign/src/index.ts': "export { bridge } from './bridge.ts';\n",
  'packages/bridges/foreign/src/bridge.ts':
    "import { value } from 'foreign-sdk';\nimport { host } from '@acme/host';\nexport const bridge = [value, host];\n",
  'packages/surfaces/app/src/main.ts': "import { compose } from './compose.ts';\nconsole.log(compose);\n",
  'packages/surfaces/app/src/compose.ts':
    "import { host } from '@acme/host';\nimport { disk } from '@acme/disk';\nexport const compose = [host, disk];\n",
  'packages/examples/hello/src/main.ts': "import { disk } from '@acme/disk';\nsetTimeout(() => disk, 1);\n",
  'tools/check/src/main.ts': "import { fakeWord } from '@acme/words/testkit';\nconsole.log(fakeWord, Date.now());\n",
};
