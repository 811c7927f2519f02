import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkBoundaries, defineRooms, rebornRooms } from '../src/index.ts';
import { writeWorkspace, type Files, type Workspace } from './workspace.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

const shopRooms = defineRooms({
  rooms: {
    '@shop/orders': { folder: 'packages/orders', floor: 0 },
    '@shop/app': { folder: 'packages/app', floor: 'surface', doors: [], drivers: ['node:*'] },
  },
  conditions: ['@reborn/source'],
});

const dependencies = Object.fromEntries(rebornRooms.rooms.map(({ name }) => [name, '*']));

const shopFiles: Files = {
  'package.json': '{"private":true,"workspaces":["packages/*"]}',
  'packages/orders/package.json': JSON.stringify({ name: '@shop/orders', exports: './src/index.ts', dependencies }),
  'packages/orders/src/index.ts': "export { order } from './order.ts';\n",
  'packages/orders/src/order.ts':
    "import type { TurnCoordinator } from '@reborn/turns';\nexport const order = (turns: TurnCoordinator) => turns;\n",
  'packages/orders/test/order.test.ts':
    "import '@reborn/turns/runner';\nimport { order } from '../src/index.ts';\nexport const tested = order;\n",
  'packages/app/package.json': JSON.stringify({
    name: '@shop/app',
    type: 'module',
    dependencies: { ...dependencies, '@shop/orders': '*' },
  }),
  'packages/app/src/main.ts':
    "import { order } from '@shop/orders';\nimport { composed } from './compose.ts';\nexport const main = [order, composed];\n",
  'packages/app/src/compose.ts': "import { node } from '@reborn/adapter-node';\nexport const composed = node;\n",
};

/** A workspace of someone else's, with Reborn's packages linked to their sources. */
function createShop(changes: Files = {}): Workspace {
  const own = { '@shop/orders': 'packages/orders', '@shop/app': 'packages/app' };
  const reborn = rebornRooms.rooms.map(({ name, folder }) => [name, `${repository}${folder}`]);
  return writeWorkspace({ ...shopFiles, ...changes }, { ...own, ...Object.fromEntries(reborn) });
}

async function broken(changes: Files): Promise<readonly string[]> {
  using shop = createShop(changes);
  const { violations } = await checkBoundaries({ root: shop.root, rooms: shopRooms });
  return violations.map(({ rule, file }) => `${rule} ${file}`);
}

function importing(path: string): Files {
  return { 'packages/app/src/main.ts': `${shopFiles['packages/app/src/main.ts']}import '${path}';\n` };
}

describe('a workspace that builds on Reborn', () => {
  it('passes as long as it enters by the doors', async () => {
    expect(await broken({})).toEqual([]);
  });

  it.each([
    ['runner-door', '@reborn/turns/runner'],
    ['testkit-in-tests', '@reborn/host-api/testkit'],
    ['composers-only', '@reborn/adapter-node'],
    ['doors-only', '@reborn/turns/src/run.ts'],
  ])('is told of %s for an import of %s', async (rule, path) => {
    expect(await broken(importing(path))).toEqual([`${rule} packages/app/src/main.ts`]);
  });

  it('is told of a package that it does not declare', async () => {
    const manifest = '{"name":"@shop/orders","exports":"./src/index.ts"}';
    expect(await broken({ 'packages/orders/package.json': manifest })).toEqual([
      'no-undeclared packages/orders/src/order.ts',
      'no-undeclared packages/orders/test/order.test.ts',
    ]);
  });
});

describe('a workspace with Reborn installed as built packages', () => {
  it('is held to the same doors', async () => {
    const exports = Object.fromEntries(
      ['.', './runner', './testkit'].map((door) => {
        const file = door === '.' ? 'index' : door.slice(2);
        return [
          door,
          { '@reborn/source': `./src/${file}.ts`, types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` },
        ];
      }),
    );
    const installed = 'node_modules/@reborn/turns';
    const files: Files = {
      ...shopFiles,
      ...importing('@reborn/turns/runner'),
      'packages/app/src/compose.ts':
        "import '@reborn/turns/testkit';\nimport '@reborn/turns/dist/run.js';\nexport const composed = 1;\n",
      [`${installed}/package.json`]: JSON.stringify({ name: '@reborn/turns', exports }),
      ...Object.fromEntries(
        ['index', 'runner', 'testkit', 'run'].flatMap((file) => [
          [`${installed}/dist/${file}.js`, ''],
          [`${installed}/dist/${file}.d.ts`, ''],
        ]),
      ),
    };
    using shop = writeWorkspace(files, { '@shop/orders': 'packages/orders', '@shop/app': 'packages/app' });
    const rooms = { ...shopRooms, conditions: [] };
    const { violations } = await checkBoundaries({ root: shop.root, rooms });
    expect(violations.map(({ rule, file }) => `${rule} ${file}`).sort()).toEqual([
      'doors-only packages/app/src/compose.ts',
      'runner-door packages/app/src/main.ts',
      'testkit-in-tests packages/app/src/compose.ts',
    ]);
  });
});

describe('the command', () => {
  const rooms = `import { defineRooms } from '@reborn/boundaries';
export const rooms = defineRooms(${JSON.stringify({
    rooms: {
      '@shop/orders': { folder: 'packages/orders', floor: 0 },
      '@shop/app': { folder: 'packages/app', floor: 'surface', doors: [], drivers: ['node:*'] },
    },
    conditions: ['@reborn/source'],
  })});
`;

  function run(root: string, ...args: readonly string[]) {
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const all = ['--conditions=@reborn/source', main, ...args];
    return spawnSync(process.execPath, all, { cwd: root, encoding: 'utf8' });
  }

  it('reads the rooms of another workspace and exits with 0 when all is well', () => {
    using shop = createShop({ 'rooms.ts': rooms });
    const { status, stdout } = run(shop.root, '--rooms', 'rooms.ts', '--root', '.');
    expect(stdout).toContain('2 rooms');
    expect(status).toBe(0);
  });

  it('exits with 1 when something is not as the table says', () => {
    using shop = createShop({ 'rooms.ts': rooms, ...importing('@reborn/turns/runner') });
    const { status, stdout } = run(shop.root, '--rooms', 'rooms.ts');
    expect(stdout).toContain('packages/app/src/main.ts: imports @reborn/turns/runner');
    expect(stdout).toContain('[runner-door]');
    expect(status).toBe(1);
  });

  it('exits with 2 when the check cannot be made', () => {
    using shop = createShop();
    const { status, stderr } = run(shop.root, '--rooms', 'nowhere.ts');
    expect(stderr).toContain('could not be checked');
    expect(status).toBe(2);
  });
});
