/** Reborn's own table and the command without arguments, on a workspace with all of Reborn's rooms and little in them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkBoundaries } from '../src/check-boundaries.ts';
import type { Room } from '../src/room-table.ts';
import { rebornRooms } from '../src/rooms.ts';
import { writeWorkspace, type Files } from './workspace.ts';

const { rooms, guests, modulesMin, pinsFile, graphFile } = rebornRooms;
const realRoot = fileURLToPath(new URL('../../../', import.meta.url));
const links = Object.fromEntries(rooms.map(({ name, folder }) => [name, folder]));
const foreign = [...new Set(rooms.flatMap(({ drivers, libraries }) => [...drivers, ...libraries]))].filter(
  (name) => !name.startsWith('node:'),
);

/** Every room with its doors and entries, the guests, and as many tests as the table wants modules. */
function layout(): Files {
  const first = rooms[0]?.folder ?? '';
  return {
    'package.json': readFileSync(join(realRoot, 'package.json'), 'utf8'),
    ...Object.assign({}, ...rooms.map(filesOf)),
    ...Object.fromEntries(guests.map(({ folder }) => [`${folder}/guest.ts`, 'export const guest = 1;\n'])),
    ...Object.fromEntries(
      Array.from({ length: modulesMin }, (_, index) => [
        `${first}/test/t${index}.test.ts`,
        "import '../src/part.ts';\n",
      ]),
    ),
    ...Object.fromEntries(
      foreign.flatMap((name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, exports: './index.js' })],
        [`node_modules/${name}/index.js`, 'export const value = 1;\n'],
      ]),
    ),
  };
}

function filesOf({ name, folder, doors, entries }: Room): Files {
  const source = (door: string): string => (door === '.' ? './src/index.ts' : `./src/${door.slice(2)}.ts`);
  const fileOf = (door: string): string => (door === './testkit' ? './src/testkit/index.ts' : source(door));
  const exports = Object.fromEntries(doors.map((door) => [door, { '@reborn/source': fileOf(door) }]));
  const dependencies = Object.fromEntries([...rooms.map((room) => room.name), ...foreign].map((name) => [name, '1']));
  const living = guests.filter((guest) => guest.folder.startsWith(`${folder}/src/`));
  const starts = entries.filter((entry) => !entry.includes('*'));
  return {
    [`${folder}/package.json`]: JSON.stringify({ name, type: 'module', exports, dependencies }),
    ...Object.fromEntries(
      doors.map((door) => [
        posix.join(folder, fileOf(door)),
        `export { part } from '${door === './testkit' ? './fake-part.ts' : './part.ts'}';\n`,
      ]),
    ),
    ...(doors.includes('./testkit') ? { [`${folder}/src/testkit/fake-part.ts`]: 'export const part = 1;\n' } : {}),
    ...Object.fromEntries(
      starts.map((entry) => {
        const file = posix.join(folder, entry);
        return [file, `import './${posix.relative(posix.dirname(file), `${folder}/src/part.ts`)}';\n`];
      }),
    ),
    [`${folder}/src/part.ts`]: `${living
      .map((guest) => `import './${posix.relative(`${folder}/src`, guest.folder)}/guest.ts';\n`)
      .join('')}export const part = 1;\n`,
  };
}

let files: Files = {};

/** The layout as it stands once names, graph and tags have been accepted. */
beforeAll(async () => {
  const fresh = layout();
  using workspace = writeWorkspace(fresh, links);
  await checkBoundaries({ root: workspace.root, rooms: rebornRooms, update: true });
  const updated = [pinsFile ?? '', graphFile ?? '', ...rooms.map(({ folder }) => `${folder}/package.json`)];
  files = {
    ...fresh,
    ...Object.fromEntries(updated.map((file) => [file, readFileSync(join(workspace.root, file), 'utf8')])),
  };
});

interface Run {
  readonly status: number | null;
  readonly text: string;
  /** The rules that spoke; a new import also leaves the drawing behind, which is not what is tested here. */
  readonly rules: readonly string[];
}

/** Runs the command as `npm run boundaries` does, in a workspace with changes. */
async function runCommand(changes: Files): Promise<Run> {
  using workspace = writeWorkspace({ ...files, ...changes }, links);
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  return await new Promise((settle) => {
    const args = ['--conditions=@reborn/source', main];
    const child = execFile(process.execPath, args, { cwd: workspace.root }, (_, stdout, stderr) => {
      const rules = [...stdout.matchAll(/ {2}\[([a-z-]+)\]$/gm)].map(([, rule]) => rule ?? '');
      const text = `${stdout}${stderr}`;
      settle({ status: child.exitCode, text, rules: rules.filter((rule) => rule !== 'graph-current') });
    });
  });
}

const part = (imports: string): string => `${imports}\nexport const part = 1;\n`;

describe('the command in a workspace with the rooms of Reborn', () => {
  it.concurrent('exits with 0 when all is as the table says', async () => {
    const { status, text } = await runCommand({});
    expect(text).toContain(`${rooms.length} rooms, `);
    expect(text).toContain('all as the table says.');
    expect(status).toBe(0);
  });

  it.concurrent.each([
    {
      planted: 'a forbidden import',
      rule: 'stairs-go-down',
      changes: { 'packages/turns/src/part.ts': part("import '@reborn/reborn';") },
      at: 'packages/turns/src/part.ts: imports @reborn/reborn',
      instead: 'Instead: Declare a port on the lower floor and let the higher one implement or bind it.',
    },
    {
      planted: 'an unknown package',
      rule: 'unknown-package',
      changes: { 'packages/stranger/package.json': '{"name":"@reborn/stranger"}' },
      at: 'packages/stranger: a package without a row',
      instead: 'Instead: Add a row to the rooms table (or remove the package).',
    },
    {
      planted: 'a cycle',
      rule: 'no-cycles',
      changes: {
        'packages/events/src/part.ts': part("import './other.ts';"),
        'packages/events/src/other.ts': "import type { part } from './part.ts';\nexport type Other = typeof part;\n",
      },
      at: 'packages/events/src/other.ts: imports itself by',
      instead: 'Instead: Move what both need into a file of its own, or turn one of the imports into an argument.',
    },
    {
      planted: 'a deep import',
      rule: 'doors-only',
      changes: {
        'packages/reborn/src/part.ts': part("import './agent-loop/guest.ts';\nimport '@reborn/events/src/part.ts';"),
      },
      at: 'packages/reborn/src/part.ts: imports @reborn/events/src/part.ts',
      instead: 'Instead: Import the package by one of its doors;',
    },
    {
      planted: 'a driver outside of its adapter',
      rule: 'driver-at-home',
      changes: { 'packages/host-runtime/src/part.ts': part("import 'better-sqlite3';") },
      at: 'packages/host-runtime/src/part.ts: imports better-sqlite3',
      instead: 'Instead: Use the port that the adapter implements;',
    },
  ])('exits with 1 for $planted and says where to go instead', async ({ rule, changes, at, instead }) => {
    const { status, text, rules } = await runCommand(changes);
    expect(rules).toEqual([rule]);
    expect(text).toContain(at);
    expect(text).toContain(instead);
    expect(status).toBe(1);
  });
});
