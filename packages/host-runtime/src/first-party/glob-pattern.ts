/**
 * Filters for file names, as shells write them, matched in linear time.
 *
 * Not here: patterns for the text of files (`text-pattern.ts`).
 */
import { utf8Bytes } from '@reborn/host-api';
import { RE2JS } from 're2js';
import { fileFailure } from './file-failure.ts';
import { GLOB_BYTES_MAX } from './limits.ts';

/**
 * Whether a path relative to the searched folder fits. A glob without `/` is matched against the name alone. `*` and
 * `?` stay within a name, `**` goes across folders, `[a-z]` and `[!a-z]` are one character, `{a,b}` is either.
 * Errors: `ToolFailure` `invalid_glob` naming the rule, never the glob.
 */
export function compileGlob(glob: string): (relativePath: string) => boolean {
  const expression = compile(glob.replace(/^\.?\//, ''));
  if (glob.includes('/')) return (relativePath) => expression.testExact(relativePath);
  return (relativePath) => expression.testExact(relativePath.slice(relativePath.lastIndexOf('/') + 1));
}

/**
 * As `compileGlob`, always against the whole path below the folder. A glob that begins elsewhere or goes upwards is
 * refused. Errors: `ToolFailure` `invalid_glob`.
 */
export function compileRelativeGlob(glob: string): (relativePath: string) => boolean {
  if (glob.startsWith('/')) throw invalid('must be relative');
  if (glob.split(/[/{},]/).includes('..')) throw invalid('must not contain ".."');
  const expression = compile(glob.replace(/^\.\//, ''));
  return (relativePath) => expression.testExact(relativePath);
}

interface Piece {
  readonly expression: string;
  /** Where the next piece begins. */
  readonly next: number;
}

function toExpression(glob: string): string {
  let expression = '';
  let open = 0;
  for (let at = 0; at < glob.length;) {
    const character = glob.charAt(at);
    if (character === '{') open += 1;
    if (character === '}') open -= 1;
    if (open < 0) throw invalid('must open every "{" that it closes');
    const piece = pieceAt(glob, at, open > 0);
    expression += piece.expression;
    at = piece.next;
  }
  if (open > 0) throw invalid('must close every "{"');
  return expression;
}

function pieceAt(glob: string, at: number, inBraces: boolean): Piece {
  const character = glob.charAt(at);
  const next = at + 1;
  switch (character) {
    case '*':
      return starsAt(glob, at);
    case '?':
      return { expression: '[^/]', next };
    case '[':
      return classAt(glob, at);
    case '{':
      return { expression: '(?:', next };
    case '}':
      return { expression: ')', next };
    case ',':
      return { expression: inBraces ? '|' : ',', next };
    default: {
      const point = String.fromCodePoint(glob.codePointAt(at) ?? 0);
      return { expression: RE2JS.quote(point), next: at + point.length };
    }
  }
}

/** Two stars that fill a whole part between slashes stand for any number of folders. */
function starsAt(glob: string, at: number): Piece {
  let next = at;
  while (glob.charAt(next) === '*') next += 1;
  const before = at === 0 || '/{,'.includes(glob.charAt(at - 1));
  const isDeep = next - at === 2 && before;
  if (isDeep && glob.charAt(next) === '/') return { expression: '(?:.*/)?', next: next + 1 };
  if (isDeep && (next === glob.length || '},'.includes(glob.charAt(next)))) return { expression: '.*', next };
  return { expression: '[^/]*', next };
}

function classAt(glob: string, at: number): Piece {
  const isNegated = '!^'.includes(glob.charAt(at + 1)) && at + 1 < glob.length;
  const start = at + (isNegated ? 2 : 1);
  const end = glob.indexOf(']', start + 1);
  if (end === -1) throw invalid('must close every "["');
  const members = Array.from(glob.slice(start, end), (member) => (member === '-' ? '-' : quoteMember(member))).join('');
  if (members.includes('/')) throw invalid('must not have "/" within "[" and "]"');
  return { expression: `[${isNegated ? '^/' : ''}${members}]`, next: end + 1 };
}

function quoteMember(member: string): string {
  return /[[\]\\^&~]/.test(member) ? `\\${member}` : member;
}

function compile(glob: string): RE2JS {
  if (utf8Bytes(glob) > GLOB_BYTES_MAX) throw invalid(`must be at most ${GLOB_BYTES_MAX} bytes`);
  const expression = toExpression(glob);
  try {
    return RE2JS.compile(expression, RE2JS.DOTALL);
  } catch {
    throw invalid('has a range or a group that cannot be matched');
  }
}

function invalid(rule: string): Error {
  return fileFailure('invalid_glob', `The glob ${rule}.`);
}
