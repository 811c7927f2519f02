import {
  HostApiError,
  parseVirtualPath,
  resolveToolPath,
  toCanonicalJson,
  utf8Bytes,
  type FileSystem,
  type JsonObject,
} from '@reborn/host-api';
import { createInMemoryFileSystem } from '@reborn/host-api/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildMounts, createToolBench, FILE_TOOLS, type ToolName } from '../../test/first-party/tool-bench.ts';
import { createFileTools } from './file-tools.ts';

const TOOLS = FILE_TOOLS;
const WRITERS: readonly ToolName[] = ['write_file', 'apply_patch'];
const handlers = createFileTools({ files: createInMemoryFileSystem(), mounts: buildMounts() });
const descriptors = handlers.map((handler) => handler.descriptor);

const REST: Readonly<Record<ToolName, JsonObject>> = {
  list_dir: {},
  glob: { pattern: '**' },
  read_file: {},
  grep: { pattern: 'x' },
  write_file: { content: 'y' },
  apply_patch: { old_string: 'x', new_string: 'y' },
};

function inputFor(tool: ToolName, path: string) {
  return { path, ...REST[tool] };
}

describe('the descriptors of the file tools', () => {
  it('come from the package builtin, bundled with the host', () => {
    expect(descriptors.map((each) => each.id)).toEqual(TOOLS.map((name) => `builtin.${name}`));
    expect(handlers.map((each) => each.provider)).toEqual(
      TOOLS.map(() => ({ packageId: 'builtin', source: 'bundled' })),
    );
  });

  it('name their effects, and leave it to the host whether somebody is asked', () => {
    expect(descriptors.map((each) => [each.permission, ...each.effects])).toEqual([
      ['allow', 'read_filesystem'],
      ['allow', 'read_filesystem'],
      ['allow', 'read_filesystem'],
      ['allow', 'read_filesystem'],
      ['allow', 'write_filesystem'],
      ['allow', 'read_filesystem', 'write_filesystem'],
    ]);
  });

  it('bound time and output, and say what a call is expected to take', () => {
    expect(descriptors.map((each) => each.deadlineMs)).toEqual([5000, 10_000, 5000, 10_000, 5000, 5000]);
    expect(new Set(descriptors.map((each) => each.outputBytesMax))).toEqual(new Set([1_048_576]));
    for (const { estimate } of descriptors) expect(estimate).toEqual({ wallClockMs: 100, outputBytes: 16_384 });
  });

  it('say which folders the host lets them see', () => {
    for (const handler of handlers) expect(handler.mounts).toEqual(buildMounts());
  });

  it('refuse an input of more than a mebibyte before anything is done, but for what is written', () => {
    const long = 'a'.repeat(1_048_576);
    for (const handler of handlers.slice(0, 4)) {
      expect(handler.checkInput({ path: 'a', pattern: long })).toEqual({
        kind: 'invalid',
        field: 'input',
        rule: 'must be at most 1048576 bytes',
      });
    }
    expect(handlers[5]?.checkInput({ path: 'a', old_string: long, new_string: 'a' }).kind).toBe('valid');
  });

  it('ask a model for the required parameters only', () => {
    expect(descriptors.map((each) => each.inputSchema['required'])).toEqual([
      undefined,
      ['pattern'],
      ['path'],
      ['pattern'],
      ['path', 'content'],
      ['path', 'old_string', 'new_string'],
    ]);
  });

  it('refuse parameters that are not known', () => {
    for (const handler of handlers) {
      expect(handler.checkInput({ path: 'a', pattern: 'a', content: 'a', sudo: true }).kind).toBe('invalid');
    }
  });

  it('take what a check returned as an input again', () => {
    for (const [at, handler] of handlers.entries()) {
      const first = handler.checkInput(inputFor(TOOLS[at] ?? 'grep', 'a'));
      if (first.kind !== 'valid') throw new Error(first.rule);
      expect(handler.checkInput(first.input)).toEqual(first);
    }
  });
});

describe.each(TOOLS)('the path rule of %s', (tool) => {
  const seeds = { 'a.md': 'x', '.env': 'SECRET=x', 'sub/.ssh/config': 'x', '/projects/other/b.md': 'x' };

  it.each([
    ['..', 'must not contain ".."'],
    ['../other/b.md', 'must not contain ".."'],
    ['a/../../other', 'must not contain ".."'],
    ['/workspace/../other', 'must not contain ".."'],
    ['a\\..\\b', 'must not contain "\\"'],
    ['a\u0000b', 'must not contain control characters'],
    ['a\nb', 'must not contain control characters'],
    ['file:///workspace/a.md', 'must not be a URL'],
    ['https://example.com/a', 'must not be a URL'],
    ['C:/a.md', 'must not name a drive'],
    ['c:a.md', 'must not name a drive'],
    ['/etc/passwd', 'must not look like a path of the host'],
    ['/home/alice/a.md', 'must not look like a path of the host'],
    ['/Users/alice', 'must not look like a path of the host'],
    ['/proc/self/environ', 'must not look like a path of the host'],
    ['/tmp/a', 'must not look like a path of the host'],
    ['/', 'must name something below "/"'],
  ])('refuses %j', async (path, rule) => {
    const bench = createToolBench(seeds);
    expect(await bench.failure(tool, inputFor(tool, path))).toEqual({
      kind: 'failed',
      code: 'filesystem_denied',
      message: `The path ${rule}.`,
      effect: 'none',
    });
    expect(bench.touched).toEqual([]);
  });

  it.each([
    '.env',
    '.ENV.local',
    '.ssh',
    'sub/.ssh/config',
    '.aws/credentials',
    '.netrc',
    '.npmrc',
    'keys/server.pem',
    'ID_RSA',
    'id_ed25519',
    'authorized_keys',
    '.bash_history',
    '.config/gcloud/x',
    '.git-credentials',
    'store.jks',
  ])('refuses the sensitive path %j before it looks', async (path) => {
    const bench = createToolBench(seeds);
    const failure = await bench.failure(tool, inputFor(tool, path));
    expect(failure.code).toBe('filesystem_denied');
    expect(failure.message).not.toContain(path);
    expect(bench.touched).toEqual([]);
  });

  it('refuses a path whose place in the host is sensitive', async () => {
    const mounts = buildMounts({}, { alias: '/keys', target: '/projects/.ssh' });
    const bench = createToolBench({ '/projects/.ssh/config': 'x' }, { mounts });
    expect((await bench.failure(tool, inputFor(tool, '/keys/config'))).code).toBe('filesystem_denied');
    expect(bench.touched).toEqual([]);
  });

  it('refuses a path that no mount holds, without repeating it', async () => {
    const failure = await createToolBench(seeds).failure(tool, inputFor(tool, '/elsewhere/my-name-is-alice'));
    expect(failure).toMatchObject({ code: 'filesystem_denied', effect: 'none' });
    expect(failure.message).not.toContain('alice');
    expect(failure.message).not.toContain('elsewhere');
  });

  it('refuses what the mount does not permit', async () => {
    const mounts = buildMounts({ read: false, write: false, list: false });
    const bench = createToolBench(seeds, { mounts });
    expect((await bench.failure(tool, inputFor(tool, 'a.md'))).code).toBe('filesystem_denied');
    expect(bench.touched).toEqual([]);
  });

  it('refuses what the grant of a call does not leave of the mounts', async () => {
    const bench = createToolBench(seeds);
    await bench.output('read_file', { path: 'a.md' });
    bench.touched.length = 0;
    const rest = WRITERS.includes(tool) ? { write: false } : { read: false, list: false };
    const failure = await bench.failure(tool, inputFor(tool, 'a.md'), { mounts: buildMounts(rest) });
    expect([failure.code, failure.effect]).toEqual(['filesystem_denied', 'none']);
    expect([bench.touched, bench.text('a.md')]).toEqual([[], 'x']);
  });

  it('refuses a link', async () => {
    const bench = createToolBench({ 'out.md': { link: '/etc/passwd' } });
    expect((await bench.failure(tool, inputFor(tool, 'out.md'))).code).toBe('filesystem_denied');
  });

  it('says that it was stopped when the call is over before it begins', async () => {
    const stop = new AbortController();
    stop.abort();
    const bench = createToolBench(seeds);
    const outcome = await bench.run(tool, inputFor(tool, 'a.md'), { signal: stop.signal });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'cancelled', effect: 'none' });
    expect(bench.touched).toEqual([]);
  });

  it('maps refusals of the file system to closed codes', async () => {
    const table = {
      not_found: 'not_found',
      not_a_file: 'not_a_file',
      not_a_directory: 'not_a_directory',
      outside_mount: 'filesystem_denied',
      permission: 'filesystem_denied',
      too_large: 'too_large',
      io: 'io_error',
    } as const;
    for (const [reason, code] of Object.entries(table)) {
      const bench = createToolBench(seeds, { refuse: () => reason as keyof typeof table });
      const outcome = await bench.run(tool, inputFor(tool, '.'));
      if (tool === 'write_file' && reason === 'not_found') expect(outcome).toMatchObject({ code: 'not_a_file' });
      else if (tool === 'glob' && reason === 'too_large')
        expect(outcome).toMatchObject({ output: { files: [], truncated_by: 'scan_entries' } });
      else expect(outcome).toMatchObject({ kind: 'failed', code, effect: 'none' });
    }
  });
});

describe('the reach of the file tools', () => {
  const fragment = fc.constantFrom(
    ...'.|..|/|//|\\|a|a.md|.env|/workspace|/projects|/docs|/etc|~|C:|://|%2e%2e|\uFF0E\uFF0E|\u2215|\u0000| |ſ|*'.split(
      '|',
    ),
  );
  const paths = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ maxLength: 60 }),
    fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(fragment, { maxLength: 12 }).map((parts) => parts.join('/')),
  );

  const mounts = buildMounts({}, { alias: '/docs', target: '/memory/docs' });
  const seeds = { 'a/a.md': 'x', 'a.md': 'x', '/projects/secret.md': 'x', '/memory/b.md': 'x' };

  /** Whatever the tools are asked for, nothing else is touched than what the mounts hold, and nothing else is named. */
  async function reach(
    parameters: fc.Parameters<[string, ToolName]>,
    through: (files: FileSystem) => FileSystem = (files) => files,
  ) {
    const bench = createToolBench(seeds, { mounts, through });
    return fc.check(
      fc.asyncProperty(paths, fc.constantFrom(...TOOLS), async (path, tool) => {
        // JSON that is not well-formed does not come as far as a tool.
        fc.pre(path.isWellFormed());
        bench.touched.length = 0;
        const outcome = await bench.run(tool, inputFor(tool, path));
        expect(bench.touched.filter((each) => !/^(\/projects\/notes|\/memory\/docs)(\/|$)/.test(each))).toEqual([]);
        expect(bench.touched.filter((each) => each.split('/').includes('..'))).toEqual([]);
        expect(bench.files.texts()).toMatchObject({ '/projects/secret.md': 'x', '/memory/b.md': 'x' });
        expect(JSON.stringify(outcome)).not.toMatch(/\/projects\/notes|\/memory\/docs/);
      }),
      parameters,
    );
  }

  it('never goes beyond the mounts, whatever the path', async () => {
    const details = await reach({ numRuns: Number(process.env['REBORN_MODEL_RUNS'] ?? 400) });
    expect(fc.defaultReportMessage(details)).toBeUndefined();
  });

  /** Where a file system reads more into a path than it says: each of these is found by the property above. */
  it.each([
    ['decodes escapes', (path: string) => path.replaceAll(/%2e/gi, '.')],
    ['folds full-width letters', (path: string) => path.normalize('NFKC')],
    ['climbs at an empty name', (path: string) => path.replace(/\/[ *~]+(\/|$)/, '/../../')],
  ])('is found out when it %s', async (_hole, misread) => {
    const resolve = (path: string) => {
      const kept: string[] = [];
      for (const part of misread(path).split('/').slice(1)) {
        if (part === '..') kept.pop();
        else kept.push(part);
      }
      return parseVirtualPath(`/${kept.join('/') || 'projects'}`);
    };
    const { failed } = await reach({ numRuns: 2000, seed: 1, endOnFailure: true }, (files) => ({
      stat: (path) => files.stat(resolve(path)),
      list: (path, entriesMax) => files.list(resolve(path), entriesMax),
      read: (path, bytesMax) => files.read(resolve(path), bytesMax),
      write: (path, bytes) => files.write(resolve(path), bytes),
    }));
    expect(failed).toBe(true);
  });

  it('names only paths that its own tools take back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })), async (names) => {
        const seeds: Record<string, string> = {};
        for (const name of names) if (isName(name)) seeds[name] = 'x';
        const bench = createToolBench(seeds);
        const { entries } = await bench.output('list_dir', { recursive: true });
        for (const entry of entries) {
          expect(resolveToolPath(entry.path)).toBe(`/workspace/${entry.name}`);
          if (entry.name !== '.keep')
            expect((await bench.output('read_file', { path: entry.path })).content).toBe('     1\tx');
        }
      }),
    );
  });
});

describe('the outputs of the file tools', () => {
  it('stay below their bound for the longest paths and the worst characters', async () => {
    const folder = `${'"'.repeat(200)}/`.repeat(4);
    const seeds: Record<string, string> = {};
    for (let at = 0; at < 600; at += 1) seeds[`${folder}${at}${'"'.repeat(100)}`] = '\u0001'.repeat(20_000);
    const bench = createToolBench(seeds);
    const inputs = [
      ['list_dir', { path: folder }],
      ['read_file', { path: `${folder}0${'"'.repeat(100)}` }],
      ['grep', { pattern: '.', head_limit: 0 }],
      ['grep', { pattern: '.', head_limit: 0, output_mode: 'count' }],
      ['grep', { pattern: '.', head_limit: 0, output_mode: 'content', context: 20 }],
    ] as const;
    for (const [tool, input] of inputs) {
      const outcome = await bench.run(tool, input);
      if (outcome.kind !== 'completed') throw new Error(outcome.kind);
      expect(utf8Bytes(toCanonicalJson(outcome.output))).toBeLessThanOrEqual(1_048_576);
    }
  });
});

function isName(name: string): boolean {
  if (name.includes('/') || name === '.' || name === '..') return false;
  try {
    resolveToolPath(`/workspace/${name}`);
    return !/^\s*$/.test(name);
  } catch (reason) {
    if (!HostApiError.is(reason)) throw reason;
    return false;
  }
}
