import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBoundaries, defineRooms, describeReport, ruleCatalogue } from '../src/index.ts';
import { plantedViolations } from './planted-violation.ts';
import { acmeRooms, createWorkspace } from './workspace.ts';

async function accept(root: string): Promise<void> {
  await checkBoundaries({ root, rooms: acmeRooms, update: true });
}

describe('a workspace that is as its table says', () => {
  it('passes, with pins and graph accepted', async () => {
    using workspace = createWorkspace();
    await accept(workspace.root);
    const report = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(report.violations).toEqual([]);
    expect(report.modules).toBeGreaterThan(25);
    expect(describeReport(report)).toMatch(/11 rooms, \d+ modules, \d+ imports: all as the table says\.\n$/);
  });

  it('does not pass before pins and graph are accepted', async () => {
    using workspace = createWorkspace();
    const report = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(new Set(report.violations.map(({ rule }) => rule))).toEqual(new Set(['pinned-doors', 'graph-current']));
  });
});

describe('every rule', () => {
  it('has a planted violation', () => {
    expect(new Set(plantedViolations.map(({ rule }) => rule))).toEqual(new Set(Object.keys(ruleCatalogue)));
  });

  it('stands in the guide', () => {
    const guide = readFileSync(new URL('../../../docs/guides/boundaries.md', import.meta.url), 'utf8');
    const rules = guide.split('## The rules')[1]?.split('\n## ')[0] ?? '';
    const named = [...rules.matchAll(/^\| `([a-z-]+)` *\|/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(ruleCatalogue).sort());
  });

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

describe('lines', () => {
  it('count neither tests nor testkits against the budget, and warn of long files', async () => {
    using workspace = createWorkspace({
      'packages/policy/src/policy.test.ts': '//\n'.repeat(100),
      'packages/log/src/record.ts': `import { word } from '@acme/words';\nexport const record = word;\n${'//\n'.repeat(299)}`,
    });
    await accept(workspace.root);
    const report = await checkBoundaries({ root: workspace.root, rooms: acmeRooms });
    expect(report.violations).toEqual([]);
    expect(report.longFiles).toEqual([{ file: 'packages/log/src/record.ts', lines: 301 }]);
    expect(report.lines).toContainEqual({ name: '@acme/policy', lines: 4, testkitLines: 0, linesMax: 20 });
    expect(report.lines).toContainEqual({ name: '@acme/words', lines: 5, testkitLines: 3, linesMax: 3000 });
  });
});

describe('a table', () => {
  it('refuses two rows with one folder', () => {
    const row = { folder: 'packages/a', floor: 0 } as const;
    expect(() => defineRooms({ rooms: { a: row, b: row } })).toThrow('a and b both claim the folder packages/a');
  });

  it('refuses a folder outside of the workspace and half a floor', () => {
    expect(() => defineRooms({ rooms: { a: { folder: '../a', floor: 0 } } })).toThrow('write the folder as');
    expect(() => defineRooms({ rooms: { a: { folder: 'a', floor: 0.5 } } })).toThrow('whole number');
  });
});
