import { describe, expect, it } from 'vitest';
import { folderPattern, installedPattern, isTest, matchesGlob } from './path-pattern.ts';

describe('a glob', () => {
  it.each([
    ['**/compose.ts', 'packages/app/src/compose.ts', true],
    ['**/compose.ts', 'compose.ts', true],
    ['**/compose.ts', 'packages/app/src/recompose.ts', false],
    ['packages/examples/**', 'packages/examples/hello/src/main.ts', true],
    ['packages/examples/**', 'packages/example/src/main.ts', false],
    ['packages/*/src/a.ts', 'packages/b/src/a.ts', true],
    ['packages/*/src/a.ts', 'packages/b/c/src/a.ts', false],
    ['packages/a+(b)/**', 'packages/a+(b)/src/main.ts', true],
  ])('%s and the path %s: %s', (glob, path, matches) => {
    expect(matchesGlob([glob], path)).toBe(matches);
  });
});

describe('a test', () => {
  it.each(['src/a.test.ts', 'src/a.test.tsx', 'src/a.test-d.ts', 'test/a.ts', 'packages/a/test/deep/a.ts'])(
    'is %s',
    (path) => {
      expect(isTest(path)).toBe(true);
    },
  );

  it.each(['src/a.ts', 'src/latest.ts', 'src/testkit/a.ts', 'src/a.test.json'])('is not %s', (path) => {
    expect(isTest(path)).toBe(false);
  });
});

describe('installed packages', () => {
  const pattern = new RegExp(installedPattern(['zod', '@noble/hashes']));

  it.each([
    'node_modules/zod/index.js',
    '../../node_modules/@noble/hashes/sha2.js',
    'packages/a/node_modules/@types/zod/index.d.ts',
    'node_modules/@types/noble__hashes/index.d.ts',
  ])('are found at %s', (path) => {
    expect(path).toMatch(pattern);
  });

  it.each(['node_modules/zod-more/index.js', 'packages/zod/index.js', 'node_modules/@noble/curves/index.js'])(
    'are not found at %s',
    (path) => {
      expect(path).not.toMatch(pattern);
    },
  );

  it('are nowhere when there are none', () => {
    expect('node_modules/zod/index.js').not.toMatch(new RegExp(installedPattern([])));
  });
});

describe('a folder', () => {
  it('holds what lies below it and nothing beside it', () => {
    expect('packages/a.b/src/c.ts').toMatch(new RegExp(folderPattern('packages/a.b')));
    expect('packages/a.bc/src/c.ts').not.toMatch(new RegExp(folderPattern('packages/a.b')));
    expect('packages/aXb/src/c.ts').not.toMatch(new RegExp(folderPattern('packages/a.b')));
  });
});
