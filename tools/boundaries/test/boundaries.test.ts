import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBoundaries, defineRooms, describeReport, ruleCatalogue } from '../src/index.ts';
import { plantedViolations } from './planted-violation.ts';
import { acmeRooms, createWorkspace, writeWorkspace, type Files } from './workspace.ts';

async function accept(root: string): Promise<void> {
  await checkBoundaries({ root, rooms: acmeRooms, update: true });
}

describe('a workspace that is as its table says', () => {
  it('passes, with pins, graph and tags accepted', async () => {
    using workspace = createWorkspace();
    await accept(workspace.root);
    const report = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(report.violations).toEqual([]);
    expect(report.modules).toBeGreaterThan(25);
    expect(describeReport(report)).toMatch(/11 rooms, \d+ modules, \d+ imports: all as the table says\.\n$/);
  });

  it('does not pass before pins, graph and tags are accepted', async () => {
    using workspace = createWorkspace();
    const report = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(new Set(report.violations.map(({ rule }) => rule))).toEqual(
      new Set(['pinned-doors', 'graph-current', 'nx-tags']),
    );
  });
});

describe('a rule', () => {
  it.each(plantedViolations)('$rule refuses $what', async ({ rule, files, at, keepsPins }) => {
    using workspace = createWorkspace(keepsPins === true ? {} : files);
    const { root } = workspace;
    if (keepsPins === true) {
      await accept(root);
      for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text ?? '');
    }
    const report = await checkBoundaries({ root, rooms: acmeRooms, update: keepsPins !== true });
    expect(report.violations.map(({ rule, file }) => ({ rule, file }))).toEqual([{ rule, file: at }]);
    const text = describeReport(report);
    expect(text).toContain(`${at}: `);
    expect(text).toContain(`[${rule}]`);
    expect(text).toContain(ruleCatalogue[rule].instead);
  });
});

describe('the scan', () => {
  it('refuses a scan with fewer modules than the table expects', async () => {
    using workspace = createWorkspace();
    await accept(workspace.root);
    const rooms = { ...acmeRooms, modulesMin: 500 };
    const { violations } = await checkBoundaries({ root: workspace.root, rooms });
    expect(violations).toMatchObject([{ rule: 'empty-scan', found: expect.stringContaining('at least 500') }]);
  });

  it('refuses a workspace in which nothing is left', async () => {
    using workspace = createWorkspace();
    rmSync(join(workspace.root, 'packages'), { recursive: true });
    rmSync(join(workspace.root, 'tools'), { recursive: true });
    const { violations, modules } = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(modules).toBe(0);
    const rules = violations.map(({ rule }) => rule);
    expect(rules).toContain('empty-scan');
    expect(rules.filter((rule) => rule === 'missing-package')).toHaveLength(acmeRooms.rooms.length);
  });
});

describe('pins and graph', () => {
  it('list the names that came and went, and the command that accepts them', async () => {
    using workspace = createWorkspace();
    await accept(workspace.root);
    writeFileSync(join(workspace.root, 'packages/stand/src/loop.ts'), "export { exit as leave } from './exit.ts';\n");
    const { violations } = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(violations).toMatchObject([
      { rule: 'pinned-doors', found: 'added: leave; removed: exit', remedy: expect.stringContaining('acme update') },
    ]);
  });

  it('refuse a drawing that was edited', async () => {
    using workspace = createWorkspace();
    await accept(workspace.root);
    writeFileSync(join(workspace.root, 'graph.md'), '# mine\n');
    const { violations } = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(violations).toMatchObject([
      { rule: 'graph-current', file: 'graph.md', remedy: expect.stringContaining('acme update') },
    ]);
  });
});

describe('files of types', () => {
  it('are tests: they keep no file alive, are no orphans and import what tests import', async () => {
    using workspace = createWorkspace({
      'packages/log/src/record.test-d.ts':
        "import { value } from 'proof';\nimport type { disk } from '@acme/disk';\nimport { fakeWord } from '@acme/words/testkit';\nimport { record } from './index.ts';\nexport type Tested = [typeof value, typeof disk, typeof fakeWord, typeof record];\n",
    });
    await accept(workspace.root);
    const { violations } = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(violations).toEqual([]);
    writeFileSync(join(workspace.root, 'packages/log/src/lost.ts'), 'export const lost = 1;\n');
    writeFileSync(join(workspace.root, 'packages/log/src/lost.test-d.ts'), "import './lost.ts';\n");
    const after = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(after.violations).toMatchObject([{ rule: 'no-orphans', file: 'packages/log/src/lost.ts' }]);
  });
});

describe('a folder with a name that is no text of a pattern', () => {
  const oddRooms = defineRooms({
    rooms: {
      '@odd/a': { folder: 'packages/a+(b)', floor: 0, doors: ['.', './testkit'] },
      '@odd/c': { folder: 'packages/c', floor: 1 },
    },
  });
  const files: Files = {
    'package.json': '{"workspaces":["packages/*"]}',
    'packages/a+(b)/package.json':
      '{"name":"@odd/a","exports":{".":"./src/index.ts","./testkit":"./src/testkit/index.ts"}}',
    'packages/a+(b)/src/index.ts': "export { word } from './word.ts';\n",
    'packages/a+(b)/src/word.ts': 'export const word = 1;\n',
    'packages/a+(b)/src/testkit/index.ts': "export { fakeWord } from './fake-word.ts';\n",
    'packages/a+(b)/src/testkit/fake-word.ts': "import { word } from '../word.ts';\nexport const fakeWord = word;\n",
    'packages/c/package.json': '{"name":"@odd/c","exports":"./src/index.ts","dependencies":{"@odd/a":"1"}}',
    'packages/c/src/index.ts': "export { reader } from './reader.ts';\n",
    'packages/c/src/reader.ts': "import { word } from '@odd/a';\nexport const reader = word;\n",
  };

  async function broken(changes: Files): Promise<readonly string[]> {
    using workspace = writeWorkspace({ ...files, ...changes }, { '@odd/a': 'packages/a+(b)', '@odd/c': 'packages/c' });
    const { violations } = await checkBoundaries({ root: workspace.root, rooms: oddRooms });
    return violations.map(({ rule, file }) => `${rule} ${file}`);
  }

  it('is held to the same rules', async () => {
    expect(await broken({})).toEqual([]);
    expect(
      await broken({ 'packages/c/src/reader.ts': "export { word as reader } from '../../a+(b)/src/word.ts';\n" }),
    ).toEqual(['doors-only packages/c/src/reader.ts']);
    expect(
      await broken({ 'packages/a+(b)/src/word.ts': "import '../../c/src/index.ts';\nexport const word = 1;\n" }),
    ).toEqual(
      expect.arrayContaining(['doors-only packages/a+(b)/src/word.ts', 'stairs-go-down packages/a+(b)/src/word.ts']),
    );
    expect(
      await broken({ 'packages/a+(b)/src/word.ts': "import './testkit/fake-word.ts';\nexport const word = 1;\n" }),
    ).toContain('testkit-in-tests packages/a+(b)/src/word.ts');
  });
});

describe('lines', () => {
  it('count neither tests nor testkits against the budget, and warn of what is long', async () => {
    using workspace = createWorkspace({
      'packages/adapters/machine/src/clock.ts': `export function clock(): number {\n${'  //\n'.repeat(69)}  return Date.now();\n}\n`,
      'packages/adapters/machine/src/clock.test.ts': `export const long = () => {\n${'  //\n'.repeat(400)}};\n`,
      'packages/policy/src/policy.test.ts': '//\n'.repeat(100),
      'packages/log/src/record.ts': `import { word } from '@acme/words';\nexport const record = word;\n${'//\n'.repeat(299)}`,
    });
    await accept(workspace.root);
    const report = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(report.violations).toEqual([]);
    expect(report.longFiles).toEqual([{ file: 'packages/log/src/record.ts', lines: 301 }]);
    expect(report.longFunctions).toEqual([
      { file: 'packages/adapters/machine/src/clock.ts', line: 1, name: 'clock', lines: 72 },
    ]);
    expect(describeReport(report)).toContain('long functions (a function over 70 lines is usually two things)');
    expect(report.lines).toContainEqual({ name: '@acme/policy', lines: 4, testkitLines: 0, linesMax: 20 });
    expect(report.lines).toContainEqual({ name: '@acme/words', lines: 5, testkitLines: 3, linesMax: 3000 });
  });
});
