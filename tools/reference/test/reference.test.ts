import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseExtensionManifest, type JsonObject } from '@reborn/host-api';
import { compileSchema } from '@reborn/host-runtime';
import { parseConfig } from '@reborn/reborn';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../src/page/errors.ts';
import { PRODUCERS } from '../src/page/events.ts';
import { readLimits } from '../src/page/limits.ts';
import { allPages } from '../src/pages.ts';

const root = join(import.meta.dirname, '../../..');
const sources = globSync('packages/**/src/**/*.ts', { cwd: root, exclude: ['**/node_modules', '**/dist'] }).map(
  (file) => ({
    file,
    text: readFileSync(join(root, file), 'utf8'),
  }),
);

describe('the reference pages', () => {
  test.each(allPages(root).map((page) => [page.file, page] as const))('%s says what the code says', (file, page) => {
    expect(existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8')).toBe(page.text);
  });

  test('every error code is raised somewhere', () => {
    const production = sources.filter(({ file }) => !file.endsWith('.test.ts') && !file.includes('/testkit/'));
    const raised = (code: string): boolean => {
      const [owner = '', short = ''] = code.split('/');
      return production.some(
        ({ text }) => text.includes(`'${code}'`) || (text.includes(`\`${owner}/\${`) && text.includes(`'${short}'`)),
      );
    };
    expect(errorCodes().filter((code) => !raised(code))).toEqual([]);
  });

  test('every error code that the code names stands on the page', () => {
    const known = new Set(errorCodes());
    const named = sources.flatMap(({ text }) =>
      [...text.matchAll(/Error\('(?<code>(?:host-api|events|turns|hooks|host-runtime|reborn|cli)\/[a-z_]+)'/g)].map(
        ({ groups }) => groups?.['code'] ?? '',
      ),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((code) => !known.has(code))).toEqual([]);
  });

  test('every kind of record is written where the page says', () => {
    const silent = Object.entries(PRODUCERS).filter(([kind, file]) => {
      const text = sources.find((source) => source.file === file)?.text ?? '';
      return !text.includes(`'${kind}'`);
    });
    expect(silent).toEqual([]);
  });

  test('every bound has a reason', () => {
    const limits = readLimits(root);
    const files = globSync('packages/**/src/**/limits.ts', { cwd: root, exclude: ['**/node_modules'] });
    const declared = files.flatMap((file) => [
      ...readFileSync(join(root, file), 'utf8').matchAll(/^export const /gm),
    ]).length;
    expect(limits.length).toBe(declared);
    expect(limits.filter((limit) => limit.reason.length < 10)).toEqual([]);
  });
});

describe('the schema of manifests', () => {
  const readJson = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as JsonObject;
  const compiled = compileSchema(readJson('docs/reference/extension.schema.json'));
  const check = (manifest: JsonObject) =>
    compiled.kind === 'compiled' ? compiled.check(manifest).kind : compiled.rule;
  const manifest = readJson('packages/examples/own-extension/words/extension.json');

  test('takes what the host takes, and nothing that it refuses for its form', () => {
    expect(check(manifest)).toBe('valid');
    expect(parseExtensionManifest(JSON.stringify(manifest))).toEqual(manifest);
    for (const wrong of [{ trust: 'system' }, { hooks: [] }, { id: 1 }, { version: '1' }, { capabilities: [] }]) {
      expect([wrong, check({ ...manifest, ...wrong })]).toEqual([wrong, 'invalid']);
    }
  });
});

describe('the schema of configurations', () => {
  const compiled = compileSchema(
    JSON.parse(readFileSync(join(root, 'docs/reference/config.schema.json'), 'utf8')) as JsonObject,
  );
  const check = (config: JsonObject) => (compiled.kind === 'compiled' ? compiled.check(config).kind : compiled.rule);
  const guide = readFileSync(join(root, 'docs/guides/configuration.md'), 'utf8');
  const shown = [...guide.matchAll(/```json\n(?<code>\{[^]*?)```/g)].map(
    ({ groups }) => JSON.parse(groups?.['code'] ?? '') as JsonObject,
  );

  test('takes what the host takes, and nothing that it refuses for its form', () => {
    expect(shown.length).toBeGreaterThanOrEqual(3);
    for (const config of [{}, ...shown]) {
      expect([config, check(config)]).toEqual([config, 'valid']);
      expect(parseConfig(JSON.stringify(config))).toMatchObject(config);
    }
    for (const wrong of [
      { apiKey: 'x' },
      { network: [] },
      { budgets: [{ axis: 'user' }] },
      { shell: 'yes' },
      { leaseMs: 1 },
    ]) {
      expect([wrong, check(wrong)]).toEqual([wrong, 'invalid']);
      expect(() => parseConfig(JSON.stringify(wrong))).toThrow(/configuration/);
    }
  });
});

describe('the snippets in the documents', () => {
  const documents = ['README.md', ...globSync('docs/guides/*.md', { cwd: root })];
  const snippets = documents.flatMap((document) =>
    [
      ...readFileSync(join(root, document), 'utf8').matchAll(
        /<!-- from (?<file>\S+) -->\n\n```(?:ts|js|json)\n(?<code>[^]*?)```/g,
      ),
    ].map(({ groups }) => ({
      document,
      file: groups?.['file'] ?? '',
      code: groups?.['code'] ?? '',
    })),
  );

  test('there are some', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(3);
  });

  test.each(snippets.map((snippet) => [snippet.document, snippet.file, snippet.code] as const))(
    '%s shows %s as it is',
    (_document, file, code) => {
      expect(code).toBe(readFileSync(join(root, file), 'utf8'));
    },
  );

  test('each of them is compiled and run: it belongs to an example', () => {
    expect(snippets.filter((snippet) => !snippet.file.startsWith('packages/examples/'))).toEqual([]);
  });
});

describe('the version of Node.js', () => {
  /** As if this were another Node.js, on a processor for which `npm ci` installs one, or on one for which it does not. */
  const run = (version: string, processor: string = process.arch) => {
    const pretend = [
      `Object.defineProperty(process.versions, 'node', { value: '${version}' });`,
      `Object.defineProperty(process, 'arch', { value: '${processor}' });`,
      `process.argv.push('node', '--version');`,
      `await import(${JSON.stringify(join(root, 'tools/with-node.mjs'))});`,
    ];
    return spawnSync(process.execPath, ['--input-type=module', '-e', pretend.join(' '), 'with-node'], {
      encoding: 'utf8',
    });
  };

  test.each(['18.20.0', '20.20.2', '22.21.0'])('%s is refused with a sentence that says what to do', (version) => {
    const refused = run(version, 'other');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`Reborn needs Node.js 22.22 or newer and this is ${version}. Run \`npm ci\``);
  });

  test.each(['18.20.0', '20.20.2', '22.22.0', '24.21.0', '26.0.0'])('%s runs commands on one that fits', (version) => {
    const taken = run(version);
    expect(taken.status).toBe(0);
    expect(taken.stdout).toMatch(/^v(2[2-9]|[3-9]\d)\./);
  });
});

describe('the lockfile', () => {
  test('holds the packages of every platform, so that it installs everywhere', async () => {
    const { missingEntries } = (await import(join(root, 'tools/update-lockfile.mjs'))) as {
      missingEntries(lock: unknown): ReadonlyMap<string, unknown>;
    };
    const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    expect([...missingEntries(lock).keys()]).toEqual([]);
    const incomplete = {
      packages: { '': {}, 'node_modules/a': { optionalDependencies: { '@a/linux-x64': '1.0.0' } } },
    };
    expect([...missingEntries(incomplete).keys()]).toEqual(['@a/linux-x64']);
  });

  test('names no registry', () => {
    expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  });
});

describe('the guarantees', () => {
  const rows = [
    ...readFileSync(join(root, 'docs/guarantees.md'), 'utf8').matchAll(
      /^\| (?<name>[^|]+?) +\| .* \| (?<shown>[^|]*`[^|]*)\|$/gm,
    ),
  ].map(({ groups }) => ({
    name: groups?.['name'] ?? '',
    files: [...(groups?.['shown'] ?? '').matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }));
  const inRuntime = rows.filter(({ files }) => files.includes('packages/host-runtime/test/guarantees.test.ts'));

  test('name the tests that are there, and every test of a guarantee is named', () => {
    const source = readFileSync(join(root, 'packages/host-runtime/test/guarantees.test.ts'), 'utf8');
    const described = [...source.matchAll(/^ +describe\('(?<name>[^']+)'/gm)].map(({ groups }) => groups?.['name']);
    expect(described.length).toBeGreaterThanOrEqual(10);
    expect(inRuntime.map(({ name }) => name).toSorted()).toEqual(described.toSorted());
  });

  test('point at files that exist', () => {
    expect(rows.length).toBe(18);
    expect(rows.filter(({ files }) => files.length === 0)).toEqual([]);
    expect(rows.flatMap(({ files }) => files).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});
