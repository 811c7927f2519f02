import { describe, expect, it } from 'vitest';
import { writeWorkspace } from '../../test/workspace.ts';
import { locateRooms } from '../located-room.ts';
import { defineRooms, type RoomRow } from '../room-table.ts';
import { checkMachineGlobals } from './machine-globals.ts';

function found(text: string, row: Omit<RoomRow, 'folder'> = { floor: 0 }, file = 'src/a.ts'): readonly string[] {
  using workspace = writeWorkspace({ 'a/package.json': '{"name":"a"}', [`a/${file}`]: text }, {});
  const table = defineRooms({ rooms: { a: { folder: 'a', ...row } } });
  const violations = checkMachineGlobals(workspace.root, locateRooms(workspace.root, table));
  return violations.map((violation) => violation.found.replace('uses ', ''));
}

describe('globals of the machine on a floor', () => {
  it.each([
    ['Date.now();', 'Date.now'],
    ["Date['now']();", 'Date.now'],
    ['new Date();', 'new Date()'],
    ['new Date;', 'new Date()'],
    ['Date();', 'Date as a value'],
    ['const { now } = Date;', 'Date as a value'],
    ['setTimeout(() => 1, 1);', 'setTimeout'],
    ['setInterval(() => 1, 1);', 'setInterval'],
    ['setImmediate(() => 1);', 'setImmediate'],
    ['Math.random();', 'Math.random'],
    ['const { random } = Math;', 'Math as a value'],
    ['export const pid = process.pid;', 'process'],
    ['export const machine = { process };', 'process'],
    ['export type Machine = typeof process;', 'process'],
    ['export const bytes: Buffer = read();', 'Buffer'],
    ["void fetch('https://example.org');", 'fetch'],
    ['console.log(1);', 'console'],
    ['crypto.randomUUID();', 'crypto'],
    ['performance.now();', 'performance'],
    ['globalThis.process.exit();', 'globalThis.process'],
    ["globalThis['fetch']();", 'globalThis.fetch'],
    ["(globalThis as any)['fetch']();", 'globalThis.fetch'],
    ['(globalThis as any).process.exit();', 'globalThis.process'],
    ["globalThis['pro' + 'cess'].exit();", 'globalThis[...]'],
    ['const name = read(); globalThis[name];', 'globalThis[...]'],
    ['const name = read(); (globalThis as any)[name]();', 'globalThis[...]'],
    ['const name = read(); ((<any>globalThis)!)?.[name];', 'globalThis[...]'],
    ['const name = read(); (globalThis satisfies object)[`${name}`];', 'globalThis[...]'],
    ['const name = read(); await import(name);', 'import() of a computed name'],
    ["await import('node' + ':fs');", 'import() of a computed name'],
    ["await import(`node:${'fs'}`);", 'import() of a computed name'],
    ['export { process };', 'process'],
  ])('refuses %s', (text, name) => {
    expect(found(text)).toEqual([name]);
  });

  it.each([
    'new Date(0);',
    "Date.parse('2020-01-01');",
    'Math.max(1, 2);',
    'export const isDate = (value: unknown): value is Date => value instanceof Date;',
    "// Date.now() and fetch() are words here\nexport const text = 'process';",
    'export const run = (process: { pid: number }): number => process.pid;',
    'export const run = ({ fetch }: { fetch: () => void }): void => fetch();',
    "import { process } from './b.ts';\nprocess.start();",
    'export interface Ports { readonly process: string; crypto(): void; setTimeout: number }',
    'export const read = (ports: { fetch: () => void }): void => ports.fetch();',
    'export enum Kind { process }',
    'export const named = { process: 1 };',
    'class Buffer {}\nexport const buffer = new Buffer();',
    "export { process } from './b.ts';",
    'try { throw 1; } catch (console) { void console; }',
    "await import('./b.ts');",
    'await import(`./b.ts`);',
    "globalThis['structuredClone'](1);",
    "export type Clone = (typeof globalThis)['structuredClone'];",
    'const name = read(); table[name]();',
  ])('lets pass %s', (text) => {
    expect(found(text)).toEqual([]);
  });

  it('does not judge tests', () => {
    expect(found('Date.now();', { floor: 0 }, 'src/a.test.ts')).toEqual([]);
  });
});

describe('what nobody can judge by reading it', () => {
  const hidden = 'const name = read(); globalThis[name]; await import(name);';

  it.each([0, 1, 2, 3])('is refused on floor %i, whatever of the machine it may use', (floor) => {
    for (const machine of ['none', 'process'] as const) {
      expect(found(hidden, { floor, machine })).toEqual(['globalThis[...]', 'import() of a computed name']);
    }
  });

  it.each(['adapter', 'bridge', 'surface', 'tool'] as const)('is left to: %s', (floor) => {
    expect(found(hidden, { floor })).toEqual([]);
  });
});

describe('globals of the machine outside', () => {
  const everything = 'process.pid; console.log(Buffer, fetch); Date.now(); Math.random(); setTimeout(read, 1);';

  it.each(['adapter', 'bridge', 'surface'] as const)('leaves time and randomness to the machine for: %s', (floor) => {
    expect(found(everything, { floor })).toEqual(['Date.now', 'Math.random', 'setTimeout']);
  });

  it.each([{ floor: 'example' }, { floor: 'tool' }, { floor: 'adapter', machine: 'all' }] as const)(
    'leaves everything to %o',
    (row) => {
      expect(found(everything, row)).toEqual([]);
    },
  );
});
