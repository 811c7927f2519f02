import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, compileRelativeGlob } from './glob-pattern.ts';

describe('compileGlob', () => {
  it.each([
    ['*.md', 'a.md', true],
    ['*.md', 'sub/a.md', true],
    ['*.md', 'a.mdx', false],
    ['*.md', '.md', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a.c', 'abc', false],
    ['sub/*.md', 'sub/a.md', true],
    ['sub/*.md', 'sub/deep/a.md', false],
    ['sub/*.md', 'other/sub/a.md', false],
    ['/a.md', 'a.md', true],
    ['/a.md', 'sub/a.md', false],
    ['./sub/*.md', 'sub/a.md', true],
    ['**/*.md', 'a.md', true],
    ['**/*.md', 'x/y/a.md', true],
    ['sub/**', 'sub/x/a.md', true],
    ['sub/**/a.md', 'sub/a.md', true],
    ['sub/**/a.md', 'sub/x/y/a.md', true],
    ['sub/**/a.md', 'subx/a.md', false],
    ['sub/x**y/a.md', 'sub/x/y/a.md', false],
    ['*.{ts,tsx}', 'a.tsx', true],
    ['*.{ts,tsx}', 'a.js', false],
    ['{src,test}/**/*.ts', 'test/a/b.ts', true],
    ['{**/a,b}.ts', 'x/a.ts', true],
    ['{a,{b,c}}.ts', 'c.ts', true],
    ['a,b', 'a,b', true],
    ['[a-c].md', 'b.md', true],
    ['[!a-c].md', 'b.md', false],
    ['[^a-c].md', 'd.md', true],
    ['[]].md', '].md', true],
    ['[.].md', 'x.md', false],
    ['[!a]b/c', '/b/c', false],
    ['(a|b)+$', '(a|b)+$', true],
    ['😀?', '😀ä', true],
    ['\\d', '5', false],
  ])('%s on %s is %s', (glob, path, expected) => {
    expect(compileGlob(glob)(path)).toBe(expected);
  });

  it.each([
    ['{a', 'The glob must close every "{".'],
    ['a}', 'The glob must open every "{" that it closes.'],
    ['[a', 'The glob must close every "[".'],
    ['[!]', 'The glob must close every "[".'],
    ['[a/b]', 'The glob must not have "/" within "[" and "]".'],
    ['[z-a]', 'The glob has a range or a group that cannot be matched.'],
    ['x'.repeat(257), 'The glob must be at most 256 bytes.'],
  ])('refuses %s', (glob, message) => {
    expect(() => compileGlob(glob)).toThrow(message);
  });

  it('takes any text, or refuses it with a typed failure', () => {
    const text = fc
      .array(fc.constantFrom(...'*?[]{}!^,-/\\.ab()|+$'), { maxLength: 20 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.string(), (glob, path) => {
        try {
          expect(typeof compileGlob(glob)(path)).toBe('boolean');
        } catch (reason) {
          expect(reason).toMatchObject({ name: 'ToolFailure', code: 'invalid_glob' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('finds a name by itself when it has nothing special', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), (name) => {
        fc.pre(!/[*?[\]{}/]/.test(name) && name.isWellFormed());
        expect(compileGlob(name)(name)).toBe(true);
        expect(compileGlob(name)(`${name}x`)).toBe(false);
      }),
    );
  });
});

describe('compileRelativeGlob', () => {
  const part = fc
    .array(fc.constantFrom('a', 'b', '.', '*', '?'), { minLength: 1, maxLength: 4 })
    .map((all) => all.join(''));
  const glob = fc.array(fc.oneof(part, fc.constant('**')), { minLength: 1, maxLength: 4 }).map((all) => all.join('/'));
  const name = fc.array(fc.constantFrom('a', 'b', '.'), { minLength: 1, maxLength: 3 }).map((all) => all.join(''));
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((all) => all.join('/'));

  it('says what a matcher says that tries everything', () => {
    fc.assert(
      fc.property(glob, path, (glob, path) => {
        // "a**b" and "***" are as stars within a name; the slow matcher knows "**" as a whole part only.
        fc.pre(!glob.split('/').some((each) => each === '..' || (each !== '**' && each.includes('**'))));
        expect(compileRelativeGlob(glob)(path)).toBe(fits(glob.replace(/^\.\//, '').split('/'), path.split('/')));
      }),
      { numRuns: Number(process.env['REBORN_MODEL_RUNS'] ?? 200) },
    );
  });

  it('keeps a star within one name', () => {
    expect(compileRelativeGlob('*.md')('sub/a.md')).toBe(false);
    expect(compileRelativeGlob('*')('a/b')).toBe(false);
  });
});

function fits(glob: readonly string[], path: readonly string[]): boolean {
  const [part, ...rest] = glob;
  const [name, ...below] = path;
  if (part === undefined) return name === undefined;
  if (part === '**') return name !== undefined && (rest.length === 0 || fits(rest, path) || fits(glob, below));
  return name !== undefined && fitsName(part, name) && fits(rest, below);
}

function fitsName(part: string, name: string): boolean {
  if (part === '') return name === '';
  if (part.startsWith('*')) return fitsName(part.slice(1), name) || (name !== '' && fitsName(part, name.slice(1)));
  return name !== '' && (part[0] === '?' || part[0] === name[0]) && fitsName(part.slice(1), name.slice(1));
}
