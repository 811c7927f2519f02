/**
 * What can become of the files of a database, by class: cut, flipped, zeroed, gone, older, from elsewhere.
 *
 * Not here: the files (`prepare.ts`), what has to come of it (`run-files.ts`).
 */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { randomNumbers } from '../trial/random.ts';
import { copyFiles, type FileKind, type Files, type Prepared } from './prepare.ts';

/**
 * `refused`: something that was acknowledged is gone, so nobody may open it. `equal`: nothing is gone. `reported`: refused,
 * or reported when it is read or verified, unless nothing is gone.
 */
export type Expected = 'refused' | 'equal' | 'reported';

export interface Mutation {
  readonly name: string;
  readonly of: 'killed' | 'closed';
  readonly expected: Expected;
  readonly apply: (files: Files, prepared: Prepared) => void;
}

export interface MutationClass {
  readonly name: string;
  readonly mutations: readonly Mutation[];
  /** Taken whole in every run. */
  readonly always?: true;
}

const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4096;
const PAGE_BYTES = 4096;
const LAST_FRAMES = 3;

/** `every`: each bit of the last frames and of the database, not each 64th. */
export function listMutations(prepared: Prepared, every: boolean, seed: number): readonly MutationClass[] {
  return [
    ...logClasses(prepared, every),
    ...databaseClasses(prepared, every, seed),
    ...anchorClasses(prepared),
    swaps(seed),
  ];
}

function logClasses({ killed }: Prepared, every: boolean): readonly MutationClass[] {
  const size = statSync(killed.log).size;
  const start = size - LAST_FRAMES * FRAME_BYTES;
  const truncated = range(start, size).map((at) => cut('killed', 'log', at, 'refused'));
  const flipped = range(start * 8, size * 8, every ? 1 : 64).map((bit) => flip('killed', 'log', bit, 'refused'));
  const header = range(0, HEADER_BYTES * 8, every ? 1 : 8).map((bit) => flip('killed', 'log', bit, 'refused'));
  const zeroed = range(0, LAST_FRAMES).map((back) =>
    zero('killed', 'log', size - (back + 1) * FRAME_BYTES, FRAME_BYTES, 'refused'),
  );
  const whole = range(HEADER_BYTES, start, FRAME_BYTES).map((at) => cut('killed', 'log', at, 'refused'));
  return [
    { name: 'the log is cut in its last frames', mutations: truncated },
    { name: 'the log is cut before a frame', mutations: whole },
    { name: 'a bit of the last frames is flipped', mutations: flipped },
    { name: "a bit of the log's header is flipped", mutations: header },
    { name: 'a frame at the end is zeroed', mutations: zeroed, always: true },
  ];
}

function databaseClasses({ closed, killed }: Prepared, every: boolean, seed: number): readonly MutationClass[] {
  const size = statSync(closed.database).size;
  const pages = range(0, size, PAGE_BYTES);
  const next = randomNumbers(seed);
  // Every 64th bit at a place of its own: the same bit of each eighth byte would miss whole fields.
  const bits = range(0, size * 8, every ? 1 : 64).map((bit) => bit + (every ? 0 : Math.floor(next() * 64)));
  const oldPages = range(0, statSync(killed.database).size, PAGE_BYTES);
  return [
    { name: 'a page is zeroed', mutations: pages.map((at) => zero('closed', 'database', at, PAGE_BYTES, 'reported')) },
    {
      name: 'the last page is zeroed',
      mutations: [zero('closed', 'database', size - PAGE_BYTES, PAGE_BYTES, 'reported')],
      always: true,
    },
    {
      name: 'half a page is zeroed',
      mutations: pages.map((at) => zero('closed', 'database', at + PAGE_BYTES / 2, PAGE_BYTES / 2, 'reported')),
    },
    {
      name: 'a bit of the database is flipped',
      mutations: bits.map((bit) => flip('closed', 'database', bit, 'reported')),
    },
    {
      name: 'the database is cut',
      mutations: range(0, size, PAGE_BYTES / 2).map((at) => cut('closed', 'database', at, 'reported')),
    },
    {
      name: 'a page below the log is zeroed',
      mutations: oldPages.map((at) => zero('killed', 'database', at, PAGE_BYTES, 'reported')),
    },
  ];
}

function anchorClasses({ killed }: Prepared): readonly MutationClass[] {
  const size = statSync(killed.anchor).size;
  return [
    { name: 'the anchor is cut', mutations: range(0, size).map((at) => cut('killed', 'anchor', at, 'refused')) },
    {
      name: 'a bit of the anchor is flipped',
      mutations: range(0, size * 8, 3).map((bit) => flip('killed', 'anchor', bit, 'refused')),
    },
  ];
}

function swaps(seed: number): MutationClass {
  const one = (
    name: string,
    expected: Expected,
    apply: Mutation['apply'],
    of: Mutation['of'] = 'killed',
  ): Mutation => ({ name, of, expected, apply });
  const remove = (files: Files, ...kinds: readonly FileKind[]): void => {
    for (const kind of kinds) rmSync(files[kind], { force: true });
  };
  return {
    name: 'a file is gone, older or from elsewhere',
    always: true,
    mutations: [
      one('nothing is changed', 'equal', () => undefined),
      one('nothing is changed after it was closed', 'equal', () => undefined, 'closed'),
      one('the log is gone', 'refused', (files) => remove(files, 'log', 'index')),
      one('the log is empty', 'refused', (files) => truncateSync(files.log, 0)),
      one('the log is noise', 'refused', (files) => writeFileSync(files.log, noise(seed, statSync(files.log).size))),
      one('the log of another database', 'refused', (files, { closed, other }) => {
        copyFiles(other, files);
        copyFileSync(closed.anchor, files.anchor);
      }),
      one('the database is gone, its log is there', 'refused', (files) => remove(files, 'database')),
      one('the database is gone and its log too', 'refused', (files) => remove(files, 'database', 'log', 'index')),
      one('the database is empty, its log is gone', 'refused', (files) => {
        remove(files, 'log', 'index');
        truncateSync(files.database, 0);
      }),
      one('the database is text', 'refused', (files) => {
        remove(files, 'log', 'index');
        writeFileSync(files.database, 'Dear diary,\n'.repeat(4096));
      }),
      one('the database is an earlier copy', 'refused', (files, { earlier }) => {
        remove(files, 'log', 'index');
        copyFileSync(earlier.database, files.database);
      }),
      one('the database is another one', 'refused', (files, { other }) => {
        remove(files, 'log', 'index');
        copyFileSync(other.database, files.database);
      }),
      one('the database is another one, the log stayed', 'reported', (files, { other }) =>
        copyFileSync(other.database, files.database),
      ),
      one('the anchor is gone', 'equal', (files) => remove(files, 'anchor')),
      one('the anchor is an earlier one', 'equal', (files, { earlier }) => copyFileSync(earlier.anchor, files.anchor)),
      one('the anchor is one of another database', 'refused', (files, { other }) =>
        copyFileSync(other.anchor, files.anchor),
      ),
      one('the anchor is a folder', 'refused', (files) => {
        remove(files, 'anchor');
        mkdirSync(files.anchor);
      }),
      one('the anchor is a link', 'refused', (files, { killed }) => {
        remove(files, 'anchor');
        symlinkSync(killed.anchor, files.anchor);
      }),
      one('the index of the log is gone', 'equal', (files) => remove(files, 'index')),
      one('the index of the log is noise', 'equal', (files) => writeFileSync(files.index, noise(seed, 32_768))),
      one('the index of the log is cut', 'equal', (files) => truncateSync(files.index, 100)),
      one('the log goes on with noise', 'equal', (files) => {
        writeFileSync(files.log, Buffer.concat([readFileSync(files.log), noise(seed, 3 * FRAME_BYTES)]));
      }),
    ],
  };
}

function cut(of: Mutation['of'], kind: FileKind, at: number, expected: Expected): Mutation {
  return {
    name: `${kind} of the ${of} one cut at ${at}`,
    of,
    expected,
    apply: (files) => truncateSync(files[kind], at),
  };
}

function flip(of: Mutation['of'], kind: FileKind, bit: number, expected: Expected): Mutation {
  const apply = (files: Files): void =>
    change(files[kind], (bytes) => (bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
  return { name: `bit ${bit} flipped in the ${kind} of the ${of} one`, of, expected, apply };
}

function zero(of: Mutation['of'], kind: FileKind, from: number, length: number, expected: Expected): Mutation {
  const apply = (files: Files): void => change(files[kind], (bytes) => bytes.fill(0, from, from + length));
  return { name: `${length} bytes zeroed at ${from} in the ${kind} of the ${of} one`, of, expected, apply };
}

function change(file: string, how: (bytes: Buffer) => unknown): void {
  const bytes = readFileSync(file);
  how(bytes);
  writeFileSync(file, bytes);
}

function noise(seed: number, length: number): Buffer {
  const next = randomNumbers(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

function range(from: number, to: number, step = 1): readonly number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_none, at) => from + at * step);
}
