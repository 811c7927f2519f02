import { describe, expect, it } from 'vitest';
import { findLongFunctions, FUNCTION_LINES_MAX } from './long-functions.ts';

const full = '//\n'.repeat(FUNCTION_LINES_MAX - 2);
const over = `${full}//\n`;

function found(text: string): readonly string[] {
  return findLongFunctions('a.ts', text).map(({ name, line, lines }) => `${name} ${line} ${lines}`);
}

describe('a long function', () => {
  it('has more than 70 lines, from its first word to its closing brace', () => {
    expect(found(`/**\n * Words before it.\n */\nfunction long() {\n${over}}\n`)).toEqual(['long 4 71']);
    expect(found(`/**\n * Words before it.\n */\nfunction short() {\n${full}}\n`)).toEqual([]);
  });

  it.each([
    ['long', `const long = () => {\n${over}};`],
    ['long', `const long = async function () {\n${over}};`],
    ['long', `const ports = {\nlong: () => {\n${over}} };`],
    ['long', `const ports = {\nlong() {\n${over}} };`],
    ['long', `class Port {\nlong() {\n${over}} }`],
    ['#long', `class Port {\n#long = () => {\n${over}} }`],
    ['constructor', `class Port {\nconstructor() {\n${over}} }`],
    ['a function without a name', `run(() => {\n${over}});`],
  ])('is named %s in: %s', (name, text) => {
    expect(findLongFunctions('a.ts', text)).toMatchObject([{ file: 'a.ts', name, lines: 71 }]);
  });

  it('is reported beside the one that holds it', () => {
    expect(found(`function outer() {\nfunction inner() {\n${over}}\n}\n`)).toEqual(['outer 1 73', 'inner 2 71']);
  });

  it('is neither a class nor a table of short ones', () => {
    const methods = Array.from({ length: 40 }, (_, index) => `m${index}() {\nreturn 1;\n},`).join('\n');
    expect(found(`export const ports = {\n${methods}\n};\n`)).toEqual([]);
    expect(found(`export declare function f(\n${'//\n'.repeat(80)}a: string): void;\n`)).toEqual([]);
  });
});
